package portaudio

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
)

// tone is one sample of 32 bits that is part of a sine.
const (
	toneLevel = 0.5
	toneTurn  = 2 * math.Pi * 997 / 48000 // of its phase, a frame
)

// sounds is a flow between a card and an engine which both give a tone that never breaks off:
// the card by its own clock, the engine as it comes to write.
type sounds struct {
	*flow
	ns            int64
	position      uint64 // of the card
	phase         int    // of the engine
	played, heard float64
	worst         float64 // the largest step of both
}

func newSounds(period, periods int) *sounds {
	s := &sounds{ns: 1e9, flow: newFlow(number.Rate, period, periods, number, number)}
	s.reset(s.ns)
	return s
}

func tone(at int) float32 { return float32(toneLevel * math.Sin(toneTurn*float64(at))) }

// follow finds the largest step of a block that comes after a sample.
func (s *sounds) follow(before *float64, block []byte) {
	x := make([]float32, len(block)/4)
	audio.S32LE.Decode(x, block)
	for _, v := range x {
		s.worst = max(s.worst, math.Abs(float64(v)-*before))
		*before = float64(v)
	}
}

func (s *sounds) callback(frames int, what trouble) {
	if what&xrun != 0 && s.called != 0 {
		s.position += s.gap(s.ns, uint64(frames))
		if what&noPlay != 0 {
			s.played = 0
		}
	}
	x := make([]float32, frames)
	for i := range x {
		if what&noRecord == 0 {
			x[i] = tone(int(s.position) + i)
		}
	}
	in, out := make([]byte, 4*frames), make([]byte, 4*frames)
	audio.S32LE.Encode(in, x, nil)
	s.process(in, out, frames, s.ns, what)
	s.follow(&s.played, out)
	s.position += uint64(frames)
}

// pass lets time go by, as frames, after which there is a callback.
func (s *sounds) pass(frames int, what trouble) {
	s.ns += int64(frames) * 1_000_000_000 / int64(number.Rate)
	s.callback(int(s.period), what)
}

func (s *sounds) cycle(read, write float64) {
	t, ok := s.tick(true)
	if !ok {
		return
	}
	block := make([]byte, 4*int(read*float64(t.Readable)))
	s.get(block)
	s.follow(&s.heard, block)
	x := make([]float32, int(write*float64(t.Writable)))
	for i := range x {
		x[i] = tone(s.phase + i)
	}
	s.phase += len(x)
	block = make([]byte, 4*len(x))
	audio.S32LE.Encode(block, x, nil)
	s.put(block)
}

// most is the steepest that a tone, and a ramp from one to another, are.
func (s *sounds) most() float64 {
	return toneLevel*toneTurn + 2*toneLevel/float64(audio.RampFrames(number.Rate, int(s.period))) + 1e-6
}

// TestSeams: an engine that is not there for a while, and comes back. The tone ends on a ramp,
// then there is silence, and it begins on a ramp.
func TestSeams(t *testing.T) {
	const period, periods = 480, 3
	for away := range 20 {
		s := newSounds(period, periods)
		for n := range 60 {
			s.pass(period, 0)
			if n < 20 || n > 20+away {
				s.cycle(1, 1)
			}
		}
		if s.worst > s.most() {
			t.Errorf("away for %d periods: a step of %.4f, want %.4f at most", away, s.worst, s.most())
		}
	}
}

// TestSeamsModel: whatever the card and the engine do, neither of them hears a step.
func TestSeamsModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		period, periods := rapid.IntRange(16, 600).Draw(rt, "period"), rapid.IntRange(2, 5).Draw(rt, "periods")
		s := newSounds(period, periods)
		s.pass(period, 0)
		s.cycle(1, 1)
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			switch rapid.IntRange(0, 12).Draw(rt, "what") {
			case 0:
				s.callback(rapid.IntRange(1, 3*period).Draw(rt, "odd"), 0)
			case 1:
				s.pass(rapid.IntRange(0, 20*period).Draw(rt, "away"), xrun)
			case 2:
				s.pass(rapid.IntRange(0, 20*period).Draw(rt, "cut off"), xrun|noPlay)
			case 3:
				s.pass(period, noRecord)
			case 4:
				s.cycle(rapid.Float64Range(0, 1).Draw(rt, "read"), rapid.Float64Range(0, 1).Draw(rt, "write"))
			case 5, 6, 7, 8:
				s.cycle(1, 1)
			default:
				s.pass(period, 0)
			}
			if s.worst > s.most() {
				rt.Fatalf("a step of %.4f, want %.4f at most", s.worst, s.most())
			}
		}
	})
}
