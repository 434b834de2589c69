package metering_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer/metering"
)

const all = metering.Levels | metering.TruePeak | metering.Loudness

// Each channel of any number of them shows what is known of it, however the frames come.
func TestLevels(t *testing.T) {
	for channels := 1; channels <= audio.MaxChannels; channels++ {
		f := format(48000, channels)
		m := metering.New(f, all)
		block := make([]float32, 4800*channels)
		for i := range block {
			n, c := i/channels, i%channels
			a := amplitude(c)
			block[i] = float32(a*math.Sin(2*math.Pi*float64(n)/48+math.Pi*float64(c%2)) - a/10)
		}
		feed(m, f, block)
		r := read(m)
		if r.Frames != 4800 || len(r.Channels) != channels || len(r.Correlation) != channels/2 {
			t.Fatalf("%d channels: %d frames, %d, %d", channels, r.Frames, len(r.Channels), len(r.Correlation))
		}
		for c, ch := range r.Channels {
			a := amplitude(c)
			about(t, fmt.Sprintf("%d channels: peak of %d", channels, c), ch.Peak, a*1.1, 1e-6)
			about(t, fmt.Sprintf("%d channels: RMS of %d", channels, c), ch.RMS, a*math.Sqrt(0.5+0.01), 1e-6)
			about(t, fmt.Sprintf("%d channels: DC of %d", channels, c), ch.DC, -a/10, 1e-6)
			if ch.Clipped != 0 || ch.Silence > 1 || ch.TruePeak < ch.Peak || ch.TruePeak > ch.Peak*1.01 || ch.MaxTruePeak > ch.TruePeak {
				t.Errorf("%d channels: %d: %+v", channels, c, ch)
			}
		}
		for i, x := range r.Correlation { // of a sine and the inverted one, both with DC: −0.5 + 0.01 of 0.51
			about(t, fmt.Sprintf("%d channels: correlation %d", channels, i), x, -0.49/0.51, 1e-5)
		}
		again := read(m)
		if again.Frames != 0 || again.Channels[0].Peak != 0 || again.Channels[0].RMS != 0 || again.Channels[0].TruePeak != 0 ||
			again.Channels[0].DC != 0 || again.Channels[0].MaxTruePeak != r.Channels[0].MaxTruePeak {
			t.Errorf("%d channels: nothing came, but %+v", channels, again.Channels[0])
		}
	}
}

func amplitude(c int) float64 { return 0.8 / float64(c+1) }

func about(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v ± %v", what, got, want, tolerance)
	}
}

func TestClipsAndSilence(t *testing.T) {
	f := format(48000, 3)
	m := metering.New(f, metering.Levels)
	block := make([]float32, 3*10000)
	block[3*17], block[3*9000] = 1, -metering.FullScale
	block[3*9001+1] = 0.5
	for i := 2; i < len(block); i += 3 {
		block[i] = metering.DefaultQuiet
	}
	feed(m, f, block)
	want := []struct{ clipped, silence uint64 }{{2, 999}, {0, 998}, {0, 10000}}
	r := read(m)
	for c, w := range want {
		if ch := r.Channels[c]; ch.Clipped != w.clipped || ch.Silence != w.silence {
			t.Errorf("channel %d: %+v, want %+v", c, ch, w)
		}
	}
	if !math.IsNaN(r.Correlation[0]) && r.Correlation[0] != 0 {
		t.Errorf("unrelated: %v", r.Correlation)
	}
	m.Silence(100_000)
	r = read(m)
	if r.Frames != 100_000 || r.Channels[0].Silence != 100_999 || r.Channels[2].Silence != 110_000 || r.Channels[0].Clipped != 0 ||
		!math.IsNaN(r.Correlation[0]) {
		t.Errorf("silence: %+v", r)
	}
	m.SetQuiet(0.4)
	block[0] = 0.45
	m.Measure(block[:3])
	if r := read(m); r.Channels[0].Silence != 0 || r.Channels[2].Silence != 110_001 {
		t.Errorf("quiet: %+v", r)
	}
}

// What is alike on both channels has 1, and what has nothing to do with each other 0.
func TestCorrelation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	f := format(48000, 7)
	m := metering.New(f, metering.Levels)
	block := noise(r, 7*48000)
	for i := 0; i < len(block); i += 7 {
		block[i+1] = block[i] / 2
		block[i+3] = -block[i+2]
	}
	feed(m, f, block)
	got := read(m).Correlation
	about(t, "alike", got[0], 1, 1e-9)
	about(t, "inverted", got[1], -1, 1e-9)
	about(t, "unrelated", got[2], 0, 0.02)
}

// The loudness of any block size, of Silence and of zeros is the same to the bit.
func TestBlocksDoNotMatter(t *testing.T) {
	for _, channels := range []int{1, 2, 5, 6, 64} {
		f := format(44100, channels)
		block := noise(rand.New(rand.NewPCG(5, 6)), 4*44100*channels)
		whole, parts := metering.New(f, all), metering.New(f, all)
		whole.Measure(block)
		whole.Measure(make([]float32, 5000*channels))
		feed(parts, f, block)
		parts.Silence(5000)
		a, b := read(whole), read(parts)
		for c := range a.Channels { // sums of squares are rounded elsewhere
			about(t, "RMS", a.Channels[c].RMS, b.Channels[c].RMS, 1e-12)
			about(t, "DC", a.Channels[c].DC, b.Channels[c].DC, 1e-12)
			a.Channels[c].RMS, a.Channels[c].DC = b.Channels[c].RMS, b.Channels[c].DC
		}
		clear(a.Correlation)
		clear(b.Correlation)
		a.Integrated, a.Momentary, a.ShortTerm, a.Range = math.Round(a.Integrated*1e9), math.Round(a.Momentary*1e9), math.Round(a.ShortTerm*1e9), math.Round(a.Range*1e9)
		b.Integrated, b.Momentary, b.ShortTerm, b.Range = math.Round(b.Integrated*1e9), math.Round(b.Momentary*1e9), math.Round(b.ShortTerm*1e9), math.Round(b.Range*1e9)
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%d channels: whole\n%v\nin parts\n%v", channels, a, b)
		}
	}
}

// Before there is enough, loudness is −Inf; Reset begins what is counted since then anew, and nothing else.
func TestReset(t *testing.T) {
	f := format(48000, 2)
	m, s := metering.New(f, all), stream{f: f}
	peaks := metering.New(f, metering.TruePeak)
	peaks.Measure(s.next(at(0.1, -20)))
	peaks.Silence(100)
	peaks.Reset()
	if r := read(peaks); r.Channels[0].TruePeak < 0.099 || r.Channels[0].MaxTruePeak > 0.01 {
		t.Errorf("a true peak before Reset: %+v", r.Channels[0])
	}
	s = stream{f: f}
	m.Measure(s.next(at(0.39, -20)))
	if r := read(m); !math.IsInf(r.Momentary, -1) || !math.IsInf(r.ShortTerm, -1) || !math.IsInf(r.Integrated, -1) || r.Range != 0 {
		t.Errorf("too early: %+v", r)
	}
	m.Measure(s.next(at(0.02, -20)))
	if r := read(m); math.IsInf(r.Momentary, -1) || math.IsInf(r.Integrated, -1) || !math.IsInf(r.ShortTerm, -1) {
		t.Errorf("after 0.4 s: %+v", r)
	}
	m.Measure(s.next(at(10, -20)))
	m.Measure(s.next(at(5, -40)))
	if r := read(m); r.Range < 15 || r.MaxShortTerm < -21 || r.Channels[0].MaxTruePeak < 0.09 {
		t.Errorf("a range of levels: %+v", r)
	}
	m.Measure(s.next(at(0.1, -20)))
	m.Measure(s.next(hush(0.01))) // longer than what a sample between others comes from
	m.Reset()
	m.Measure(s.next(at(0.39, -40)))
	r := read(m)
	if !math.IsInf(r.Integrated, -1) || !math.IsInf(r.MaxMomentary, -1) || !math.IsInf(r.MaxShortTerm, -1) || r.Range != 0 {
		t.Errorf("since Reset: %+v", r)
	}
	if r.Channels[0].TruePeak < 0.09 || r.ShortTerm < -38 {
		t.Errorf("what goes on: %+v", r)
	}
	m.Measure(s.next(at(4, -40)))
	r = read(m)
	about(t, "integrated", r.Integrated, -40, 0.5) // the first block has a bit of what was before
	about(t, "maximum", r.MaxShortTerm, -40, 0.1)
	about(t, "maximum of true peak", r.Channels[0].MaxTruePeak, 0.01, 0.001)
}

// A sine whose peaks are as far as can be from all samples has its amplitude as true peak, below 0.42 of the rate.
func TestTruePeakIsFlat(t *testing.T) {
	for _, rate := range []int{8000, 48000, 96000} {
		f := format(rate, 1)
		for _, part := range [][2]float64{{1, 100}, {1, 12}, {1, 8}, {1, 6}, {1, 4}, {1, 3}, {3, 8}, {2, 5}, {5, 12}} {
			if rate == 96000 && part[0] > 1 {
				break // interpolated twice: there is nothing to be heard beyond
			}
			m := metering.New(f, metering.TruePeak)
			block := make([]float32, 20000)
			for i := range block {
				block[i] = float32(0.5 * taper(i, len(block), 48000) * math.Cos(2*math.Pi*part[0]/part[1]*float64(i)+math.Pi/part[1]))
			}
			feed(m, f, block)
			r := read(m)
			about(t, fmt.Sprintf("true peak at %v of %d Hz in dB", part, rate), metering.DBFS(r.Channels[0].TruePeak), metering.DBFS(0.5), 0.1)
		}
	}
}

// Low frequency effects do not count, what is beside and behind counts more, and what has no position as it is.
func TestPositions(t *testing.T) {
	alone := func(f audio.Format, channel int) float64 {
		m, s := metering.New(f, metering.Loudness), stream{f: f}
		levels := make([]float64, f.Channels)
		for c := range levels {
			levels[c] = -1000
		}
		levels[channel] = -20
		m.Measure(s.next(at(1, levels...)))
		return read(m).Momentary
	}
	for _, c := range []struct {
		f    audio.Format
		want []float64 // above one channel in front
	}{
		{format(48000, 1), []float64{0}},
		{format(48000, 6), []float64{0, 0, 1.49, 1.49, 0, math.Inf(-1)}},
		{format(48000, 8), []float64{0, 0, 0, 0, 0, math.Inf(-1), 1.49, 1.49}},
		{format(48000, 3, audio.LowFrequency, audio.SideLeft, audio.RearCentre), []float64{math.Inf(-1), 1.49, 0}},
		{format(48000, 20), make([]float64, 20)},
	} {
		for i, want := range c.want {
			got := alone(c.f, i) + 23.01
			if !(math.Abs(got-want) < 0.05) && !(math.IsInf(want, -1) && got < -900) {
				t.Errorf("%v: channel %d has %.2f, want %.2f", c.f.Stand(), i, got, want)
			}
		}
	}
}

// The weighting is the same curve at every rate from 8 kHz on, below 0.45 of it.
func TestWeightingAtEveryRate(t *testing.T) {
	loudness := func(rate int, hz float64) float64 {
		f := format(rate, 1)
		m := metering.New(f, metering.Loudness)
		block := make([]float32, rate*3/2)
		for i := range block {
			block[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / float64(rate)))
		}
		m.Measure(block)
		return read(m).Momentary
	}
	about(t, "997 Hz at 48 kHz", loudness(48000, 997), -3.01, 0.005)
	for _, hz := range []float64{25, 38, 60, 100, 400, 1000, 1681, 2500, 3500, 5000, 10000} {
		want := loudness(48000, hz)
		for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 96000, 384000} {
			if hz < 0.45*float64(rate) {
				about(t, fmt.Sprintf("%.0f Hz at %d Hz", hz, rate), loudness(rate, hz), want, 0.05)
			}
		}
	}
}
