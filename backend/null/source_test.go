package null

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
)

// exactTone is frame i in S16 by another arithmetic: the phase as a fraction.
func exactTone(hz float64, rate int, level float64, i uint64) int {
	turns := new(big.Rat).SetFrac64(int64(math.Round(hz*1e6)), int64(rate)*1e6)
	turns.Mul(turns, new(big.Rat).SetUint64(i))
	whole := new(big.Int).Div(turns.Num(), turns.Denom())
	phase, _ := turns.Sub(turns, new(big.Rat).SetInt(whole)).Float64()
	v := math.RoundToEven(math.Pow(10, level/20) * math.Sin(2*math.Pi*phase) * 32768)
	return int(min(max(v, -32768), 32767))
}

// TestToneExact: every sample, at the beginning and after a year.
func TestToneExact(t *testing.T) {
	for _, c := range []struct {
		rate, channels int
		hz, level      float64
	}{{48000, 2, 1000, -20}, {44100, 1, 997, 0}, {8000, 3, 440.123456, -60}, {768000, 2, 1, -3}, {1000, 2, 499.9, -6}} {
		f := audio.Format{Rate: c.rate, Channels: c.channels, Encoding: audio.S16LE}
		s := newTone(t, f, c.hz, c.level)
		for _, first := range []uint64{0, 12345, 365 * 86400 * uint64(c.rate), math.MaxUint64 / 2} {
			block := make([]byte, 3001*f.FrameBytes())
			s.Fill(block, first)
			for i, got := range samples(t, f, block) {
				// Two sines of one phase may differ by the last bit, and a tie by rounding.
				if want := exactTone(c.hz, c.rate, c.level, first+uint64(i)); int(got) < want-1 || int(got) > want+1 {
					t.Fatalf("%+v: frame %d is %d, want %d", c, first+uint64(i), got, want)
				}
			}
		}
	}
}

// TestToneLevel: peak and RMS over whole cycles are those of the level, and at 1000 Hz
// a cycle at 48 kHz is 48 frames to the bit.
func TestToneLevel(t *testing.T) {
	for _, level := range []float64{0, -20, -40} {
		f := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.FloatLE}
		block := make([]byte, 48000*4)
		newTone(t, f, 1000, level).Fill(block, 0)
		if !bytes.Equal(block[:48*4], block[4800*4:4848*4]) {
			t.Error("the hundredth cycle is not the first")
		}
		wave := make([]float32, 48000)
		f.Encoding.Decode(wave, block)
		peak, sum := 0.0, 0.0
		for _, v := range wave {
			peak = max(peak, math.Abs(float64(v)))
			sum += float64(v) * float64(v)
		}
		rms := math.Sqrt(2 * sum / 48000)
		if math.Abs(20*math.Log10(peak)-level) > 1e-6 || math.Abs(20*math.Log10(rms)-level) > 1e-6 {
			t.Errorf("level %v: peak %v dBFS, RMS %v dBFS", level, 20*math.Log10(peak), 20*math.Log10(rms))
		}
	}
}

// TestSourceBlocks: however the frames are cut into blocks, they are the same.
func TestSourceBlocks(t *testing.T) {
	f := audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S24LE3}
	sources := map[string]Source{"tone": newTone(t, f, 997.5, -1), "file": newFile(t, f, 101), "one frame": newFile(t, f, 1)}
	for name, s := range sources {
		t.Run(name, func(t *testing.T) {
			const frames = 2000
			rapid.Check(t, func(t *rapid.T) {
				begin := rapid.Uint64Range(0, 1<<60).Draw(t, "begin")
				want := make([]byte, frames*f.FrameBytes())
				s.Fill(want, begin)
				var got []byte
				for done := 0; done < frames; {
					n := min(rapid.IntRange(0, 300).Draw(t, "block"), frames-done)
					block := make([]byte, n*f.FrameBytes())
					s.Fill(block, begin+uint64(done))
					got = append(got, block...)
					done += n
				}
				if !bytes.Equal(got, want) {
					t.Fatal("blocks of other sizes have other frames")
				}
			})
		})
	}
}

func TestToneRefuses(t *testing.T) {
	f := audio.DefaultFormat()
	for _, c := range []struct {
		f         audio.Format
		hz, level float64
		want      string
	}{
		{f, 0, -20, "a tone of 0 Hz is out of range; at 48000 Hz use 1 to less than 24000"},
		{f, 24000, -20, "a tone of 24000 Hz is out of range"},
		{f, math.NaN(), -20, "a tone of NaN Hz"},
		{f, 1000, 0.1, "a level of 0.1 dBFS is out of range; use -144..0"},
		{f, 1000, math.NaN(), "a level of NaN dBFS"},
		{f, 1000, -145, "a level of -145 dBFS"},
		{audio.Format{}, 1000, -20, "rate 0 Hz"},
	} {
		s, err := Tone(c.f, c.hz, c.level)
		if s != nil || !errors.Is(err, audio.ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v Hz, %v dBFS: %v", c.hz, c.level, err)
		}
	}
}

// TestFileSeam: sample by sample over many turns, in one block and in odd ones.
func TestFileSeam(t *testing.T) {
	for _, e := range []audio.Encoding{audio.U8, audio.S16LE, audio.S24LE3, audio.S32LE, audio.MuLaw} {
		for _, frames := range []int{1, 2, 97, 5000} {
			f := audio.Format{Rate: 48000, Channels: 3, Encoding: e}
			sound := numbered(f, frames)
			s, err := ReadWAV(bytes.NewReader(wavOf(t, f, sound)), f)
			if err != nil {
				t.Fatal(err)
			}
			want := bytes.Repeat(sound, 1+20000/frames)
			size := f.FrameBytes()
			for first, n := 0, 1; first+n <= 20000; first, n = first+n, n%701+13 {
				got := bytes.Repeat([]byte{0xA5}, n*size)
				s.Fill(got, uint64(first))
				if !bytes.Equal(got, want[first*size:(first+n)*size]) {
					t.Fatalf("%s, %d frames: %d frames from %d are others", f, frames, n, first)
				}
			}
		}
	}
}

// TestFileConverts: another encoding is rounded once, and kept where it fits; other
// channels are mixed as anywhere.
func TestFileConverts(t *testing.T) {
	from := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	sound := numbered(from, 9000)
	wide := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S32BE}
	mono := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.FloatLE}

	exact := make([]byte, 2*len(sound))
	audio.Reencode(wide.Encoding, from.Encoding, exact, sound)
	in, out := make([]float32, 18000), make([]float32, 9000)
	from.Encoding.Decode(in, sound)
	audio.DefaultMatrix(2, 1).Apply(out, in)
	mixed := make([]byte, 36000)
	mono.Encoding.Encode(mixed, out, nil)

	for to, want := range map[audio.Format][]byte{wide: exact, mono: mixed} {
		s, err := ReadWAV(bytes.NewReader(wavOf(t, from, sound)), to)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		s.Fill(got, 0)
		if !bytes.Equal(got, want) {
			t.Errorf("%s to %s: other frames", from, to)
		}
	}
}

func TestFileRefuses(t *testing.T) {
	cd := audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S16LE}
	dat := audio.DefaultFormat()
	mono := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.U8}
	whole := wavOf(t, dat, numbered(dat, 1000))
	pipe := bytes.Clone(whole) // of unknown length
	for _, at := range []int{4, len(whole) - 4000 - 4} {
		copy(pipe[at:], "\xff\xff\xff\xff")
	}
	const limit = 3999
	tooLong := "the file is too long to be held in memory; use at most 999 frames (20.8125ms, 0 MiB)"
	for _, c := range []struct {
		name   string
		file   []byte
		f      audio.Format
		limit  int
		header string // what CheckWAV says
		want   string
	}{
		{"rate", wavOf(t, cd, numbered(cd, 10)), dat, MaxFileBytes, "the file has 44100 Hz and the device 48000 Hz", "the file has 44100 Hz and the device 48000 Hz"},
		{"empty", wavOf(t, dat, nil), dat, MaxFileBytes, "", "the file has no frames"},
		{"long", whole, dat, limit, tooLong, tooLong},
		{"long, unknown", pipe, dat, limit, "", tooLong},
		{"long once converted", wavOf(t, mono, numbered(mono, 1000)), dat, limit, tooLong, tooLong},
		{"cut off", whole[:len(whole)-1], dat, MaxFileBytes, "", "the WAV file is cut off"},
		{"no WAV", []byte("RIFFxxxxAVI "), dat, MaxFileBytes, "", ""},
		{"device", whole, audio.Format{}, MaxFileBytes, "rate 0 Hz", "rate 0 Hz"},
	} {
		s, err := readWAV(bytes.NewReader(c.file), c.f, c.limit)
		if s != nil || !errors.Is(err, audio.ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		_, err = openWAV(bytes.NewReader(c.file), c.f, c.limit)
		if c.header != "" && (err == nil || !strings.HasPrefix(err.Error(), c.header)) {
			t.Errorf("%s: the header gives %v", c.name, err)
		}
	}
	if err := CheckWAV(bytes.NewReader(whole), dat); err != nil {
		t.Error(err)
	}
	// A file of exactly the limit.
	if _, err := readWAV(bytes.NewReader(whole), dat, 4000); err != nil {
		t.Error(fmt.Errorf("at the limit: %w", err))
	}
}
