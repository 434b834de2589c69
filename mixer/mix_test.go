package mixer

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

const sources, frames = 16, 441

// s16 is random samples and their float32.
func s16(r *rand.Rand, n int) (codes []int, block []float32) {
	raw := make([]byte, 2*n)
	codes, block = make([]int, n), make([]float32, n)
	for i := range codes {
		codes[i] = r.IntN(65536) - 32768
		if r.IntN(4) == 0 {
			codes[i] = []int{-32768, 32767}[r.IntN(2)]
		}
		binary.LittleEndian.PutUint16(raw[2*i:], uint16(codes[i]))
	}
	audio.S16LE.Decode(block, raw)
	return codes, block
}

// Sixteen programs at 16 bits: the sum is exact, and saturates only in Encode.
func TestD20SumsAreExactAndSaturate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 20))
	n, beyond := 2*frames, 0
	exact := make([]int, n)
	blocks := make([][]float32, sources)
	added, mixed := make([]float32, n), make([]float32, n)
	for i := range blocks {
		var codes []int
		codes, blocks[i] = s16(r, n)
		for j, c := range codes {
			exact[j] += c
		}
		Add(added, blocks[i])
		NewFader(2, Neutral()).Mix(mixed, blocks[i])
	}
	sameBits(t, "Fader.Mix", mixed, added)
	raw := make([]byte, 2*n)
	if bad := audio.S16LE.Encode(raw, added, nil); bad != 0 {
		t.Fatalf("%d bad samples", bad)
	}
	for j, want := range exact {
		if float64(added[j]) != float64(want)/32768 {
			t.Fatalf("sample %d is %v, want %v", j, added[j], float64(want)/32768)
		}
		code := int(int16(binary.LittleEndian.Uint16(raw[2*j:])))
		if code != min(max(want, -32768), 32767) {
			t.Fatalf("sample %d, a sum of %d, became %d", j, want, code)
		}
		if want < -32768 || want > 32767 {
			beyond++
		}
	}
	if beyond < n/4 {
		t.Fatalf("only %d of %d samples had to saturate", beyond, n)
	}
}

// Each source has its own gain, balance and mute, some of them change.
func TestD19SixteenSourcesSampleBySample(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 20))
	n := 2 * frames
	got, want := make([]float32, n), make([]float64, n)
	for i := range sources {
		a := Setting{Gain: r.IntN(256), Balance: r.IntN(65), Mute: i%5 == 0}
		b := a
		if i%2 == 0 {
			b = Setting{Gain: r.IntN(256), Balance: r.IntN(65), Mute: i%3 == 0}
		}
		src := noise(r, n)
		f := NewFader(2, a)
		f.Set(b)
		f.Mix(got, src)
		for j, x := range src {
			from, to := float64(a.amplitudeOf(j%2, 2)), float64(b.amplitudeOf(j%2, 2))
			want[j] += float64(x) * (from + (to-from)*float64(j/2+1)/frames)
		}
	}
	for j := range want {
		if math.Abs(float64(got[j])-want[j]) > 5e-6 {
			t.Fatalf("sample %d is %v, want %v", j, got[j], want[j])
		}
	}
}

func TestSamplesBeyondFullScale(t *testing.T) {
	inf := float32(math.Inf(1))
	values := []float32{0, 1, -1, 0.5, math.Nextafter32(1, 0)}
	wrong := []float32{math.Nextafter32(1, 2), -math.Nextafter32(1, 2), 7, -7, inf, -inf,
		math.MaxFloat32, -math.MaxFloat32}
	r := rand.New(rand.NewPCG(3, 20))
	for n := range 100 {
		block, count := noise(r, n), 0
		for i := range block {
			switch r.IntN(8) {
			case 0:
				block[i] = values[r.IntN(len(values))]
			case 1:
				block[i] = wrong[r.IntN(len(wrong))]
				count++
			}
		}
		if b := beyond(block); b != count {
			t.Fatalf("%d samples beyond full scale, want %d", b, count)
		}
	}
}

// TestBusDelay: what is added after Delay begins that much later, whether the bus has bytes or a sum, and only in
// that cycle.
func TestBusDelay(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	unity, mute := NewFader(2, Neutral()), NewFader(2, Setting{Gain: 0})
	frame := func(v int16) []byte {
		b := binary.LittleEndian.AppendUint16(nil, uint16(v))
		return append(b, b...)
	}
	one, two := frame(100), frame(200)
	float := make([]byte, 2*audio.FloatLE.Bytes())
	audio.FloatLE.Encode(float, []float32{0.5, 0.5}, nil)
	for _, c := range []struct {
		what string
		add  func(b *Bus)
		want []int16
	}{
		{"bytes", func(b *Bus) { b.Delay(2); b.Add(one, two, unity) }, []int16{0, 0, 100, 200, 0}},
		{"a sum", func(b *Bus) { b.Add(one, two, unity); b.Delay(1); b.Add(one, two, unity) }, []int16{100, 300, 200, 0, 0}},
		{"a fader", func(b *Bus) { b.Delay(3); b.Add(one, two, mute) }, []int16{0, 0, 0, 0, 0}},
		{"floats", func(b *Bus) { b.Delay(4); b.AddFloat(float, unity) }, []int16{0, 0, 0, 0, 16384}},
		{"the next cycle", func(b *Bus) { b.Delay(4); b.Begin(5); b.Add(one, two, unity) }, []int16{100, 200, 0, 0, 0}},
	} {
		b := NewBus(f, 8)
		b.Begin(5)
		c.add(b)
		for i, want := range c.want {
			if got := int16(binary.LittleEndian.Uint16(b.Bytes()[4*i:])); got != want {
				t.Errorf("%s: frame %d is %d, want %d", c.what, i, got, want)
			}
		}
	}
}
