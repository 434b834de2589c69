package top

import (
	"math"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/api"
)

func dB(x float64) *int {
	n := int(math.Round(x * 100))
	return &n
}

// reading is one of a stereo place.
func reading(left, right float64) *api.LiveMeter {
	return &api.LiveMeter{Peak: []*int{dB(left), dB(right)}, RMS: []*int{dB(left - 3), dB(right - 3)}}
}

// A peak stays for a while, then its mark falls; the bar falls at once, but slowly; the maximum stays until it is reset.
func TestPeaksAreHeld(t *testing.T) {
	const every = 100 * time.Millisecond
	var m meter
	m.hear(reading(-6, -20), every)
	for n := range 40 {
		m.hear(reading(-50, -50), every)
		left := m.channels[0]
		bar := max(-50, -6-2*float64(n+1))
		mark := -6.0
		if n+1 > 15 {
			mark = max(-50, -6-2*float64(n+1-15))
		}
		if math.Abs(left.shown-bar) > 1e-9 || math.Abs(left.hold-mark) > 1e-9 || left.most != -6 || left.rms != -53 {
			t.Fatalf("after %d readings: %+v, want a bar at %v and a mark at %v", n+1, left, bar, mark)
		}
	}
	if m.most() != -6 || m.peak() != -50 {
		t.Errorf("the loudest is %v now and was %v", m.peak(), m.most())
	}
	m.hear(&api.LiveMeter{Peak: []*int{nil, dB(-30)}, RMS: []*int{nil, nil}, Clipped: 3}, every)
	if !math.IsInf(m.channels[0].peak, -1) || m.channels[1].peak != -30 || m.clipped != 3 {
		t.Errorf("silence is %+v", m)
	}
	m.reset()
	if m.clipped != 0 || !math.IsInf(m.most(), -1) {
		t.Errorf("after a reset %+v", m)
	}
	m.hear(nil, every)
	if m.heard || len(m.channels) != 0 {
		t.Errorf("nothing can be heard, and there is %+v", m)
	}
	m.hear(&api.LiveMeter{Peak: []*int{dB(-1)}, RMS: []*int{dB(-2)}}, every) // other channels than before
	if len(m.channels) != 1 || m.most() != -1 {
		t.Errorf("as mono %+v", m)
	}
}

// A bar is solid to the RMS, to an eighth of a column, and soft to the peak.
func TestBars(t *testing.T) {
	l := func(rms, shown, hold float64) level { return level{rms: rms, shown: shown, hold: hold} }
	for _, k := range []struct {
		level   level
		columns int
		want    string
		ascii   string
	}{
		{l(silent(), silent(), silent()), 10, "          |", "          |"},
		{l(-60, -60, -60), 10, "          |", "          |"},
		{l(0, 0, 0), 10, "██████████|", "##########|"},
		{l(-30, -18, -12), 10, "█████░░ │ |", "#####-- | |"},
		{l(-56.25, -56.25, -56.25), 10, "│         |", "#         |"},
		{l(-28, -28, -28), 10, "█████│    |", "#####|    |"},
		{l(-27, -20, -20), 10, "█████▌│   |", "######|   |"},
		{l(3, 6, 9), 4, "████|", "####|"},
	} {
		for _, ascii := range []bool{false, true} {
			c := NewCanvas(k.columns+1, 1, ascii)
			c.bar(0, 0, k.columns, &k.level)
			c.Put(k.columns, 0, 1, "|", Plain)
			want := k.want
			if ascii {
				want = k.ascii
			}
			if got := c.Text(); got != want+"\n" {
				t.Errorf("%+v is %q, want %q", k.level, got, want)
			}
		}
	}
}

// Channels stand side by side, or, if there are many, in a column each; if there are more than columns, some share one.
func TestManyChannels(t *testing.T) {
	levels := func(all ...float64) (channels []level) {
		for _, x := range all {
			channels = append(channels, level{rms: x, shown: x, hold: silent()})
		}
		return channels
	}
	sixty := make([]float64, 64)
	for i := range sixty {
		sixty[i] = -60 + 60*float64(i)/63
	}
	for want, channels := range map[string][]level{
		"██████████":       levels(0),
		"██████████ █████": levels(0, -30)[:2],
		"·▁▄█":   levels(-60, -59, -30, 0),
		"▂▃▄▆▇█": levels(sixty...),
		"":       nil,
	} {
		columns := map[bool]int{true: 6, false: 10}[len(channels) == 64]
		if len(channels) == 2 {
			columns = 21
		}
		c := NewCanvas(columns, 1, false)
		c.bars(0, 0, columns, channels)
		if got := c.Text(); got != want+"\n" {
			t.Errorf("%d channels are %q, want %q", len(channels), got, want)
		}
	}
}

func TestGains(t *testing.T) {
	for gain, want := range map[int]string{0: "off", 255: "0.0", 128: "-6.0", 1: "-48.1", 254: "0.0"} {
		if got := gainText(gain); got != want {
			t.Errorf("gain %d is %q, want %q", gain, got, want)
		}
	}
	for _, k := range [][3]int{{255, 1, 255}, {0, 1, 1}, {0, -1, 0}, {1, 1, 2}, {1, -1, 0}, {128, 6, 255}, {128, -6, 64}, {200, 1, 224}} {
		if got := louder(k[0], float64(k[1])); got != k[2] {
			t.Errorf("%d louder by %d dB is %d, want %d", k[0], k[1], got, k[2])
		}
	}
}
