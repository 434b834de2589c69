package rtptest

import (
	"math/rand/v2"
	"time"
)

// Fault is what a network does to datagrams. The zero value delivers each at once. Chances are 0 to 1.
type Fault struct {
	Delay  time.Duration // of every datagram
	Jitter time.Duration // the most that a datagram comes later still, all delays up to that being equally likely
	// InOrder: jitter lets no datagram overtake another one, as in a queue. Otherwise those sent within the jitter may
	// come in any order.
	InOrder bool

	Loss  float64 // chance that a datagram is lost
	Burst float64 // the mean of datagrams lost in a row (the model of Gilbert); up to 1: each by itself

	Duplicate float64 // chance that a datagram comes twice, each with a delay of its own

	Swap   float64       // chance that a datagram is held back
	Behind time.Duration // for how long

	// Outages are when nothing gets through.
	Outages []Span
}

// Span is from one time on, and ends before another.
type Span struct{ From, Until time.Duration }

// chance decides what happens to datagrams, one after the other.
type chance struct {
	fault  Fault
	random *rand.Rand
	losing bool // within a burst
}

func newChance(f Fault, seed uint64) chance {
	return chance{fault: f, random: rand.New(rand.NewPCG(seed, 0x727470))}
}

// loses reports whether a datagram sent at a time is lost. It draws as many numbers whatever it answers, so that
// another chance of something else leaves the losses as they are.
func (c *chance) loses(at time.Duration) bool {
	draw := c.random.Float64()
	for _, o := range c.fault.Outages {
		if at >= o.From && at < o.Until {
			return true
		}
	}
	switch f := c.fault; {
	case f.Burst <= 1:
		c.losing = draw < f.Loss
	case c.losing:
		c.losing = draw >= 1/f.Burst
	default: // so often that Loss is the share of all
		c.losing = draw < f.Loss/(f.Burst*(1-f.Loss))
	}
	return c.losing
}

// delay returns how long a datagram takes, and whether it is held back.
func (c *chance) delay() (d time.Duration, held bool) {
	d = c.fault.Delay + time.Duration(c.random.Float64()*float64(c.fault.Jitter))
	if held = c.random.Float64() < c.fault.Swap; held {
		d += c.fault.Behind
	}
	return d, held
}

func (c *chance) repeats() bool { return c.random.Float64() < c.fault.Duplicate }

// Harmless reports whether every datagram comes at once.
func (f Fault) Harmless() bool {
	return f.Delay == 0 && f.Jitter == 0 && f.Loss == 0 && f.Duplicate == 0 && f.Swap == 0 && len(f.Outages) == 0
}
