//go:build portaudio && cgo

package portaudio

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// HandOver implements backend.Heir, to say why it cannot be done.
func (s *stream) HandOver() (backend.Handed, error) {
	return backend.Handed{}, audio.ErrUnsupported.With("%s: PortAudio keeps the device within this process; "+
		"another program opens it again, with one gap", s.name)
}
