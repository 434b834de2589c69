package convert_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/resample"
)

func must(t testing.TB, from, to audio.Format, o convert.Options) *convert.Converter {
	t.Helper()
	c, err := convert.New(from, to, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// all converts a whole stream, in pieces of random size.
func all(c *convert.Converter, from, to audio.Format, in []byte, random *rand.Rand) (out []byte) {
	block := make([]byte, 700*to.FrameBytes())
	for finished := false; ; {
		n := min(random.IntN(900)*from.FrameBytes(), len(in))
		room := (1 + random.IntN(700)) * to.FrameBytes()
		given, taken := c.Convert(block[:room], in[:n])
		out = append(out, block[:given*to.FrameBytes()]...)
		in = in[taken*from.FrameBytes():]
		if len(in) == 0 && !finished {
			c.Finish()
			finished = true
		} else if finished && !c.Holds() {
			return out
		}
	}
}

func bytesOf(f audio.Format, frames int, random *rand.Rand) []byte {
	samples := make([]float32, frames*f.Channels)
	for i := range samples {
		samples[i] = random.Float32()*1.8 - 0.9
	}
	p := make([]byte, frames*f.FrameBytes())
	f.Encoding.Encode(p, samples, nil)
	return p
}

// TestD12PiecesDoNotMatter: any cut of the stream gives the same bytes, as many as there
// should be.
func TestD12PiecesDoNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for i, from := range []audio.Format{
		{Rate: 48000, Channels: 2, Encoding: audio.S16LE},
		{Rate: 8000, Channels: 1, Encoding: audio.MuLaw},
		{Rate: 192000, Channels: 8, Encoding: audio.S32BE},
		{Rate: 44100, Channels: 6, Encoding: audio.FloatLE},
	} {
		for _, to := range []audio.Format{
			{Rate: 48000, Channels: 2, Encoding: audio.S24LE3},
			{Rate: 44100, Channels: 6, Encoding: audio.Float64BE},
			{Rate: 12347, Channels: 1, Encoding: audio.U8},
		} {
			o := convert.Options{Quality: resample.Qualities()[i%3], Dither: i%2 == 0}
			in := bytesOf(from, 5000+i, random)
			first := all(must(t, from, to, o), from, to, in, random)
			second := all(must(t, from, to, o), from, to, in, random)
			want := ((5000+i)*to.Rate + from.Rate - 1) / from.Rate
			if len(first) != want*to.FrameBytes() || !bytes.Equal(first, second) {
				t.Errorf("%s to %s: %d frames, want %d; the same twice: %v", from, to, len(first)/to.FrameBytes(), want, bytes.Equal(first, second))
			}
		}
	}
}

// TestD12Exact: what the target can hold comes through unchanged, and back.
func TestD12Exact(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for _, a := range audio.Encodings() {
		for _, b := range audio.Encodings() {
			if !b.Holds(a) || a == audio.MuLaw {
				continue
			}
			from, to := audio.Format{Rate: 48000, Channels: 3, Encoding: a}, audio.Format{Rate: 48000, Channels: 3, Encoding: b}
			in := bytesOf(from, 3000, random)
			if a.Bits() == 32 && a != audio.FloatLE && a != audio.FloatBE {
				for i := range in {
					in[i] = byte(random.Uint32())
				}
			}
			there := all(must(t, from, to, convert.Options{Dither: true}), from, to, in, random)
			back := all(must(t, to, from, convert.Options{}), to, from, there, random)
			if !bytes.Equal(in, back) {
				t.Errorf("%s through %s is not what it was", a, b)
			}
		}
	}
}

func TestD12Refuses(t *testing.T) {
	usual := audio.DefaultFormat()
	for what, formats := range map[string][2]audio.Format{
		"rate 768000 Hz cannot be converted to 1000 Hz; use 1000..256000": {{Rate: 768000, Channels: 1, Encoding: audio.U8}, {Rate: 1000, Channels: 1, Encoding: audio.U8}},
		"rate 1000 Hz cannot be converted to 700000 Hz; use 2735..768000": {{Rate: 1000, Channels: 1, Encoding: audio.U8}, {Rate: 700000, Channels: 1, Encoding: audio.U8}},
		"rate 999 Hz is out of range; use 1000..768000":                   {{Rate: 999, Channels: 2, Encoding: audio.U8}, usual},
		"65 channels are out of range; use 1..64":                         {usual, {Rate: 48000, Channels: 65, Encoding: audio.U8}},
	} {
		if _, err := convert.New(formats[0], formats[1], convert.Options{}); !errors.Is(err, audio.ErrInvalid) || err.Error() != what {
			t.Errorf("%v, want %q", err, what)
		}
	}
}

// TestMatrix: an explicit one where it fits, also between as many channels; direct or
// surround elsewhere.
func TestMatrix(t *testing.T) {
	frame := func(values ...float32) []byte {
		p := make([]byte, 4*len(values))
		for i, v := range values {
			binary.LittleEndian.PutUint32(p[4*i:], math.Float32bits(v))
		}
		return p
	}
	format := func(channels int) audio.Format {
		return audio.Format{Rate: 48000, Channels: channels, Encoding: audio.FloatLE}
	}
	swap := audio.Matrix{In: 2, Out: 2, Gains: []float32{0, 1, 1, 0}}
	for name, test := range map[string]struct {
		o        convert.Options
		in, want []byte
	}{
		"swapped":            {convert.Options{Matrix: swap}, frame(1, 2), frame(2, 1)},
		"does not fit":       {convert.Options{Matrix: swap}, frame(1), frame(1, 1)},
		"direct up":          {convert.Options{Direct: true}, frame(1), frame(1, 0)},
		"direct down":        {convert.Options{Direct: true}, frame(1, 2, 3), frame(1, 2)},
		"stereo to surround": {convert.Options{}, frame(1, 2), frame(1, 2, 0, 0, 0, 0)},
		"mono":               {convert.Options{}, frame(1, 0.5), frame(0.75)},
	} {
		from, to := format(len(test.in)/4), format(len(test.want)/4)
		if !test.o.Needed(from, to) {
			t.Errorf("%s: nothing to convert", name)
		}
		out := make([]byte, len(test.want))
		if given, taken := must(t, from, to, test.o).Convert(out, test.in); given != 1 || taken != 1 || !bytes.Equal(out, test.want) {
			t.Errorf("%s: %x, want %x", name, out, test.want)
		}
	}
	if (convert.Options{Matrix: swap, Dither: true}).Needed(format(1), format(1)) {
		t.Error("equal formats are converted")
	}
}

// TestDither: only where bits are lost.
func TestDither(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	s16, s24, u8 := audio.DefaultFormat(), audio.DefaultFormat(), audio.DefaultFormat()
	s24.Encoding, u8.Encoding = audio.S24LE3, audio.U8
	slow := s16
	slow.Rate = 44100
	for _, test := range []struct {
		from, to audio.Format
		want     bool
	}{{s16, s24, false}, {s24, s16, true}, {u8, s16, false}, {s16, u8, true}, {slow, s16, true}} {
		in := make([]byte, 4000*test.from.FrameBytes())
		test.from.Encoding.Silence(in)
		out := all(must(t, test.from, test.to, convert.Options{Dither: true}), test.from, test.to, in, random)
		quiet := make([]byte, len(out))
		test.to.Encoding.Silence(quiet)
		if dithered := !bytes.Equal(out, quiet); dithered != test.want {
			t.Errorf("%s to %s: dithered %v", test.from, test.to, dithered)
		}
	}
}

func TestBadSamplesAreCounted(t *testing.T) {
	for _, to := range []audio.Encoding{audio.S16LE, audio.Float64LE} { // by way of float32, and straight
		from := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.FloatBE}
		c := must(t, from, audio.Format{Rate: 48000, Channels: 1, Encoding: to}, convert.Options{})
		in := []byte{0x7F, 0xC0, 0, 0, 0x7F, 0x80, 0, 0, 0xFF, 0x80, 0, 0, 0x3F, 0, 0, 0}
		out := make([]byte, 4*to.Bytes())
		c.Convert(out, in)
		if c.Bad() != 3 || !bytes.Equal(out[:3*to.Bytes()], make([]byte, 3*to.Bytes())) {
			t.Errorf("%s: %d bad samples, %x", to, c.Bad(), out)
		}
	}
}

func TestAllocatesNothing(t *testing.T) {
	from, to := audio.Format{Rate: 44100, Channels: 6, Encoding: audio.S24BE3}, audio.DefaultFormat()
	c := must(t, from, to, convert.Options{Dither: true})
	in, out := make([]byte, 500*from.FrameBytes()), make([]byte, 480*to.FrameBytes())
	if n := testing.AllocsPerRun(100, func() { c.Convert(out, in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkConvert is a period of 10 ms of the usual format.
func BenchmarkConvert(b *testing.B) {
	to := audio.DefaultFormat()
	for _, from := range []audio.Format{
		{Rate: 48000, Channels: 2, Encoding: audio.FloatLE},
		{Rate: 44100, Channels: 2, Encoding: audio.S16LE},
		{Rate: 8000, Channels: 1, Encoding: audio.MuLaw},
		{Rate: 96000, Channels: 6, Encoding: audio.FloatLE},
		{Rate: 192000, Channels: 2, Encoding: audio.S32LE},
	} {
		b.Run(from.String(), func(b *testing.B) {
			c := must(b, from, to, convert.Options{})
			in, out := make([]byte, 4096*from.FrameBytes()), make([]byte, 480*to.FrameBytes())
			for b.Loop() {
				c.Convert(out, in)
			}
		})
	}
}
