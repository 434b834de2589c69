package mixer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// noise is samples of any size and sign, with zeros and subnormals.
func noise(r *rand.Rand, n int) []float32 {
	block := make([]float32, n)
	for i := range block {
		switch r.IntN(8) {
		case 0:
			block[i] = float32(math.Copysign(0, r.Float64()-0.5))
		case 1:
			block[i] = float32(math.Ldexp(r.Float64()-0.5, -r.IntN(150)))
		default:
			block[i] = float32(2*r.Float64() - 1)
		}
	}
	return block
}

func ones(n int) []float32 {
	block := make([]float32, n)
	for i := range block {
		block[i] = 1
	}
	return block
}

func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d samples, want %d", what, len(got), len(want))
	}
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: sample %d of %d is %x, want %x", what, i, len(got), got[i], want[i])
		}
	}
}

func TestD19UnityIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 19))
	for _, channels := range []int{1, 2, 3, 6, 64} {
		f := NewFader(channels, Neutral())
		src := noise(r, 37*channels)
		src[0], src[len(src)-1] = math.MaxFloat32, float32(math.Copysign(0, -1))
		dst, same := make([]float32, len(src)), append([]float32(nil), src...)
		f.Apply(dst, src)
		f.Apply(same, same)
		sameBits(t, "apart", dst, src)
		sameBits(t, "in place", same, src)
		if !f.Unity() || f.Silent() {
			t.Errorf("%d channels: unity %v, silent %v", channels, f.Unity(), f.Silent())
		}
		f.Set(Setting{Gain: 254, Balance: 32})
		if f.Unity() {
			t.Error("unity before a ramp")
		}
		f.Apply(dst, src)
		f.Set(Neutral())
		if f.Unity() {
			t.Error("unity in the ramp back to it")
		}
		f.Apply(dst, src)
		if f.Apply(dst, src); !f.Unity() {
			t.Error("no unity after a ramp back to it")
		}
		sameBits(t, "after ramps", dst, src)
	}
}

// Every channel gets the product with the amplitude of its side, rounded once.
func TestD19SteadyLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 19))
	for channels := 1; channels <= audio.MaxChannels; channels++ {
		s := Setting{Gain: r.IntN(256), Balance: r.IntN(65)}
		f := NewFader(channels, s)
		src := noise(r, channels*(1+r.IntN(70)))
		dst, mixed := make([]float32, len(src)), noise(r, len(src))
		want, wantMixed := make([]float32, len(src)), make([]float32, len(src))
		for i, x := range src {
			want[i] = float32(x * s.amplitudeOf(i%channels, channels))
			wantMixed[i] = mixed[i] + want[i]
		}
		f.Apply(dst, src)
		f.Mix(mixed, src)
		for i := range want {
			if dst[i] != want[i] || mixed[i] != wantMixed[i] { // zeros of either sign are alike
				t.Fatalf("%d channels, %+v: sample %d is %v and %v, want %v and %v", channels, s, i, dst[i], mixed[i], want[i], wantMixed[i])
			}
		}
	}
}

// levels is the level of each sample in the next block of a Fader.
func levels(f *Fader, n int) []float32 {
	dst := make([]float32, n)
	f.Apply(dst, ones(n))
	return dst
}

func TestD19RampsHaveNoSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 19))
	for channels := 1; channels <= audio.MaxChannels; channels++ {
		t.Run(fmt.Sprint(channels), func(t *testing.T) {
			from := Setting{Gain: r.IntN(256), Balance: r.IntN(65)}
			f := NewFader(channels, from)
			last := make([]float32, channels)
			copy(last, levels(f, channels))
			for range 12 {
				to := Setting{Gain: r.IntN(256), Balance: r.IntN(65), Mute: r.IntN(4) == 0}
				f.Set(to)
				frames := 1 + r.IntN(500)
				block := levels(f, frames*channels)
				for c := range channels {
					start, end := float64(last[c]), float64(to.amplitudeOf(c, channels))
					most := math.Abs(end-start)/float64(frames) + 3e-7
					previous := start
					for k := range frames {
						x := float64(block[k*channels+c])
						line := start + (end-start)*float64(k+1)/float64(frames)
						if math.Abs(x-previous) > most || math.Abs(x-line) > 2e-7 {
							t.Fatalf("channel %d, frame %d of %d: from %v to %v, want %v", c, k, frames, previous, x, line)
						}
						if (end-start)*(x-previous) < 0 || x < min(start, end) || x > max(start, end) {
							t.Fatalf("channel %d, frame %d of %d: %v is off the way from %v to %v", c, k, frames, x, start, end)
						}
						previous = x
					}
					if last[c] = block[(frames-1)*channels+c]; last[c] != to.amplitudeOf(c, channels) {
						t.Fatalf("channel %d ends with %v, want exactly %v", c, last[c], end)
					}
				}
				copy(block, levels(f, channels))
				sameBits(t, "the block after", block[:channels], last)
			}
		})
	}
}

func TestD19MuteIsARampToZero(t *testing.T) {
	f := NewFader(2, Setting{Gain: 200, Balance: 32})
	f.Set(Setting{Gain: 200, Balance: 32, Mute: true})
	if f.Silent() {
		t.Fatal("silent before the ramp")
	}
	block := levels(f, 200)
	if block[0] < 0.77 || block[198] != 0 || block[199] != 0 || math.Abs(float64(block[98])-200./255/2) > 1e-6 {
		t.Fatalf("mute goes over %v, %v to %v", block[0], block[98], block[198])
	}
	if !f.Silent() {
		t.Fatal("not silent after the ramp")
	}
	dst := ones(9)
	if f.Mix(dst, ones(9)); dst[0] != 1 || levels(f, 8)[0] != 0 {
		t.Fatal("silence has a sound")
	}
	f.Set(Setting{Gain: 200, Balance: 32})
	if block = levels(f, 200); block[0] > 0.01 || block[199] != Amplitude(200) {
		t.Fatalf("back from mute over %v to %v", block[0], block[199])
	}
}

func TestD19FaderStates(t *testing.T) {
	f := NewFader(2, Neutral())
	f.Set(Setting{Gain: 10, Balance: 32})
	f.Set(Neutral()) // taken back before a block: no ramp
	if !f.Unity() {
		t.Error("a change that was taken back is a ramp")
	}
	f.Set(Setting{Gain: 10, Balance: 32})
	f.Apply(nil, nil) // no frames, no step of the ramp
	if got := levels(f, 4); got[0] < 0.5 || got[0] == 1 {
		t.Errorf("a ramp from 1 begins with %v after a block of no frames", got)
	}
	f.Set(Neutral())
	if f.Jump(); !f.Unity() {
		t.Error("Jump leaves a ramp")
	}
	f.Set(Setting{Gain: 255, Balance: 0})
	levels(f, 2)
	if f.Unity() || f.Silent() || levels(f, 2)[0] != 1 || levels(f, 2)[1] != 0 {
		t.Error("left only is not 1 and 0")
	}
}
