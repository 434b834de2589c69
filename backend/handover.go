package backend

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// Handed is an open stream on its way from one process to the program that takes its place: plain
// values and descriptors, which keep their numbers. The clock goes on meanwhile.
type Handed struct {
	// Kind names the package that knows State, such as "null".
	Kind string `json:"kind"`
	// State is what the stream knows; package Kind reads it. It names no descriptor.
	State json.RawMessage `json:"state"`
	// Running, Readable and Writable are what the guard of the stream knows: whether the stream runs, and what is left
	// of its last tick, in frames.
	Running  bool `json:"running,omitempty"`
	Readable int  `json:"readable,omitempty"`
	Writable int  `json:"writable,omitempty"`
	// Files are the descriptors that must stay open, in an order that package Kind knows. They close on exec until
	// somebody clears that.
	Files []int `json:"files,omitempty"`
	// Inner are the streams inside.
	Inner []Handed `json:"inner,omitempty"`
}

// Heir is a stream that can be handed to another process, or what such a stream consists of. Its package has a
// function Resume, which takes what HandOver returned and gives a stream that goes on at the same position.
//
// Resume checks what it is given: audio.ErrInvalid says that it is of another kind, damaged, or does not fit what is
// there. It makes the descriptors close on exec again, and owns them; after an error they are open and the caller's.
type Heir interface {
	// HandOver describes the stream as it is between two calls of the engine's goroutine, which must be held until the
	// other process has begun, or will not come about: then the stream can be used on as if nothing had been asked. A
	// Wake that no Wait has met is not in the description. It may block for a second or two, and allocate.
	// audio.ErrUnsupported says why this stream cannot be handed over now, audio.ErrBusy that it could be in a moment.
	HandOver() (Handed, error)
}

// HandOver describes a stream for another process. audio.ErrUnsupported: it is no Heir, or cannot be one now.
func HandOver(s Stream) (Handed, error) {
	heir, ok := s.(Heir) // the outermost: it asks those that it wraps
	if !ok {
		return Handed{}, audio.ErrUnsupported.With("this kind of device cannot be handed to another program")
	}
	return heir.HandOver()
}

// NewHanded returns a Handed with the JSON of state.
func NewHanded(kind string, state any, files ...int) (Handed, error) {
	text, err := json.Marshal(state)
	if err != nil {
		return Handed{}, audio.ErrUnsupported.With("the state of the device cannot be written down: %v", err)
	}
	return Handed{Kind: kind, State: text, Files: files}, nil
}

// Decode reads State into state, a pointer. audio.ErrInvalid: h is not of that kind, with that many files and streams
// inside, or has fields that state has not: what they mean would be lost.
func (h Handed) Decode(kind string, state any, files, inner int) error {
	switch {
	case h.Kind != kind:
		return audio.ErrInvalid.With("the device that was handed over is a %q, not a %q", h.Kind, kind)
	case len(h.Files) != files || len(h.Inner) != inner:
		return h.Damaged("it has %d files and %d streams inside, not %d and %d", len(h.Files), len(h.Inner), files, inner)
	}
	for _, fd := range h.Files {
		if fd < 0 || fd > math.MaxInt32 {
			return h.Damaged("%d is not a descriptor", fd)
		}
	}
	d := json.NewDecoder(bytes.NewReader(h.State))
	d.DisallowUnknownFields()
	if err := d.Decode(state); err != nil {
		return h.Damaged("%v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return h.Damaged("something follows it")
	}
	return nil
}

// Damaged returns an audio.ErrInvalid about h.
func (h Handed) Damaged(format string, args ...any) error {
	return audio.ErrInvalid.With("the state of the %q device that was handed over is damaged: "+format,
		append([]any{h.Kind}, args...)...)
}

// Descriptors returns the descriptors of h and of all streams inside.
func (h Handed) Descriptors() []int {
	all := append([]int(nil), h.Files...)
	for _, inner := range h.Inner {
		all = append(all, inner.Descriptors()...)
	}
	return all
}

// GuardResumed is Guard for a driver that Resume has made from h: the checks go on with what was left of the last tick.
// buffer is how many frames that can be. audio.ErrInvalid: h says what cannot be.
func GuardResumed(s Stream, h Handed, buffer int) (Stream, error) {
	g := newGuard(s)
	switch {
	case h.Readable < 0 || h.Readable > buffer || h.Readable > 0 && !g.record:
		return nil, h.Damaged("%d frames cannot be left to read", h.Readable)
	case h.Writable < 0 || h.Writable > buffer || h.Writable > 0 && !g.play:
		return nil, h.Damaged("%d frames cannot be left to write", h.Writable)
	case !h.Running && h.Readable+h.Writable > 0:
		return nil, h.Damaged("it is stopped, and has frames left")
	}
	if h.Running {
		g.state = guardRunning
	}
	g.readable, g.writable = h.Readable, h.Writable
	return g, nil
}

// HandOver implements Heir.
func (g *guard) HandOver() (Handed, error) {
	if err := g.usable(); err != nil {
		return Handed{}, err
	}
	h, err := HandOver(g.inner)
	if err != nil {
		return Handed{}, err
	}
	h.Running, h.Readable, h.Writable = g.state == guardRunning, g.readable, g.writable
	return h, nil
}
