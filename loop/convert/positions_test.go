package convert_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample"
)

// fiveOne is 5.1 in the order of a WAV file, or in ALSA's.
func fiveOne(e audio.Encoding, rate int, inFile bool) audio.Format {
	f := audio.Format{Rate: rate, Channels: 6, Encoding: e, Positions: audio.DefaultPositions(6)}
	if inFile {
		f.Positions = wav.Positions(6)
	}
	return f
}

// reorder rearranges frames in the order of a WAV file into ALSA's, the plain way.
func reorder(f audio.Format, in []byte) []byte {
	out, size := make([]byte, len(in)), f.Encoding.Bytes()
	for at := 0; at < len(in); at += 6 * size {
		for to, from := range []int{0, 1, 4, 5, 2, 3} {
			copy(out[at+to*size:][:size], in[at+from*size:])
		}
	}
	return out
}

// Of what is only rearranged every bit stays, whatever the encoding.
func TestD12PositionsAreRearrangedBitForBit(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for _, e := range audio.Encodings() {
		from, to := fiveOne(e, 48000, true), fiveOne(e, 48000, false)
		in := make([]byte, 3001*from.FrameBytes())
		for i := range in {
			in[i] = byte(random.Uint32()) // also floats that are no numbers
		}
		o := convert.Options{Dither: true}
		if !o.Needed(from, to) || !o.Needed(to, from) || o.Needed(from, from) {
			t.Errorf("%s: to be converted: %v, %v, %v", e, o.Needed(from, to), o.Needed(to, from), o.Needed(from, from))
		}
		c := must(t, from, to, o)
		if got := all(c, from, to, in, random); !bytes.Equal(got, reorder(from, in)) || c.Bad() != 0 {
			t.Errorf("%s is not what it was", e)
		}
	}
}

// Where more is converted, it is as if the frames had been rearranged before.
func TestD12PositionsAndAllElse(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	for _, c := range []struct {
		name     string
		from, to audio.Format
	}{
		{"encoding", fiveOne(audio.S16LE, 48000, true), fiveOne(audio.S24LE3, 48000, false)},
		{"32 bits", fiveOne(audio.S32LE, 48000, true), fiveOne(audio.S32BE, 48000, false)},
		{"rate", fiveOne(audio.FloatLE, 44100, true), fiveOne(audio.FloatLE, 48000, false)},
		{"both", fiveOne(audio.S16LE, 96000, true), fiveOne(audio.U8, 8000, false)},
	} {
		o := convert.Options{Quality: resample.Fast}
		in := bytesOf(c.from, 5000, random)
		before := c.from
		before.Positions = c.to.Positions
		want := all(must(t, before, c.to, o), before, c.to, reorder(c.from, in), random)
		if got := all(must(t, c.from, c.to, o), c.from, c.to, in, random); len(got) == 0 || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d, or others", c.name, len(got), len(want))
		}
	}
}

// A matrix, or "direct", is for channels by their number.
func TestChannelMapPassesPositionsBy(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	from, to := fiveOne(audio.S16LE, 48000, true), fiveOne(audio.S16LE, 48000, false)
	in := bytesOf(from, 1000, random)
	for name, o := range map[string]convert.Options{"direct": {Direct: true}, "matrix": {Matrix: audio.DirectMatrix(6, 6)}} {
		if o.Needed(from, to) {
			t.Errorf("%s: to be converted", name)
		}
		if got := all(must(t, from, to, o), from, to, in, random); !bytes.Equal(got, in) {
			t.Errorf("%s: rearranged", name)
		}
	}
	two := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	if got := all(must(t, from, two, convert.Options{Direct: true}), from, two, in, random); !bytes.Equal(got[:4], in[:4]) {
		t.Error("direct to stereo is not the first two channels")
	}
}

// A file's 5.1 is mixed to stereo by its positions, not by ALSA's.
func TestD12PositionsAreMixed(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 10))
	wav, alsa := fiveOne(audio.S16LE, 48000, true), fiveOne(audio.S16LE, 48000, false)
	silent := audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE}
	stereo := audio.DefaultFormat()
	in := bytesOf(wav, 1000, random)
	one := all(must(t, wav, stereo, convert.Options{}), wav, stereo, in, random)
	other := all(must(t, alsa, stereo, convert.Options{}), alsa, stereo, reorder(wav, in), random)
	third := all(must(t, silent, stereo, convert.Options{}), silent, stereo, reorder(wav, in), random)
	if !bytes.Equal(one, third) || !bytes.Equal(other, third) {
		t.Error("the same channels in another order are mixed otherwise")
	}
}

// A fader moves what is rearranged, and at unity does not touch it.
func TestPositionsThroughAFader(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 11))
	from, to := fiveOne(audio.S16LE, 48000, true), fiveOne(audio.S16LE, 48000, false)
	in := bytesOf(from, 1000, random)
	left := mixer.Setting{Gain: mixer.MaxGain} // balance 0
	c := must(t, from, to, convert.Options{})
	c.Through(mixer.NewFaderFor(to, left))
	want := reorder(from, in)
	for at := 0; at < len(want); at += 12 {
		for _, right := range []int{1, 3} {
			copy(want[at+2*right:], []byte{0, 0})
		}
	}
	if got := all(c, from, to, in, random); !bytes.Equal(got, want) {
		t.Error("what is right is not silent, or something else is")
	}
	if n := testing.AllocsPerRun(20, func() { c.Convert(want, in) }); n > 0 {
		t.Errorf("allocates %v times", n)
	}
}
