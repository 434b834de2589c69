//go:build portaudio && cgo

package portaudio_test

import (
	"os"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// load gives PortAudio, until the end of the test.
func load(t *testing.T) *portaudio.Library {
	t.Helper()
	l, err := portaudio.Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer lab.Awake()()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// TestStreamOnJACK is the contract, on a server without hardware. TestRoundTrip has other
// periods.
func TestStreamOnJACK(t *testing.T) {
	const rate = 192000 // that time passes
	startJack(t, rate, 256)
	l := load(t)
	wish := backend.Config{Format: audio.Format{Rate: rate, Channels: 2, Encoding: audio.S16LE}, Period: 512, Periods: 3}
	backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
		return l.Open(wish, portaudio.Options{Name: "JACK:system"})
	}, wish)
}

// testDevices names the devices to test with, one per line, as in a configuration.
const testDevices = "LOOPBRIDGE_TEST_PORTAUDIO"

// TestStreamOnDevices is the contract, on devices that somebody names: the virtual machine of
// package hwtest, or a person.
func TestStreamOnDevices(t *testing.T) {
	names := strings.FieldsFunc(os.Getenv(testDevices), func(r rune) bool { return r == '\n' })
	if len(names) == 0 {
		t.Skip("no device of PortAudio is named in " + testDevices + "; package hwtest does that")
	}
	l := load(t)
	sleep := lab.Awake() // the first look is for files of the host
	if _, err := l.Devices(); err != nil {
		t.Fatal(err)
	}
	sleep()
	for _, name := range names {
		for _, f := range []audio.Format{audio.DefaultFormat(), {Rate: 48000, Channels: 1, Encoding: audio.FloatLE}} {
			t.Run(name+"/"+strings.ReplaceAll(f.String(), " ", "_"), func(t *testing.T) {
				wish := backend.Config{Format: f, Period: 512, Periods: 3}
				backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
					return l.Open(wish, portaudio.Options{Name: name})
				}, wish)
			})
		}
	}
}
