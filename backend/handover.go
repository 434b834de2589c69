package backend

import (
	"encoding/json"

	"github.com/loopbridge/loopbridge/audio"
)

// Handed is an open stream on its way from one process to the program that takes its place: plain
// values and descriptors, which keep their numbers. The clock goes on meanwhile.
type Handed struct {
	// Kind names the package that knows State, such as "null".
	Kind string `json:"kind"`
	// State is what the stream knows; package Kind reads it.
	State json.RawMessage `json:"state"`
	// Files are the descriptors that must stay open.
	Files []int `json:"files,omitempty"`
	// Inner are the streams inside.
	Inner []Handed `json:"inner,omitempty"`
}

// Heir is a stream that can be handed to another process. Its package has a function Resume that takes
// what HandOver returns and gives a stream which goes on at the same position.
type Heir interface {
	// HandOver describes the stream as it is between two calls of the engine's goroutine, which must be
	// held meanwhile. The stream stays as it is and can be used on, if the other process does not come
	// about. It may block and allocate. ErrUnsupported says why this stream cannot be handed over now;
	// ErrBusy that it could be in a moment.
	HandOver() (Handed, error)
}

// HandOver describes a stream for another process. ErrUnsupported: it is no Heir, or cannot be one now.
func HandOver(s Stream) (Handed, error) {
	heir, ok := s.(Heir) // the outermost: it asks those that it wraps
	if !ok {
		return Handed{}, errNoHeir()
	}
	return heir.HandOver()
}

func errNoHeir() error {
	return audio.ErrUnsupported.With("this kind of device cannot be handed to another program")
}
