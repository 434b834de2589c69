package servo

import (
	"math"
	"time"
)

// Constants of the loop; the package comment has the equations.
const (
	// usable is how well a rate must be known before sound flows: after about half a second.
	usable = 100e-6
	// hold is the gain of the latency's correction once all has settled, per second: errors fade within
	// 30 s, and 5 µs of noise in the positions are 0.15 ppm of noise in the ratio. For the first haste s the
	// gain is eager, so that the error with which the sound began is gone; then it falls as 1/t².
	hold, eager, haste = 0.03, 1.5, 3.0
	// boldest limits the correction while it may be bold: ±1000 ppm, 1/60 of a semitone.
	boldest = 1e-3
	// smooth is the time in s in which the ratio of a locked servo takes in what it is told.
	smooth = 1.0
	// steepest is how fast a locked ratio moves at most, per second: 0.1 ppm, less what is lost to times in
	// whole ns.
	steepest = 0.099e-6
	// near is how far a ratio may be from where it should be to become locked, far to remain so.
	near, far = 0.7e-6, 4e-6
	// Range is how far the ratio may be from its nominal value; back in within is close enough.
	Range, within = 0.005, 0.0049
	// most is how far it may be with the correction.
	most = Range + boldest
	// quiet is how long a clock may be silent.
	quiet = int64(time.Second)
	// misplaced is the error, in s, beyond which sound is better moved than pulled.
	misplaced = 1e-3
)

// Servo keeps what a sink reads at a constant distance behind what a source writes. It serves one
// goroutine, that of the sink's engine; no method blocks or allocates.
type Servo struct {
	s ServoState
}

// New returns a servo for a latency in frames of the source.
func New(latency float64) *Servo { return Restore(ServoState{Target: latency, Ratio: 1}) }

// Restore returns a servo that goes on from a state.
func Restore(s ServoState) *Servo { return &Servo{s} }

// State returns all that is known. Its fields are what a route reports.
func (v *Servo) State() ServoState { return v.s }

// Error returns the latency beyond the wanted one, in frames of the source.
func (s *ServoState) Error() float64 { return s.Latency - s.Target }

// PPM returns by how much the ratio is above the nominal one, in parts per million.
func (s *ServoState) PPM() float64 { return (s.Ratio - 1) * 1e6 }

// LockedFor returns for how many ns the servo has been locked, or 0.
func (s *ServoState) LockedFor() int64 {
	if s.State != Locked {
		return 0
	}
	return s.Now - s.Since
}

// Move says whose clock the ratio moves: that of the source, to 1 ÷ ratio times the rate it has by itself, or
// that of the sink, to ratio times. The sink then reads frame by frame. Neither, as at first: a resampler follows.
func (v *Servo) Move(side Side) { v.s.Moves = side }

// SetLatency changes the wanted latency. The servo pulls the sound there; by more than a millisecond, it
// is lost, and acquires anew.
func (v *Servo) SetLatency(frames float64) { v.s.Target = frames }

// Step takes the estimates of both clocks at a time in ns of CLOCK_MONOTONIC, and the mark that
// holds then. Call it once in a cycle of the sink. An estimate may be older than now, not newer.
func (v *Servo) Step(now int64, source, sink *Estimate, m Mark) Step {
	s := &v.s
	passed := max(0, float64(now-s.Now)*1e-9)
	s.Now = now
	forward := (1 + sink.slope(s.Moves == Sink)) / (1 + source.slope(s.Moves == Source))
	if why := v.trouble(now, source, sink, forward); why != NoReason {
		v.lose(now, why)
		return Step{State: Lost, Ratio: s.Ratio}
	}
	perSink := source.Nominal / sink.Nominal
	if s.Moves == Neither {
		perSink *= s.Ratio
	}
	read := sink.Beyond(now, m.Sink)*perSink + m.Fraction
	s.Latency = source.Beyond(now, m.Source) - read
	late := s.Error() / source.Nominal // in s
	if s.State == Lost {
		return v.acquire(now, forward, source, sink)
	}
	if math.Abs(late) > misplaced && float64(now-s.Acquired) > 1e9 {
		v.lose(now, Misplaced)
		return Step{State: Lost, Ratio: s.Ratio}
	}
	gain := v.gain(late, source, sink)
	if s.State == Locked {
		v.follow(now, forward+gentle(late, gain), passed)
		s.Least, s.Most = min(s.Least, s.Latency), max(s.Most, s.Latency)
	} else {
		wanted := forward + max(-boldest, min(boldest, gain*late))
		s.Ratio += (wanted - s.Ratio) * min(1, passed/min(smooth, float64(now-s.Acquired)*1e-10+1e-3))
		if source.Locked && sink.Locked && math.Abs(wanted-forward) < near && math.Abs(s.Ratio-forward) < near {
			v.enter(Locked, now)
			s.Least, s.Most = s.Latency, s.Latency
		}
	}
	s.Ratio = max(1-most, min(1+most, s.Ratio))
	return Step{State: s.State, Ratio: s.Ratio}
}

// trouble returns what keeps the sound from flowing.
func (v *Servo) trouble(now int64, source, sink *Estimate, forward float64) Reason {
	s := &v.s
	limit := float64(Range)
	if s.State == Lost {
		limit = within
		if !source.usable() || !sink.usable() {
			return Silent
		}
	}
	switch {
	case now-source.Seen > quiet || now-sink.Seen > quiet:
		return Silent
	case s.State != Lost && (source.Epoch != s.SourceEpoch || sink.Epoch != s.SinkEpoch):
		return Restarted
	case !(math.Abs(forward-1) <= limit):
		return OutOfRange
	}
	return NoReason
}

// gain returns the gain of the correction for an error in s. What it has beyond hold counts for errors that are
// larger than the doubt about the positions.
func (v *Servo) gain(late float64, source, sink *Estimate) float64 {
	t := float64(v.s.Now-v.s.Acquired) * 1e-9
	extra := min(eager, eager*haste*haste/max(t*t, 1e-9)) - hold
	if extra <= 0 {
		return hold
	}
	doubt := (source.Spread*source.Spread + sink.Spread*sink.Spread) * 1e-18
	return hold + extra*late*late/(late*late+doubt+1e-18)
}

// gentle returns the correction for a locked servo: proportional to the error, but never more than
// what can be undone in time at the steepest slope.
func gentle(late, gain float64) float64 {
	bound := 0.7 * math.Sqrt(2*steepest*math.Abs(late))
	return max(-bound, min(bound, gain*late))
}

// follow moves the ratio of a locked servo, slowly.
func (v *Servo) follow(now int64, wanted, passed float64) {
	s := &v.s
	if math.Abs(wanted-s.Ratio) > far {
		s.Unlocks++
		s.Acquired = now - int64(time.Second)
		v.enter(Acquiring, now)
		return
	}
	step := steepest * passed
	s.Ratio += max(-step, min(step, (wanted-s.Ratio)*min(1, passed/smooth)))
}

// acquire ends the silence: sound is to be moved by the error.
func (v *Servo) acquire(now int64, forward float64, source, sink *Estimate) Step {
	s := &v.s
	shift := math.Round(s.Error())
	s.Latency -= shift
	s.Ratio, s.Acquired = forward, now
	s.SourceEpoch, s.SinkEpoch = source.Epoch, sink.Epoch
	v.enter(Acquiring, now)
	return Step{State: Acquiring, Ratio: s.Ratio, Shift: int64(shift)}
}

func (v *Servo) lose(now int64, why Reason) {
	s := &v.s
	if s.State != Lost {
		s.Resyncs++
		s.Reason = why
		v.enter(Lost, now)
	} else if why == OutOfRange {
		s.Reason = why
	}
}

func (v *Servo) enter(state State, now int64) { v.s.State, v.s.Since = state, now }
