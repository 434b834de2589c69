// Package files opens files that users name. Its errors are sentences for them.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Create creates or truncates a file. It reports whether the file is new.
func Create(name string) (f *os.File, created bool, err error) {
	f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil || !errors.Is(err, fs.ErrExist) {
		return f, err == nil, err
	}
	f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	return f, false, err
}

// Open opens a regular file for reading. It does not wait for the writer of a pipe. use is what the file is for, in one word.
func Open(use, name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, Cause(err))
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = NotRegular(use, name, info.Mode())
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// NotRegular returns the error for a file of that mode where a regular one is needed.
func NotRegular(use, name string, mode fs.FileMode) error {
	kind := "a device, a pipe or a socket"
	if mode.IsDir() {
		kind = "a folder"
	}
	return fmt.Errorf("%s is %s; use a file as %s", name, kind, use)
}

// Cause strips the path from an error of package os, for sentences that name it already.
func Cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
