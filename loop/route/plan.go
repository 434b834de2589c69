package route

import (
	"math"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/resample"
	"github.com/loopbridge/loopbridge/servo"
)

// plan is what a route asks of its two ends.
type plan struct {
	follows bool          // a servo follows two clocks
	latency time.Duration // between two clocks
	ahead   time.Duration // of it, what the resampler looks ahead between the rates of the devices
	pace    time.Duration // of both devices; 0: theirs
}

const (
	// jitter is what the latency has for wake-ups that are late, and positions that move in steps.
	jitter = 2 * time.Millisecond
	// slack is how long an engine may be late without that a route loses a frame.
	slack = 250 * time.Millisecond
	// shortest is the shortest period a route asks for.
	shortest = time.Millisecond
)

// clocked is what drives an end: a loop.Engine.
type clocked interface {
	Name() string
	Granted() backend.Config
	Period(asked int) int // see loop.Engine.Period
}

// newPlan returns the plan of a route between devices. The least latency is what the source has at a time, what the
// sink takes at a time, what the resampler looks ahead, and jitter. ErrInvalid: the route asks for less.
func newPlan(s *Spec, from, to clocked) (plan, error) {
	p := plan{follows: from != to && s.Drift != None || s.Drift == Resample}
	if !p.follows && from == to {
		return p, nil
	}
	ahead, err := s.ahead(from.Granted().Format.Rate, to.Granted().Format.Rate)
	if err != nil {
		return p, err
	}
	p.ahead = ahead
	p.latency = s.Latency
	if p.latency == 0 {
		p.latency = DefaultLatency
	}
	p.pace = max(shortest, (p.latency-ahead-jitter)/2)
	source, sink := p.granted(from), p.granted(to)
	least := (source + sink + ahead + jitter).Round(10 * time.Microsecond)
	switch {
	case p.latency >= least:
	case s.Latency == 0:
		p.latency = least
	default:
		return p, audio.ErrInvalid.With("%s: a latency of %s is too low; the least is %s: periods of %s (%s) and %s (%s), "+
			"%s of the resampler, %s for jitter", s.Name, s.Latency, least, round(source), from.Name(), round(sink), to.Name(),
			round(ahead), jitter)
	}
	return p, nil
}

// ahead returns how far the resampler of a route looks ahead between two rates.
func (s *Spec) ahead(in, out int) (time.Duration, error) {
	if s.Drift == Pitch && in == out {
		return 0, nil // there is no resampler
	}
	r, err := resample.New(resample.Config{Channels: 1, In: in, Out: out, Quality: s.Quality, Vary: servo.Range})
	if err != nil {
		return 0, err
	}
	return duration(r.Latency(), in), nil
}

// between returns the plan for ends whose rates are now known: a program may have set one at which the resampler has to look
// further ahead than between the devices.
func (p *plan) between(s *Spec, in, out int) plan {
	known := *p
	if ahead, err := s.ahead(in, out); err == nil && p.follows && ahead > p.ahead {
		known.latency += ahead - p.ahead
	}
	return known
}

// granted returns the period a device gets.
func (p *plan) granted(e clocked) time.Duration {
	return duration(e.Period(p.period(e)), e.Granted().Format.Rate)
}

// period returns the frames that an end on a device asks for.
func (p *plan) period(e clocked) int {
	granted := e.Granted()
	if p.pace == 0 {
		return granted.Period
	}
	return min(granted.Period, max(1, int(granted.Format.Frames(p.pace))))
}

// sizes returns period and buffer of an end on a device, in frames of the end.
func (p *plan) sizes(e clocked, f audio.Format) (period, buffer int) {
	scale := func(frames int) int {
		return max(1, int(audio.MulDiv(uint64(frames), uint64(f.Rate), uint64(e.Granted().Format.Rate))))
	}
	return scale(p.period(e)), scale(p.buffer(e))
}

// frames returns the latency in frames of a device.
func (p *plan) frames(e clocked) int {
	return int(math.Round(p.latency.Seconds() * float64(e.Granted().Format.Rate)))
}

// buffer returns the frames of a ring: twice the latency, and what engines may be late.
func (p *plan) buffer(e clocked) int {
	granted := e.Granted()
	return int(granted.Format.Frames(2*p.latency+slack)) + 4*granted.Period
}

func duration(frames, rate int) time.Duration {
	return time.Duration(frames) * time.Second / time.Duration(rate)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
