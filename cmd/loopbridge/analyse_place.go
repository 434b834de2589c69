package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// soundSource is what an analysis hears.
type soundSource interface {
	Format() audio.Format
	// Read reads whole frames. ErrReset: the stream has ended. ErrInterrupted: ctx has.
	Read(ctx context.Context, buf []byte) (frames int, err error)
}

// opened is a source with what belongs to it.
type opened struct {
	soundSource
	end   *pcm.PCM // nil: a place
	close func()
	lost  func() string // what is missing, for people; "" for nothing
}

// isPlace reports whether a TAP is heard in the daemon, and not by holding an end: it has a side, or is something else than
// a loop, or the daemon is reached over TCP.
func (c *analyseCmd) isPlace(ctx context.Context, e *env) (bool, error) {
	if c.Server || c.Wait != 0 {
		return false, nil
	}
	if e.remote.Control != "" || strings.ContainsAny(c.Tap, ":/") {
		return true, nil
	}
	_, err := e.control().Loop(ctx, c.Tap)
	if !errors.Is(err, audio.ErrNoDevice) {
		return false, unanswered(err)
	}
	_, err = e.control().State(ctx, c.Tap)
	return err == nil, unanswered(err)
}

// unanswered returns err if another request would only wait once more.
func unanswered(err error) error {
	if errors.Is(err, audio.ErrTimedOut) {
		return err
	}
	return nil
}

// place begins to listen to a place for so many seconds; 0: without end.
func (c *analyseCmd) place(ctx context.Context, e *env, seconds float64) (*opened, error) {
	place := c.Tap
	switch l, err := e.control().Loop(ctx, c.Tap); {
	case unanswered(err) != nil:
		return nil, err
	case err == nil && l.Attached != "": // what its programs would record
		place = l.Device + ":" + l.Attached
	}
	s, err := e.control().Sound(ctx, place, seconds)
	if err != nil {
		return nil, err
	}
	file, err := wav.NewReader(s)
	if err != nil {
		s.Close()
		if ctx.Err() != nil {
			return nil, errInterrupted
		}
		return nil, fmt.Errorf("%s: %w", c.Tap, err)
	}
	return &opened{soundSource: stream{file, s}, close: func() { s.Close() }, lost: func() string {
		if n := s.Lost(); n > 0 {
			return fmt.Sprintf("%s: %d frames were lost because the daemon heard them too late; there is silence in their place", c.Tap, n)
		}
		return ""
	}}, nil
}

// stream is the sound of a place.
type stream struct {
	file  *wav.Reader
	sound *control.Sound
}

// Format implements soundSource.
func (s stream) Format() audio.Format { return s.file.Format() }

// Read implements soundSource.
func (s stream) Read(ctx context.Context, buf []byte) (int, error) {
	n, err := s.file.ReadFrames(buf)
	switch {
	case n > 0:
		return n, nil
	case ctx.Err() != nil:
		return 0, audio.ErrInterrupted
	case err == io.EOF:
		return 0, audio.ErrReset
	}
	return 0, err
}

// program opens an end of a loop, as record does.
func (c *analyseCmd) program(ctx context.Context, e *env) (*opened, error) {
	end := endFlags{Loop: c.Tap, Server: c.Server, Wait: c.Wait}
	p, err := end.open(ctx, e, pcm.Read, audio.Format{}, audio.DefaultFormat().Rate, recordBuffer)
	if err != nil {
		return nil, err
	}
	return &opened{soundSource: p, end: p, close: func() { release(p) }, lost: func() string { return lost(p) }}, nil
}
