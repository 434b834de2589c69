//go:build !portaudio || !cgo

package portaudio

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// Built reports whether this build has PortAudio.
const Built = false

// Library is a placeholder: Load never returns one.
type Library struct{}

// Load returns audio.ErrUnsupported.
func Load() (*Library, error) {
	return nil, audio.ErrUnsupported.With("this loopbridge was built without PortAudio, as one static program; make " +
		"build PORTAUDIO=1 makes one with it")
}

// Devices returns none.
func (*Library) Devices() ([]Device, error) { return nil, nil }

// Open returns none.
func (*Library) Open(backend.Config, Options) (backend.Stream, error) {
	_, err := Load()
	return nil, err
}

// Close does nothing.
func (*Library) Close() error { return nil }
