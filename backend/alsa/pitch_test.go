package alsa

import (
	"errors"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// TestPitchElements: which element moves which end.
func TestPitchElements(t *testing.T) {
	for _, c := range []struct {
		driver string
		play   bool
		device uint32
		name   string
		at     uint32
		sign   int64
	}{
		{"Loopback", false, 1, "PCM Rate Shift 100000", 1, -1}, {"Loopback", true, 0, "PCM Rate Shift 100000", 1, -1},
		{"Loopback", false, 0, "PCM Rate Shift 100000", 0, -1}, {"Loopback", true, 1, "PCM Rate Shift 100000", 0, -1},
		{"UAC2_Gadget", true, 0, "Playback Pitch 1000000", 0, 1}, {"UAC2_Gadget", false, 0, "Capture Pitch 1000000", 0, 1},
	} {
		k, id := pitchOf(c.driver, c.play, c.device, 5)
		if k.name != c.name || k.sign != c.sign || id.Device != c.at || id.Subdevice != 5 || abi.Text(id.Name[:]) != c.name ||
			id.Interface != abi.PCMElem {
			t.Errorf("%+v: %+v, %+v", c, k, id)
		}
	}
}

// TestPitchRefuses what is out of range, and what comes after Close.
func TestPitchRefuses(t *testing.T) {
	p := &pitch{name: "hw:9,0", fd: -1, of: backend.PitchRange{Unit: 1e-5, Least: -20000, Most: 20000}}
	for steps, want := range map[int]error{20001: audio.ErrInvalid, -20001: audio.ErrInvalid, 20000: audio.ErrClosed} {
		if err := p.SetPitch(steps); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", steps, err, want)
		}
	}
	p.close()
	(*pitch)(nil).close()
}
