package lab

import (
	"fmt"
	"io"
)

// archive writes the "newc" format of cpio, as the kernel's initial RAM disk wants it:
// a header of 110 hexadecimal digits, name and contents, each padded to four bytes.
type archive struct {
	w    io.Writer
	err  error // the first, final
	inod int
}

const (
	cpioDir  = 0o040755
	cpioFile = 0o100755
)

// dir adds an empty directory, without a leading slash.
func (a *archive) dir(name string) { a.entry(name, cpioDir, nil) }

// file adds an executable file. The directories above it must be there.
func (a *archive) file(name string, contents []byte) { a.entry(name, cpioFile, contents) }

// close adds the mark of the end and returns the first error of all.
func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, nil)
	return a.err
}

func (a *archive) entry(name string, mode int, contents []byte) {
	a.inod++
	links := 1
	if mode == cpioDir {
		links = 2
	}
	// magic, inode, mode, uid, gid, links, time, size, device and special device (two
	// numbers each), length of the name with its zero, checksum
	a.write(fmt.Appendf(nil, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		a.inod, mode, 0, 0, links, 0, len(contents), 0, 0, 0, 0, len(name)+1, 0, name))
	a.write(contents)
}

// write pads to four bytes; headers and contents both start at a multiple of four.
func (a *archive) write(p []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(p)
	}
	if rest := len(p) % 4; a.err == nil && rest != 0 {
		_, a.err = a.w.Write(make([]byte, 4-rest))
	}
}
