package mixer

import (
	"math"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func TestD19GainIsLinear(t *testing.T) {
	if Amplitude(MaxGain) != 1 || Amplitude(0) != 0 {
		t.Fatalf("255 is %v and 0 is %v, want exactly 1 and 0", Amplitude(MaxGain), Amplitude(0))
	}
	for g := range MaxGain + 1 {
		want := float64(g) / 255
		if got := float64(Amplitude(g)); math.Abs(got-want) > 1e-7*want {
			t.Errorf("gain %d is %v, want %v", g, got, want)
		}
	}
	if Amplitude(-1) != 0 || Amplitude(256) != 1 {
		t.Error("gains out of range are not those at the ends")
	}
}

func TestD19Decibels(t *testing.T) {
	if Decibels(MaxGain) != 0 || !math.IsInf(Decibels(0), -1) {
		t.Fatalf("255 is %v dB and 0 is %v dB", Decibels(MaxGain), Decibels(0))
	}
	for g := range MaxGain + 1 {
		if back := FromDecibels(Decibels(g)); back != g {
			t.Errorf("gain %d is %v dB, which is gain %d", g, Decibels(g), back)
		}
	}
	for _, c := range []struct {
		dB   float64
		gain int
	}{
		{math.Inf(-1), 0}, {math.NaN(), 0}, {-1000, 0}, {-54.2, 0}, {-54.1, 1}, {-6.03, 127}, {-6.02, 128},
		{-20, 26}, {-0.02, 254}, {-0.01, 255}, {0, 255}, {12, 255}, {math.Inf(1), 255},
	} {
		if got := FromDecibels(c.dB); got != c.gain {
			t.Errorf("%v dB is gain %d, want %d", c.dB, got, c.gain)
		}
	}
	for dB := -60.0; dB < 1; dB += 0.01 { // the nearest of all
		got, want := FromDecibels(dB), math.Pow(10, dB/20)*255
		for g := range MaxGain + 1 {
			if math.Abs(float64(g)-want) < math.Abs(float64(got)-want)-1e-9 {
				t.Fatalf("%v dB is gain %d, but %d is nearer to %v", dB, got, g, want)
			}
		}
	}
}

// The formulas of SunOS's mixer and of NetBSD (D19, E55), as they stand there.
func TestD19BalanceTable(t *testing.T) {
	for g := range 256 {
		for b := range 65 {
			sadaL, netL, sadaR, netR := g, g, g, g
			if b > 32 {
				sadaL, netL = (g*(64-b))>>5, (64-b)*g/32
			}
			if b < 32 {
				sadaR, netR = (g*b)>>5, b*g/32
			}
			l, r := Balance(g, b)
			if l != sadaL || l != netL || r != sadaR || r != netR {
				t.Fatalf("gain %d, balance %d: %d and %d, want %d and %d", g, b, l, r, sadaL, sadaR)
			}
			s := Setting{Gain: g, Balance: b}
			if s.amplitudeOf(0, 2) != Amplitude(l) || s.amplitudeOf(1, 2) != Amplitude(r) || s.amplitudeOf(0, 1) != Amplitude(g) {
				t.Fatalf("gain %d, balance %d: the amplitudes do not fit", g, b)
			}
		}
	}
	for _, c := range [][4]int{{200, 16, 200, 100}, {255, 0, 255, 0}, {255, 64, 0, 255}, {300, -5, 255, 0}, {-1, 99, 0, 0}} {
		if l, r := Balance(c[0], c[1]); l != c[2] || r != c[3] {
			t.Errorf("gain %d, balance %d: %d and %d, want %d and %d", c[0], c[1], l, r, c[2], c[3])
		}
	}
}

// What is left of DefaultMatrix to stereo is left here.
func TestD19SidesAreThoseOfTheMatrix(t *testing.T) {
	for n := 1; n <= audio.MaxChannels; n++ {
		m := audio.DefaultMatrix(n, 2)
		for c := range n {
			left, right := m.Gains[c] != 0, m.Gains[n+c] != 0
			want := byte('C')
			if n >= 2 && n <= 8 && left != right {
				want = map[bool]byte{true: 'L', false: 'R'}[left]
			}
			if got := "CLR"[audio.Format{Channels: n}.Pans()[c]]; got != want {
				t.Errorf("channel %d of %d is %c, want %c", c, n, got, want)
			}
		}
	}
}

// amplitudeOf is for a channel of so many that say nothing of their positions.
func (s Setting) amplitudeOf(channel, channels int) float32 {
	return s.amplitude(audio.Format{Channels: channels}.Pans()[channel])
}

// Balance leans to where the channels stand, whatever their order.
func TestFaderForPositions(t *testing.T) {
	p, err := audio.ParsePositions("FC RR SL LFE FR TFL")
	if err != nil {
		t.Fatal(err)
	}
	left := Setting{Gain: MaxGain, Balance: 0}
	f := NewFaderFor(audio.Format{Channels: 6, Positions: p}, left)
	x := []float32{1, 1, 1, 1, 1, 1}
	f.Apply(x, x)
	if want := []float32{1, 0, 1, 1, 0, 1}; !slices.Equal(x, want) {
		t.Errorf("at the left it is %v, want %v", x, want)
	}
}
