package resample_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/resample"
	"github.com/loopbridge/loopbridge/resample/resampletest"
)

func must(t *testing.T, c resample.Config) *resample.Resampler {
	t.Helper()
	r, err := resample.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRefuses(t *testing.T) {
	good := resample.Config{Channels: 2, In: 44100, Out: 48000, Vary: 0.01}
	for what, change := range map[string]func(*resample.Config){
		"0 channels are out of range; use 1..64":                           func(c *resample.Config) { c.Channels = 0 },
		"65 channels are out of range; use 1..64":                          func(c *resample.Config) { c.Channels = 65 },
		"from 1000 to 256001 Hz is too far; the ratio may be 1/256 to 256": func(c *resample.Config) { c.In, c.Out = 1000, 256001 },
		"from 256001 to 1000 Hz is too far; the ratio may be 1/256 to 256": func(c *resample.Config) { c.In, c.Out = 256001, 1000 },
		"from 0 to 48000 Hz is too far; the ratio may be 1/256 to 256":     func(c *resample.Config) { c.In = 0 },
		"quality(9) is not a quality of a resampler":                       func(c *resample.Config) { c.Quality = 9 },
		"a ratio that varies by -0.1 is out of range; use 0..0.5":          func(c *resample.Config) { c.Vary = -0.1 },
		"a ratio that varies by NaN is out of range; use 0..0.5":           func(c *resample.Config) { c.Vary = math.NaN() },
	} {
		c := good
		change(&c)
		if r, err := resample.New(c); r != nil || !errors.Is(err, audio.ErrInvalid) || err.Error() != what {
			t.Errorf("%+v: %v, want %q", c, err, what)
		}
	}
}

// TestD12Duration: n frames become ⌈n × out ÷ in⌉, exactly, whatever the rates; and then
// the next stream begins.
func TestD12Duration(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	rates := []int{1000, 8000, 11025, 12347, 22050, 32000, 44100, 44101, 48000, 96000, 192000, 256000}
	for range 60 {
		in, out := rates[random.IntN(len(rates))], rates[random.IntN(len(rates))]
		r := must(t, resample.Config{Channels: 2, In: in, Out: out, Quality: resample.Qualities()[random.IntN(3)]})
		for range 2 {
			n := 1 + random.IntN(5000)
			want := (n*out + in - 1) / in
			if got := len(resampletest.Run(r, make([]float32, 2*n), 1+random.IntN(600))) / 2; got != want {
				t.Errorf("%d frames from %d to %d Hz became %d, want %d", n, in, out, got, want)
			}
		}
	}
}

// TestD12Hour counts an hour of mono: not a frame too much or too little.
func TestD12Hour(t *testing.T) {
	if raced {
		t.Skip("the race detector makes it many times slower, and has one goroutine to look at")
	}
	r := must(t, resample.Config{Channels: 1, In: 44101, Out: 8000, Quality: resample.Fast})
	in, out := make([]float32, 1<<16), make([]float32, 1<<14)
	const hours = 1
	taken, given := 0, 0
	for taken < hours*3600*44101 {
		g, n := r.Process(out, in[:min(len(in), hours*3600*44101-taken)])
		given, taken = given+g, taken+n
	}
	r.Finish()
	for r.Begun() {
		g, _ := r.Process(out, nil)
		given += g
	}
	if given != hours*3600*8000 {
		t.Errorf("%d frames, want %d", given, hours*3600*8000)
	}
}

// TestBlocks: how the stream is cut changes not a bit, and Need and Yield tell the truth.
func TestBlocks(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, c := range []resample.Config{
		{Channels: 1, In: 44100, Out: 48000, Quality: resample.Good},
		{Channels: 2, In: 48000, Out: 44100, Quality: resample.Fast},
		{Channels: 3, In: 8000, Out: 48000, Quality: resample.Best},
		{Channels: 5, In: 192000, Out: 8000, Quality: resample.Fast},
		{Channels: 2, In: 256, Out: 1, Quality: resample.Fast},
		{Channels: 2, In: 1, Out: 256, Quality: resample.Good},
	} {
		in := make([]float32, 3000*c.Channels)
		for i := range in {
			in[i] = random.Float32() - 0.5
		}
		whole := must(t, c)
		want := make([]float32, (3000*c.Out/c.In+2)*c.Channels)
		given, taken := whole.Process(want, in)
		if taken > 3000 || given != must(t, c).Yield(3000) {
			t.Fatalf("%+v: %d frames of 3000 give %d, Yield says %d", c, taken, given, must(t, c).Yield(3000))
		}
		want = want[:given*c.Channels]

		r, rest, pos := must(t, c), in, 0
		for pos < given {
			n := min(random.IntN(700), given-pos)
			need := r.Need(n)
			have := min(need, len(rest)/c.Channels)
			if need > 0 && r.Yield(need-1) >= n || r.Yield(need) < n {
				t.Fatalf("%+v: %d frames need %d, which yield %d, one less %d", c, n, need, r.Yield(need), r.Yield(need-1))
			}
			out := make([]float32, n*c.Channels)
			g, k := r.Process(out, rest[:have*c.Channels])
			if g != n || k != need {
				t.Fatalf("%+v: %d frames need %d, but gave %d for %d", c, n, need, g, k)
			}
			if !slices.Equal(out, want[pos*c.Channels:][:len(out)]) {
				t.Fatalf("%+v: frames %d to %d are others when they are made alone", c, pos, pos+n)
			}
			rest, pos = rest[k*c.Channels:], pos+n
		}
	}
}

// TestChannels: each has its own place, and none hears another.
func TestChannels(t *testing.T) {
	for _, channels := range []int{1, 2, 3, 8, 63, 64} {
		mono := must(t, resample.Config{Channels: 1, In: 44100, Out: 48000})
		many := must(t, resample.Config{Channels: channels, In: 44100, Out: 48000})
		in, one := make([]float32, 500*channels), make([]float32, 500)
		for i := range in {
			in[i] = float32(math.Sin(float64(i*i))) * float32(i%channels+1) / 64
		}
		out, want := make([]float32, 500*channels), make([]float32, 500)
		n, _ := many.Process(out, in)
		for ch := range channels {
			for i := range one {
				one[i] = in[i*channels+ch]
			}
			mono.Reset()
			if m, _ := mono.Process(want, one); m != n {
				t.Fatalf("%d frames of %d channels, %d of one", n, channels, m)
			}
			for i := range n {
				if out[i*channels+ch] != want[i] {
					t.Fatalf("frame %d, channel %d of %d is %v, alone %v", i, ch, channels, out[i*channels+ch], want[i])
				}
			}
		}
	}
}

// TestExtremes: the furthest ratios keep level and place.
func TestExtremes(t *testing.T) {
	if raced {
		t.Skip("the race detector makes it many times slower, and has one goroutine to look at")
	}
	for _, q := range resample.Qualities() {
		for _, rates := range [][2]int{{256, 1}, {1, 256}, {768000, 3000}, {3000, 768000}} {
			r := must(t, resample.Config{Channels: 2, In: rates[0], Out: rates[1], Quality: q})
			ratio := float64(rates[0]) / float64(rates[1])
			frequency := 0.1 * min(1, 1/ratio) // of the input's rate
			out := resampletest.Run(r, resampletest.Tone(frequency, int(4000*max(1, ratio))), 256)
			fit := resampletest.FitTone(resampletest.Middle(out), frequency*ratio)
			if math.Abs(fit.Gain) > 0.01 || -fit.Residual < wanted[q].rest[0]-5 {
				t.Errorf("%s %v: gain %+.4f dB, residual %.1f dB", q, rates, fit.Gain, fit.Residual)
			}
		}
	}
}

// TestAdjust: while the ratio moves, the output follows the input's place without a click.
func TestAdjust(t *testing.T) {
	r := must(t, resample.Config{Channels: 2, In: 48000, Out: 48000, Quality: resample.Best, Vary: 0.05})
	const frequency = 997.0 / 48000
	in, out := resampletest.Tone(frequency, 200000), make([]float32, 2*64)
	var place, worst float64 // of the next frame in the input
	factor := 1.0
	for block := 0; block < 2000; block++ {
		given, taken := r.Process(out, in)
		in = in[2*taken:]
		for i := range given {
			if block > 10 {
				want := resampletest.Amplitude * math.Sin(2*math.Pi*frequency*place)
				worst = max(worst, math.Abs(float64(out[2*i])-want))
			}
			place += factor
		}
		factor = r.Adjust(1 + 0.05*math.Sin(float64(block)/20))
	}
	t.Logf("at most %.3g from where it should be", worst)
	if worst > 1e-6 {
		t.Errorf("%.3g from where it should be", worst)
	}
	for ask, want := range map[float64]float64{2: 1.05, -1: 0.95, math.NaN(): 0.95, math.Inf(1): 1.05, 1.02: 1.02} {
		if got := r.Adjust(ask); got != want {
			t.Errorf("Adjust(%v) takes %v, want %v", ask, got, want)
		}
	}
}

func TestAllocatesNothing(t *testing.T) {
	r := must(t, resample.Config{Channels: 2, In: 44100, Out: 48000, Vary: 0.01})
	in, out := make([]float32, 1000), make([]float32, 1000)
	if n := testing.AllocsPerRun(100, func() {
		r.Process(out, in)
		r.Adjust(1.001)
		r.Finish()
		r.Process(out, in)
		r.Reset()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
