package audio_test

import (
	"bytes"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// Each channel goes where its position is; what only one side has, in its order.
func TestOrder(t *testing.T) {
	for _, c := range []struct{ from, to, in, out string }{
		{"FL FR", "FR FL", "01", "10"},
		{"FL FR FC LFE RL RR", "FL FR RL RR FC LFE", "012345", "014523"},
		{"FL FR RL RR FC LFE", "FL FR FC LFE RL RR", "014523", "012345"},
		{"FL FR FC LFE SL SR", "FL FR RL RR FC LFE", "012345", "014523"}, // the surround channels of 5.1
		{"FL FR FC LFE RC SL SR", "FL FR RL RR FC LFE RC", "0123456", "0156234"},
		{"FL FR FC LFE RL RR SL SR", "FL FR RL RR FC LFE SL SR", "01234567", "01452367"},
		{"FL FR FC LFE SL SR RL RR", "FL FR RL RR FC LFE SL SR", "01234567", "01672345"},
		{"FL FR FC LFE RL RR FLC FRC", "FL FR RL RR FC LFE SL SR", "01234567", "01452367"},
		{"FL FR FC RC", "FL FR RL RR", "0123", "0123"},
		{"FL FR FC LFE RL RR", "FL FR FC LFE RL RR", "012345", "012345"},
		{"", "FL FR FC LFE RL RR", "012345", "012345"},
		{"FL FR FC LFE RL RR", "", "012345", "012345"},
		{"FL FR FC", "FL FR", "012", "012"},
	} {
		for _, e := range audio.Encodings() {
			f := audio.Format{Rate: 48000, Channels: len(c.in), Encoding: e, Positions: positions(t, c.from)}
			spread := func(s string) (p []byte) {
				for frame := range byte(3) {
					for _, channel := range []byte(s) {
						sample := bytes.Repeat([]byte{channel<<4 | frame}, e.Bytes())
						sample[0]++
						p = append(p, sample...)
					}
				}
				return p
			}
			o := audio.NewOrder(f, positions(t, c.to))
			in, want := spread(c.in), spread(c.out)
			if o.IsZero() != (c.in == c.out) {
				t.Errorf("%s to %s: nothing to do: %v", c.from, c.to, o.IsZero())
			}
			dst := make([]byte, len(in)+1)
			if o.Apply(dst, in); !bytes.Equal(dst[:len(in)], want) || dst[len(in)] != 0 {
				t.Errorf("%s, %s to %s: %x became %x, want %x", e, c.from, c.to, in, dst, want)
			}
			if o.Apply(in, in); !bytes.Equal(in, want) {
				t.Errorf("%s, %s to %s in place: %x, want %x", e, c.from, c.to, in, want)
			}
		}
	}
}

// Fewer or more channels are mixed by where they stand, not by their number.
func TestMatrixByPositions(t *testing.T) {
	format := func(names string) audio.Format {
		p := positions(t, names)
		n := 0
		for ; n < len(p) && p[n] != 0; n++ {
		}
		return audio.Format{Rate: 48000, Channels: n, Encoding: audio.FloatLE, Positions: p}
	}
	stereo, mono := audio.Format{Channels: 2}, audio.Format{Channels: 1}
	alsa := format("FL FR RL RR FC LFE")
	for _, c := range []struct {
		name     string
		from, to audio.Format
		in, want []float32
	}{
		{"a file's 5.1 to stereo", format("FL FR FC LFE RL RR"), stereo, []float32{1, 0, 0, 1, 0, 0}, []float32{0.41421356, 0}},
		{"its centre", format("FL FR FC LFE RL RR"), stereo, []float32{0, 0, 1, 0, 0, 0}, []float32{0.29289322, 0.29289322}},
		{"its rear", format("FL FR FC LFE RL RR"), stereo, []float32{0, 0, 0, 0, 1, 0}, []float32{0.29289322, 0}},
		{"ALSA's rear", alsa, stereo, []float32{0, 0, 1, 0, 0, 0}, []float32{0.29289322, 0}},
		{"who says nothing", audio.Format{Channels: 6}, stereo, []float32{0, 0, 1, 0, 0, 0}, []float32{0.29289322, 0}},
		{"its centre to mono", format("FL FR FC LFE RL RR"), mono, []float32{0, 0, 1, 0, 0, 0}, []float32{0.29289322}},
		{"mono to 5.1", mono, format("FL FR FC LFE RL RR"), []float32{1}, []float32{0, 0, 1, 0, 0, 0}},
		{"stereo to 5.1", stereo, format("FC FR FL LFE RL RR"), []float32{1, 2}, []float32{0, 2, 1, 0, 0, 0}},
		{"5.1 at the side to four", format("FL FR FC LFE SL SR"), format("FL FR RL RR"), []float32{0, 0, 0, 0, 1, 0}, []float32{0, 0, 0.58578643, 0}},
		{"wide to stereo", format("FL FR FLC FRC"), stereo, []float32{0, 0, 1, 0}, []float32{0.41421356, 0}},
		{"exchanged", format("FL FR"), format("FR FL"), []float32{1, 2}, []float32{2, 1}},
	} {
		m := audio.MatrixFor(c.from, c.to)
		if err := m.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := make([]float32, len(c.want))
		m.Apply(got, c.in)
		for i, want := range c.want {
			if d := got[i] - want; d > 1e-6 || d < -1e-6 {
				t.Errorf("%s: %v became %v, want %v", c.name, c.in, got, c.want)
				break
			}
		}
	}
}
