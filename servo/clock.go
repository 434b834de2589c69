package servo

import (
	"math"
	"time"
)

// Constants of the filter of a clock; the package comment has the equations.
const (
	// wander is how much variance the rate of a clock gains in a ns if nothing is known: (0.05 ppm)²
	// in a second. A ramp of 1 ppm a minute is then followed with a lag of 0.5 ppm at 0.2 ms of
	// white jitter, and rates scatter by 0.3 ppm.
	wander = 0.05e-6 * 0.05e-6 / 1e9
	// mostWander and mostRough limit how far innovations may move the constants: with the fourth
	// root, the bandwidth by a factor of 4 each way.
	mostWander, mostRough = 256, 256
	// A block is a third of the age of the line, within limits: at least some pairs, and a second, or
	// up to longest if that is too short for enough pairs.
	leastPairs  = 16
	enoughPairs = 96
	shortest    = 20 * int64(time.Millisecond)
	normal      = int64(time.Second)
	longest     = 5 * int64(time.Second) / 2
	// Positions are whole frames. That is an error of 0.3 frames which, at nearly the nominal rate, no mean takes
	// away; on a line that is younger than whole ns, other errors are larger.
	whole = 10e9
	// steep, in ns, is by how much a block may be tilted and still say something about jitter.
	steep = 1e6
	// settling is how long innovations are not judged, as blocks are short and slopes unknown.
	settling = 3 * int64(time.Second)
	// Pairs that are later than slack beyond six standard deviations are late pairs. A run of manyLate
	// of them for longer than longLate is no delay: the clock has stepped.
	slack    = 250e3
	manyLate = 8
	longLate = 300 * int64(time.Millisecond)
	// again is how soon after a step another one says that the rate is wrong, too.
	again = 10 * int64(time.Second)
	// A clock is locked below lockedBelow, or near the best that its jitter allows, and no longer
	// above lostAbove; standard deviations of the rate.
	lockedBelow, lostAbove = 0.5e-6, 1.2e-6
)

// ClockState is all that a Clock knows: plain data, to be written out and read in by a later program
// with CLOCK_MONOTONIC of the same boot.
type ClockState struct {
	Nominal   float64 // frames per second
	Started   bool    // there is a line
	Begun     int64   // when the line began, in ns
	LastAt    int64   // the newest pair
	LastPos   int64
	Line      Line
	Block     Block
	Noise     Noise
	Steered   float64 // part by which Steer has changed the rate
	Meant     float64 // part by which it was meant to
	Late      int     // late pairs in a row, and when the first of them came
	LateSince int64
	LatePairs uint64 // late pairs in all
	Stepped   int64  // when the clock last stepped
	Steps     uint64 // how often position or rate have jumped
	Epoch     uint64 // how often it was reset
	Locked    bool
	LockedAt  int64
}

// Clock measures the clock of a device against CLOCK_MONOTONIC. It serves one goroutine, that of
// the device's engine; no method blocks or allocates.
type Clock struct {
	s        ClockState
	perFrame float64 // ns, nominal
}

// NewClock returns a clock of a nominal rate in frames per second, more than 0.
func NewClock(nominal float64) *Clock { return RestoreClock(ClockState{Nominal: nominal}) }

// RestoreClock returns a clock that goes on from a state.
func RestoreClock(s ClockState) *Clock { return &Clock{s: s, perFrame: 1e9 / s.Nominal} }

// State returns all that is known.
func (c *Clock) State() ClockState { return c.s }

// Reset forgets the clock, because the device was lost or restarted and its positions or its rate
// have nothing to do with those before.
func (c *Clock) Reset() {
	c.s = ClockState{Nominal: c.s.Nominal, Epoch: c.s.Epoch + 1, Steps: c.s.Steps, LatePairs: c.s.LatePairs,
		Steered: c.s.Steered, Meant: c.s.Meant}
}

// Observe takes a pair: the device has reached a position in frames at a time in ns of
// CLOCK_MONOTONIC, or somewhat before it. Call it once in a cycle, with positions and times that
// rise; others are ignored.
func (c *Clock) Observe(frames, at int64) {
	s := &c.s
	if !s.Started {
		s.Started, s.Begun, s.Line = true, at, begin(frames, at)
		s.Noise = Noise{Wander: 1, Rough: 1}
		s.LastPos, s.LastAt = frames, at
		s.Block.N = 0
		s.Block.add(frames, at, 0)
		return
	}
	if frames <= s.LastPos || at <= s.LastAt {
		return
	}
	s.LastPos, s.LastAt = frames, at
	late := s.Line.lateness(frames, at, c.perFrame)
	if c.outlier(late, frames, at) {
		return
	}
	s.Late = 0
	s.Block.add(frames, at, late)
	if b := &s.Block; b.N >= leastPairs && b.full(at, at-s.Begun) {
		c.measure(at)
	}
}

// outlier reports whether a pair is too far from the line to be used, and steps the line if such
// pairs go on.
func (c *Clock) outlier(late float64, frames, at int64) bool {
	s := &c.s
	if s.Noise.Blocks == 0 {
		return false
	}
	off := late - s.Noise.Mean
	if off < 0 {
		off = -off
	}
	if off -= slack; off <= 0 || off*off <= 36*s.Noise.Var {
		return false
	}
	ahead := float64(frames-s.Line.Frames) * c.perFrame
	unsure := s.Line.PhaseVar + ahead*(2*s.Line.Covar+ahead*s.Line.SlopeVar)
	if off -= 6 * math.Sqrt(s.Noise.Var); off*off <= 36*unsure {
		return false
	}
	s.LatePairs++
	if s.Late++; s.Late == 1 {
		s.LateSince = at
	}
	if s.Late >= manyLate && at-s.LateSince > longLate {
		c.step(frames, at)
	}
	return true
}

// step moves the line to a pair. The rate is kept, unless the clock has stepped just before.
func (c *Clock) step(frames, at int64) {
	s := &c.s
	fresh := begin(frames, at)
	if s.Steps == 0 || at-s.Stepped > again {
		fresh.Slope, fresh.SlopeVar = s.Line.Slope, max(s.Line.SlopeVar, 20e-6*20e-6)
	}
	s.Line, s.Stepped, s.Begun, s.Late, s.Block.N = fresh, at, at, 0, 0
	s.Steps++
	s.Noise = Noise{Wander: 1, Rough: 1}
	s.Locked = false
}

// measure ends a block and moves the line.
func (c *Clock) measure(at int64) {
	s := &c.s
	b, n := &s.Block, &s.Noise
	duration := float64(at - b.Begin)
	late, frames, variance := b.Lowest, b.LowestAt, steep*steep
	if s.Line.SlopeVar*duration*duration < steep*steep {
		c.learn(at)
		late, frames, variance = n.measurement(b)
	}
	variance = variance*n.Rough + c.perFrame*c.perFrame/12*min(1, float64(at-s.Begun)/whole)
	s.Line.advance(frames-s.Line.Frames, c.perFrame, wander*n.Wander)
	expected := s.Line.correct(late, variance)
	if at-s.Begun > settling && n.judge(late/expected, c.perFrame/expected) {
		c.hurry(2*late/duration, at)
	}
	c.lock(at, variance*duration)
	b.N = 0
}

// learn takes in what a block says about the jitter. If that changes the method, the line moves, as the lowest
// and the mean are apart by the jitter.
func (c *Clock) learn(at int64) {
	s := &c.s
	moved := s.Noise.learn(&s.Block)
	if moved == 0 {
		return
	}
	age := float64(at - s.Begun)
	s.Line.Phase += moved
	s.Line.PhaseVar += s.Noise.Var / decided
	s.Line.SlopeVar += s.Noise.Var / decided / (age * age)
	s.Noise.Mean -= moved
	s.Block.Late -= moved * float64(s.Block.N)
	s.Block.Lowest -= moved
}

// hurry begins anew with the slope: it has jumped, by about off.
func (c *Clock) hurry(off float64, at int64) {
	s := &c.s
	s.Line.PhaseVar, s.Line.Covar = max(s.Line.PhaseVar, 2*s.Noise.Var), 0
	s.Line.SlopeVar = max(s.Line.SlopeVar, off*off)
	s.Noise = Noise{Method: s.Noise.Method, Wander: 1, Rough: 1}
	s.Begun, s.Locked = at, false
	s.Steps++
}

// lock decides whether the clock is locked, given the density of the noise in ns² × ns.
func (c *Clock) lock(at int64, density float64) {
	s := &c.s
	best := math.Sqrt2 * math.Pow(density, 0.25) * math.Pow(wander, 0.75)
	switch {
	case !s.Locked && s.Line.SlopeVar < max(lockedBelow*lockedBelow, 1.5*best):
		s.Locked, s.LockedAt = true, at
	case s.Locked && s.Line.SlopeVar > max(lostAbove*lostAbove, 4*best):
		s.Locked = false
	}
}

// Steer tells the clock that from a time on its device's pitch control makes it run at applied times the
// rate that it has by itself. The clock follows without having to measure it. A control has steps: it goes
// to and fro around meant, which is what servos see that do not move this clock.
func (c *Clock) Steer(applied, meant float64, at int64) {
	s := &c.s
	if factor := applied / (1 + s.Steered); s.Started && factor != 1 {
		s.Line.bend(s.Line.Frames+int64(s.Line.position(at, s.Line.Frames, c.perFrame)), c.perFrame, factor)
	}
	s.Steered, s.Meant = applied-1, meant-1
}

// Estimate returns what there is to know about the clock now.
func (c *Clock) Estimate() Estimate {
	s := &c.s
	return Estimate{
		Nominal: s.Nominal, Line: s.Line,
		Sigma: math.Sqrt(s.Line.SlopeVar), Spread: math.Sqrt(s.Line.PhaseVar), Jitter: math.Sqrt(s.Noise.Var),
		Steered: s.Steered, Meant: s.Meant, Seen: s.LastAt, Locked: s.Locked, LockedAt: s.LockedAt, Steps: s.Steps, Epoch: s.Epoch,
		Started: s.Started, Measured: s.Noise.Blocks >= seen,
	}
}
