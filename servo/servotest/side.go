package servotest

import (
	"math"
	"math/rand/v2"
	"time"
)

// Shape is the shape of the jitter, the error of times.
type Shape uint8

// The shapes. OneSided is exponential: never early, often a bit late, seldom much. Gaussian errs on both
// sides. Scheduler is what a kernel does: nearly always late by about a quarter of the jitter, and once in
// fifty times by several times as much.
const (
	OneSided Shape = iota
	Gaussian
	Scheduler
)

// Shapes returns all shapes.
func Shapes() []Shape { return []Shape{OneSided, Gaussian, Scheduler} }

// String returns the word for tables.
func (j Shape) String() string {
	switch j {
	case Gaussian:
		return "gaussian"
	case Scheduler:
		return "scheduler"
	}
	return "one-sided"
}

// Stall keeps an engine from waking up.
type Stall struct {
	At, For time.Duration
	// Stale is a stall between reading the position and reading the time: the pair is late by all of it.
	// Otherwise the engine reads both afterwards, and catches up at once.
	Stale bool
}

// Side is a device and its engine.
type Side struct {
	Rate   int           // nominal frames per second
	Period int           // frames between two wake-ups
	PPM    float64       // by which it is faster than nominal
	Ramp   float64       // ppm that it gains in a minute
	Wander float64       // random walk of its rate: ppm in the square root of a second
	Jitter time.Duration // rms, around its mean
	Shape  Shape
	Packet int           // frames by which the visible position moves; 0: 1
	Tick   time.Duration // distance of the moments at which it moves; 0: any
	Stalls []Stall
}

// side is a Side as it runs. Times are ns, positions frames.
type side struct {
	Side
	random  *rand.Rand
	steered float64 // factor of a pitch control

	// The crystal: at time at it is at position exact, and moves so many frames in a ns.
	at, exact, rate float64
	walk            float64 // ppm

	// The next wake-up, and what the engine then sees.
	wake   float64
	pos    int64 // whole periods
	time   int64 // of the position, as the device reports it
	stalls []Stall
}

func newSide(s Side, seed uint64) *side {
	s.Packet = max(s.Packet, 1)
	d := &side{Side: s, random: rand.New(rand.NewPCG(seed, 7)), steered: 1, stalls: s.Stalls}
	d.exact = math.Floor(d.random.Float64() * float64(s.Period)) // phases differ
	d.advance(0)
	d.next()
	return d
}

// ppm returns the rate at the anchor against the nominal one, without pitch.
func (d *side) ppm() float64 { return d.PPM + d.Ramp*d.at/60e9 + d.walk }

// advance moves the anchor of the crystal in time.
func (d *side) advance(to float64) {
	d.exact += (to - d.at) * d.rate
	if d.Wander > 0 && to > d.at {
		d.walk += d.Wander * math.Sqrt((to-d.at)*1e-9) * d.random.NormFloat64()
	}
	d.at = to
	d.rate = float64(d.Side.Rate) * 1e-9 * (1 + d.ppm()*1e-6) * d.steered
}

// steer changes the rate from a time on.
func (d *side) steer(at, factor float64) {
	if factor == d.steered {
		return
	}
	d.steered = factor
	d.advance(at) // at, which may be before the wake-up that was planned: that one stays
}

// position returns the true position.
func (d *side) position(at float64) float64 { return d.exact + (at-d.at)*d.rate }

// reach returns when a position is reached.
func (d *side) reach(pos float64) float64 { return d.at + (pos-d.exact)/d.rate }

// rounding, in frames, is what a position may lack of a whole frame without being less.
const rounding = 1e-6

// visible returns the position that the device shows at a time.
func (d *side) visible(at float64) float64 {
	if tick := float64(d.Tick); tick > 0 {
		at = math.Floor(at/tick) * tick
		return math.Floor(d.position(at) + rounding)
	}
	return math.Floor((d.position(at)+rounding)/float64(d.Packet)) * float64(d.Packet)
}

// next plans the next wake-up.
func (d *side) next() {
	period := int64(d.Period)
	due := float64((max(d.pos, int64(d.exact)/period*period) + period))
	shown := math.Ceil(due/float64(d.Packet)) * float64(d.Packet)
	moment := d.reach(shown)
	if tick := float64(d.Tick); tick > 0 {
		moment = math.Ceil(moment/tick) * tick
		shown = math.Floor(d.position(moment) + rounding)
	}
	d.advance(moment)
	wake := moment + d.jitter()
	if stall := d.stalled(wake); stall.For > 0 {
		wake = float64(stall.At + stall.For)
		if !stall.Stale {
			shown = max(shown, d.visible(wake))
		}
	} else if d.Packet > 1 || d.Tick > 0 {
		shown = max(shown, d.visible(wake))
	}
	before := d.wake
	d.wake = max(wake, before+1000)
	d.pos = int64(shown) / period * period
	d.time = int64(d.wake - (shown-float64(d.pos))*1e9/float64(d.Side.Rate))
}

// stalled returns the stall in which a time falls.
func (d *side) stalled(at float64) Stall {
	for len(d.stalls) > 0 && at >= float64(d.stalls[0].At+d.stalls[0].For) {
		d.stalls = d.stalls[1:]
	}
	if len(d.stalls) > 0 && at >= float64(d.stalls[0].At) {
		return d.stalls[0]
	}
	return Stall{}
}

func (d *side) jitter() float64 {
	switch {
	case d.Side.Jitter == 0:
		return 0
	case d.Shape == Gaussian:
		return float64(d.Side.Jitter) * d.random.NormFloat64()
	}
	if d.Shape == OneSided {
		return float64(d.Side.Jitter) * d.random.ExpFloat64()
	}
	late := 0.25 + 0.1*math.Abs(d.random.NormFloat64())
	if d.random.IntN(50) == 0 {
		late += 5 * d.random.ExpFloat64()
	}
	return float64(d.Side.Jitter) * late
}
