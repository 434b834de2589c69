package controls

import (
	"math"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
)

// Rounding says which step of a volume to take for a level between two.
type Rounding uint8

// The roundings.
const (
	// Nearest is for a gain that only the hardware applies.
	Nearest Rounding = iota
	// Above is for a gain that software completes: what remains for it never amplifies,
	// so that it cannot clip.
	Above
)

// maxGain is unity of audio(7I).
const maxGain = 255

// Level is the hardware volume of a side.
type Level struct {
	Now       float64 // dB, the loudest channel; −∞: silence
	Low, High float64 // dB, of the range
	Gain      int     // 0..255, the audio(7I) gain nearest to Now
}

// Level reads the hardware volume of a side. audio.ErrUnsupported: it has none with a
// scale in dB, so that all gain is software's.
func (c *Card) Level(d audio.Direction) (Level, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gains := c.sides[d].gains
	if len(gains) == 0 {
		return Level{}, noGain(d)
	}
	e := gains[0]
	v, err := c.controls.Read(e.ID)
	if err != nil {
		return Level{}, err
	}
	l := Level{Now: math.Inf(-1)}
	for _, x := range v {
		l.Now = max(l.Now, e.Scale.Decibels(x))
	}
	l.Low, l.High = e.Scale.Range()
	l.Gain = fromDecibels(l.Now)
	return l, nil
}

// SetGain sets the hardware volume of a side to the step for an audio(7I) gain, 0..255,
// which is 20·log₁₀(gain/255) dB, on all channels: balance is software's. It returns how
// many dB remain for software to add, negative ones to make it quieter; −∞ where gain is
// 0 and the hardware has no silence. Where each port has a volume and there is none over
// all, all are set, and what remains is that of the first port. Errors: audio.ErrInvalid, audio.ErrUnsupported (as
// Level).
func (c *Card) SetGain(d audio.Direction, gain int, r Rounding) (remains float64, err error) {
	if gain < 0 || gain > maxGain {
		return 0, audio.ErrInvalid.With("%s.gain = %d: out of range, use 0..%d", d, gain, maxGain)
	}
	want := toDecibels(gain)
	got, err := c.SetLevel(d, want, r)
	if err != nil {
		return 0, err
	}
	return remainder(want, got), nil
}

// SetLevel is SetGain for a level in dB, and returns the level that it has set.
func (c *Card) SetLevel(d audio.Direction, dB float64, r Rounding) (got float64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gains := c.sides[d].gains
	if len(gains) == 0 {
		return 0, noGain(d)
	}
	var steps []step
	for _, e := range gains {
		steps = append(steps, step{e.ID, e.all(e.Scale.step(dB, r))})
	}
	if err := c.apply(steps); err != nil {
		return 0, err
	}
	v, err := c.controls.Read(gains[0].ID)
	if err != nil || len(v) == 0 {
		return 0, err
	}
	return gains[0].Scale.Decibels(v[0]), nil
}

// Way lists the levels in dB over which the hardware volume of a side gets to that for a
// gain: first where it is, at last where SetGain would set it. Neighbours are at most so
// many dB apart, or are neighbours in the card's scale. Errors: as SetGain.
func (c *Card) Way(d audio.Direction, gain int, r Rounding, most float64) (levels []float64, err error) {
	if gain < 0 || gain > maxGain {
		return nil, audio.ErrInvalid.With("%s.gain = %d: out of range, use 0..%d", d, gain, maxGain)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	gains := c.sides[d].gains
	if len(gains) == 0 {
		return nil, noGain(d)
	}
	e := gains[0]
	v, err := c.controls.Read(e.ID)
	if err != nil || len(v) == 0 {
		return nil, err
	}
	now, to := slices.Max(v), e.Scale.step(toDecibels(gain), r)
	levels = append(levels, e.Scale.Decibels(now))
	if now == to && slices.Min(v) != to {
		levels = append(levels, e.Scale.Decibels(to)) // a hand has moved one channel alone
	}
	for now != to {
		now = e.Scale.toward(now, to, most)
		levels = append(levels, e.Scale.Decibels(now))
	}
	return levels, nil
}

// toward returns the next value on the way from one to another: not the same, and at most so many
// dB further, or the next there is.
func (s Scale) toward(value, to int64, most float64) int64 {
	now := s.Decibels(value)
	if value < to {
		next := s.AtLeast(now + most)
		if s.Decibels(next) > now+most+scaleTolerance {
			next = s.below(next)
		}
		return min(max(next, value+1), to)
	}
	return max(min(s.AtLeast(now-most), s.below(value), value-1), to)
}

// step returns the value for a level.
func (s Scale) step(dB float64, r Rounding) int64 {
	if r == Above {
		return s.AtLeast(dB)
	}
	return s.Nearest(dB)
}

// remainder returns want − got, without the difference of two infinities.
func remainder(want, got float64) float64 {
	switch {
	case want == got, math.IsInf(got, -1):
		return 0 // silence in hardware: nothing that software does is heard
	case math.Abs(want-got) < scaleTolerance:
		return 0
	}
	return want - got
}

func noGain(d audio.Direction) error {
	return audio.ErrUnsupported.With("the card has no volume with a scale in dB to %s with", d)
}

// toDecibels returns the level of a gain: −∞ for 0.
func toDecibels(gain int) float64 { return 20 * math.Log10(float64(gain)/maxGain) }

// fromDecibels returns the gain of the nearest amplitude.
func fromDecibels(dB float64) int {
	return int(math.Round(maxGain * math.Min(1, amplitude(dB))))
}
