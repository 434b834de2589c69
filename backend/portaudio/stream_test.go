//go:build portaudio && cgo

package portaudio_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/portaudio"
)

// load gives PortAudio, until the end of the test.
func load(t *testing.T) *portaudio.Library {
	t.Helper()
	l, err := portaudio.Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// TestStreamOnJACK is the contract, on a device that moves fewer frames at once than a
// period, and on one that moves more than the whole buffer.
func TestStreamOnJACK(t *testing.T) {
	for name, period := range map[string]int{"fine": 256, "coarse": 2048} {
		t.Run(name, func(t *testing.T) {
			startJack(t, 192000, period)
			l := load(t)
			wish := backend.Config{Format: audio.Format{Rate: 192000, Channels: 2, Encoding: audio.S16LE}, Period: 512, Periods: 3}
			backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
				return l.Open(wish, portaudio.Options{Name: "JACK:system"})
			}, wish)
		})
	}
}
