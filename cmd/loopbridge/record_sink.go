package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// sink is the destination of a recording.
type sink struct {
	name   string // for messages
	w      io.Writer
	file   *os.File    // nil: standard output
	wav    *wav.Writer // nil: raw
	order  audio.Order // channel order of the WAV file
	frame  int         // bytes
	frames int64
}

// createSink creates or truncates the file and writes the header. If the header cannot be
// written, it leaves no file.
func createSink(f *endFlags, file string, format audio.Format, e *env) (*sink, error) {
	s := &sink{name: file, w: e.stdout, frame: format.FrameBytes()}
	created := false
	if isStdout(file) {
		s.name = "standard output"
	} else {
		var err error
		if s.file, created, err = files.Create(file); err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", file, files.Cause(err))
		}
		s.w = s.file
	}
	if f.raw(file) {
		return s, nil
	}
	written := format
	format.Positions = format.Stand()
	if written.Positions = wav.FilePositions(written); !written.Positions.Known() {
		written.Positions = format.Positions // a file has no order for them
	}
	s.order = audio.NewOrder(format, written.Positions)
	var err error
	if s.wav, err = wav.NewWriter(s.w, written); err != nil {
		if s.file != nil {
			_ = s.file.Truncate(0)
			s.file.Close()
		}
		if created {
			os.Remove(file)
		}
		return nil, fmt.Errorf("cannot write %s: %w", s.name, err)
	}
	return s, nil
}

func isStdout(file string) bool { return file == "" || file == "-" }

// writable reports why a file could not be written, without touching it.
func writable(file string) error {
	if isStdout(file) {
		return nil
	}
	err := unix.Access(file, unix.W_OK)
	if errors.Is(err, fs.ErrNotExist) {
		err = unix.Access(filepath.Dir(file), unix.W_OK|unix.X_OK)
	} else if info, statErr := os.Stat(file); statErr == nil && info.IsDir() {
		err = unix.EISDIR
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	return nil
}

// write takes whole frames and may reorder them in place. After a failure the file holds whole
// frames, and its header says how many.
func (s *sink) write(p []byte) error {
	if s.wav != nil {
		s.order.Apply(p, p)
		err := s.wav.WriteFrames(p)
		s.frames = s.wav.Frames()
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		return nil
	}
	n, err := s.w.Write(p)
	s.frames += int64(n / s.frame)
	if err != nil {
		if s.file != nil && n%s.frame != 0 {
			_ = s.file.Truncate(s.frames * int64(s.frame))
		}
		return fmt.Errorf("%s: writing failed after %d frames: %w", s.name, s.frames, files.Cause(err))
	}
	return nil
}

// close completes the header.
func (s *sink) close() error {
	var err error
	if s.wav != nil {
		err = s.wav.Close()
	}
	if s.file != nil {
		if closed := s.file.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, files.Cause(err))
	}
	return nil
}
