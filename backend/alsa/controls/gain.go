package controls

import (
	"math"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// Rounding chooses the step of a volume for a level between two steps.
type Rounding uint8

// The roundings.
const (
	// Nearest is for a gain that hardware applies alone.
	Nearest Rounding = iota
	// Above is for a gain that software completes: software then never amplifies, so it cannot clip.
	Above
)

// Level is the hardware volume of a direction.
type Level struct {
	Now       float64 // dB, of the loudest channel; −∞: silence
	Low, High float64 // dB, the range
	Gain      int     // 0..255, the audio(7I) gain nearest to Now
}

// Level reads the hardware volume of a direction. It returns audio.ErrUnsupported if there is
// none with a scale in dB; software then applies all gain.
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
	l.Gain = mixer.FromDecibels(l.Now)
	return l, nil
}

// SetGain sets the hardware volume of a direction to the step for an audio(7I) gain of 0..255,
// which is 20·log₁₀(gain/255) dB. It sets all channels alike: balance is software's. It returns
// the dB left for software, negative to attenuate; −∞ for gain 0 on hardware without silence. If
// each port has a volume and there is none over all, it sets all of them and returns what is left
// at the first port. Errors: audio.ErrInvalid, and audio.ErrUnsupported as for Level.
func (c *Card) SetGain(d audio.Direction, gain int, r Rounding) (remains float64, err error) {
	if gain < 0 || gain > mixer.MaxGain {
		return 0, audio.ErrInvalid.With("%s.gain = %d: out of range, use 0..%d", d, gain, mixer.MaxGain)
	}
	want := mixer.Decibels(gain)
	got, err := c.SetLevel(d, want, r)
	if err != nil {
		return 0, err
	}
	return remainder(want, got), nil
}

// SetLevel is SetGain for a level in dB. It returns the level set.
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
	if err := c.applyLocked(steps); err != nil {
		return 0, err
	}
	v, err := c.controls.Read(gains[0].ID)
	if err != nil || len(v) == 0 {
		return 0, err
	}
	return gains[0].Scale.Decibels(v[0]), nil
}

// Way returns the levels in dB through which the hardware volume moves to a gain, from the
// present one to the one that SetGain would set. Neighbours are at most most dB apart, or one
// step of the card's scale. Errors as for SetGain.
func (c *Card) Way(d audio.Direction, gain int, r Rounding, most float64) (levels []float64, err error) {
	if gain < 0 || gain > mixer.MaxGain {
		return nil, audio.ErrInvalid.With("%s.gain = %d: out of range, use 0..%d", d, gain, mixer.MaxGain)
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
	now, to := slices.Max(v), e.Scale.step(mixer.Decibels(gain), r)
	levels = append(levels, e.Scale.Decibels(now))
	if now == to && slices.Min(v) != to {
		levels = append(levels, e.Scale.Decibels(to)) // another program has moved one channel
	}
	for now != to {
		now = e.Scale.toward(now, to, most)
		levels = append(levels, e.Scale.Decibels(now))
	}
	return levels, nil
}

// toward returns the next value on the way to another: at most most dB away, or one step.
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

// remainder returns want − got, and avoids the difference of two infinities.
func remainder(want, got float64) float64 {
	switch {
	case want == got, math.IsInf(got, -1):
		return 0 // silence in hardware leaves software nothing to do
	case math.Abs(want-got) < scaleTolerance:
		return 0
	}
	return want - got
}

func noGain(d audio.Direction) error {
	return audio.ErrUnsupported.With("the card has no volume with a scale in dB to %s with", d)
}
