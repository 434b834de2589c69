package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// source is sound to play.
type source struct {
	name   string // for messages
	format audio.Format
	wav    *wav.Reader // nil: raw
	r      *bufio.Reader
	file   *os.File // nil: standard input
	size   int64    // bytes; −1: unknown
	told   int      // faults of the WAV header already reported

	// Raw only.
	rest int // bytes at the end that were no whole frame
}

// openSource reads up to the first frame. Fields of the format that neither file nor flags give are zero.
func openSource(f *endFlags, file string, e *env) (*source, error) {
	s := &source{name: file, size: -1, format: f.wanted()}
	input := e.stdin
	if file == "" || file == "-" {
		s.name = "standard input"
		if console.IsTerminal(input) {
			return nil, usageError("nothing to play: name a file, or pipe sound in")
		}
	} else {
		opened, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", file, files.Cause(err))
		}
		s.file, input = opened, opened
	}
	s.size = sizeOf(input)
	s.r = bufio.NewReader(input)
	if err := s.begin(f); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// begin tells WAV from raw.
func (s *source) begin(f *endFlags) error {
	if !f.raw(s.name) {
		magic, err := s.r.Peek(4)
		if err != nil && err != io.EOF {
			return fmt.Errorf("cannot read %s: %w", s.name, files.Cause(err))
		}
		if f.wanted().IsZero() || slices.Contains([]string{"RIFF", "RIFX", "RF64", "BW64"}, string(magic)) {
			return s.beginWAV(f)
		}
	}
	return nil
}

// sizeOf returns how many bytes are left of a file; −1: unknown.
func sizeOf(r io.Reader) int64 {
	f, ok := r.(*os.File)
	if !ok {
		return -1
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil || at > info.Size() {
		return -1
	}
	return info.Size() - at
}

func (s *source) beginWAV(f *endFlags) (err error) {
	if s.wav, err = wav.NewFileReader(s.r, s.size); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.format = s.wav.Format()
	if w := f.wanted(); w.Or(s.format) != s.format {
		return usageError(fmt.Sprintf("%s holds %s: leave out --rate, --channels and --format, "+
			"they are for sound without a header", s.name, s.format))
	}
	s.format.Positions = s.wav.Positions()
	return nil
}

// warn reports a fault of the header, once.
func (s *source) warn(e *env) {
	if s.wav == nil {
		return
	}
	if lies := s.wav.Lies(); len(lies) > s.told {
		e.warn("%s: the WAV header is wrong: %s; playing all that is there", s.name, strings.Join(lies[s.told:], ", "))
		s.told = len(lies)
	}
}

// frames returns the total number of frames; −1: unknown.
func (s *source) frames() int64 {
	if s.wav != nil {
		if total, known := s.wav.Frames(); known {
			return total
		}
		return -1
	}
	if s.size < 0 {
		return -1
	}
	return s.size / int64(s.format.FrameBytes())
}

// read reads at least one frame of s.format into p and returns the number of bytes. io.EOF ends
// the sound.
func (s *source) read(p []byte) (int, error) {
	size := s.format.FrameBytes()
	if s.wav != nil {
		n, err := s.wav.ReadFrames(p)
		if err != nil && err != io.EOF {
			err = fmt.Errorf("%s: %w", s.name, err)
		}
		return n * size, err
	}
	n, err := io.ReadAtLeast(s.r, p, size)
	if missing := (size - n%size) % size; err == nil && missing > 0 { // complete the last frame
		var m int
		m, err = io.ReadFull(s.r, p[n:n+missing])
		n += m
	}
	switch {
	case err == io.ErrUnexpectedEOF || err == io.EOF:
		s.rest, err = n%size, io.EOF
	case err != nil:
		err = fmt.Errorf("cannot read %s: %w", s.name, files.Cause(err))
	}
	return n - n%size, err
}

func (s *source) close() {
	if s.file != nil {
		s.file.Close()
	}
}
