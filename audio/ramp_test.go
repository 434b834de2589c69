package audio_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// tone is frames from number first on of a sine whose channels differ.
func tone(f audio.Format, first, frames int) []byte {
	x := make([]float32, frames*f.Channels)
	for i := range x {
		x[i] = float32(0.5 * math.Sin(toneStep*float64(first+i/f.Channels)+float64(i%f.Channels)))
	}
	b := make([]byte, frames*f.FrameBytes())
	f.Encoding.Encode(b, x, nil)
	return b
}

const toneStep = 2 * math.Pi * 997 / 48000 // of the phase, a frame

// steepest is the largest step of any channel, between frames.
func steepest(f audio.Format, pcm []byte) (step float64) {
	x := make([]float32, len(pcm)/f.Encoding.Bytes())
	f.Encoding.Decode(x, pcm)
	for i := f.Channels; i < len(x); i++ {
		step = max(step, math.Abs(float64(x[i])-float64(x[i-f.Channels])))
	}
	return step
}

// TestRampHasNoStep: a tone with a gap, of silence or of frames that are left out. Where the
// tone goes on it is the same to the bit.
func TestRampHasNoStep(t *testing.T) {
	const frames = 96
	for _, e := range audio.Encodings() {
		for _, channels := range []int{1, 2, 3, 8} {
			f := audio.Format{Rate: 48000, Channels: channels, Encoding: e}
			size := f.FrameBytes()
			coarse := 0.0 // what the encoding cannot say more finely
			switch {
			case e == audio.MuLaw || e == audio.ALaw:
				coarse = 1.0 / 32
			case e.Bits() == 8:
				coarse = 1.0 / 128
			case e.Bits() == 16:
				coarse = 1.0 / 32768
			}
			most := 0.5*toneStep + 1.0/frames + coarse
			for at := range 48 { // places in a cycle of the tone
				before, gap, after := tone(f, 0, 100+at), make([]byte, 2*frames*size), tone(f, 700, 300)
				e.Silence(gap)
				last := before[len(before)-size:]
				heard := slices.Concat(before, gap, after)
				r := audio.NewRamp(f, frames)
				if at%2 == 0 {
					r.Decay(heard[len(before):][:frames*size], last)
				} else {
					r.From(last)
					r.Apply(heard[len(before) : len(before)+len(gap)])
				}
				r.From(nil)
				for rest := heard[len(before)+len(gap):]; len(rest) > 0; { // in odd pieces
					n := min(len(rest), 7*size)
					r.Apply(rest[:n])
					rest = rest[n:]
				}
				if step := steepest(f, heard); step > most {
					t.Errorf("%v, gap at %d: the largest step is %f, want %f at most", f, at, step, most)
				}
				if tail := heard[len(before)+frames*size:]; !bytes.Equal(tail[:len(gap)-frames*size], gap[frames*size:]) {
					t.Errorf("%v: after the decay it is not silent", f)
				}
				if n := (300 - frames) * size; !bytes.Equal(heard[len(heard)-n:], after[len(after)-n:]) {
					t.Errorf("%v: what follows the ramp is not what was given", f)
				}

				spliced := slices.Concat(before, after)
				r.From(last)
				r.Apply(spliced[len(before):])
				if step := steepest(f, spliced); step > most+0.5*toneStep { // both tones at once
					t.Errorf("the largest step of a splice is %f, want %f at most", step, most)
				}
			}
		}
	}
}

// TestRampThatIsBrokenOff: a ramp begins in the middle of another one.
func TestRampThatIsBrokenOff(t *testing.T) {
	f := audio.DefaultFormat()
	const frames = 96
	r := audio.NewRamp(f, frames)
	heard := slices.Concat(tone(f, 0, 100), make([]byte, 30*4), tone(f, 500, 300))
	r.From(heard[99*4 : 100*4])
	r.Apply(heard[100*4 : 130*4])
	r.From(heard[129*4 : 130*4])
	r.Apply(heard[130*4:])
	if step := steepest(f, heard); step > toneStep+1.0/frames {
		t.Errorf("the largest step is %f", step)
	}
	r.From(nil)
	r.Stop()
	same := tone(f, 0, 10)
	if r.Apply(same); !bytes.Equal(same, tone(f, 0, 10)) {
		t.Error("a ramp that was ended goes on")
	}
}

// TestSplice: what goes by is whole, but for a ramp after each gap.
func TestSplice(t *testing.T) {
	f := audio.DefaultFormat()
	const frames = 96
	s := audio.NewSplice(f, frames)
	heard := slices.Concat(tone(f, 0, 100), tone(f, 700, 50), tone(f, 300, 300), tone(f, 100, 200))
	want := bytes.Clone(heard)
	s.Pass(heard[:40*4])
	s.Pass(nil)
	s.Pass(heard[40*4 : 100*4])
	s.Gap()
	s.Pass(heard[100*4 : 150*4])
	s.Gap() // before the ramp is over
	s.Pass(heard[150*4 : 450*4])
	if step := steepest(f, heard[:450*4]); step > toneStep+1.0/frames {
		t.Errorf("the largest step is %f", step)
	}
	s.GapAfterSilence()
	s.Pass(heard[450*4:])
	if step := steepest(f, slices.Concat(make([]byte, 4), heard[450*4:])); step > 0.5*toneStep+1.0/frames {
		t.Errorf("the largest step after silence is %f", step)
	}
	for _, whole := range [][2]int{{0, 100}, {150 + frames, 450}, {450 + frames, 650}} {
		if part := heard[whole[0]*4 : whole[1]*4]; !bytes.Equal(part, want[whole[0]*4:whole[1]*4]) {
			t.Errorf("frames %v are not what was given", whole)
		}
	}
	s.GapAfterSilence()
	s.Reset()
	if s.Pass(heard[:8]); !bytes.Equal(heard[:8], want[:8]) {
		t.Error("after a reset there is a ramp")
	}
}

func TestRampFrames(t *testing.T) {
	for _, c := range [][3]int{{48000, 32, 96}, {48000, 256, 256}, {48000, 4096, 480}, {8000, 4, 16}, {44100, 480, 441}, {50, 1, 1}} {
		if got := audio.RampFrames(c[0], c[1]); got != c[2] {
			t.Errorf("at %d Hz with periods of %d it is %d frames, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestRampAllocatesNothing(t *testing.T) {
	for _, e := range audio.Encodings() {
		f := audio.Format{Rate: 48000, Channels: 2, Encoding: e}
		r := audio.NewRamp(f, 96)
		block, s := tone(f, 0, 96), audio.NewSplice(f, 96)
		if n := testing.AllocsPerRun(10, func() {
			r.Decay(block, block[:f.FrameBytes()])
			r.From(block[:f.FrameBytes()])
			r.Apply(block)
			s.Gap()
			s.Pass(block)
		}); n > 0 {
			t.Errorf("%v: %v allocations", f, n)
		}
	}
}

func BenchmarkRampDecay(b *testing.B) {
	for _, c := range []struct{ channels, frames int }{{2, 96}, {2, 256}, {2, 480}, {1, 96}, {8, 96}} {
		f := audio.Format{Rate: 48000, Channels: c.channels, Encoding: audio.S16LE}
		b.Run(fmt.Sprintf("channels=%d/frames=%d", c.channels, c.frames), func(b *testing.B) {
			r := audio.NewRamp(f, c.frames)
			block := tone(f, 0, c.frames)
			frame := bytes.Clone(block[:f.FrameBytes()])
			for b.Loop() {
				r.Decay(block, frame)
			}
		})
	}
}
