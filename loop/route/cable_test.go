package route_test

// cable is a cable of snd-aloop, a model of how it counts frames at 48 kHz: by a timer of 250 Hz, in thousandths of a
// frame, for each of its two ends by itself. Both ends then move by what the faster one has to, and that one makes up
// for it. A new stretch reaches an end when a period of its own is over.
type cable struct {
	stretch func() int // of time; 100000 is none
	ends    [2]cableEnd
	ticks   int   // of the timer
	seen    int   // the tick up to which frames are counted
	frames  int64 // moved so far
}

// cableEnd is one end of a cable. Times are in thousandths of a frame of real time.
type cableEnd struct {
	period  int // frames
	stretch int
	length  int // of a period
	since   int // the begin of the period
	ahead   int // frames that it has to make up for
	wakes   int // the tick at which the period is over
}

const perTick = 192000

// newCable returns a cable whose player has periods of so many frames, and whose recorder has 480.
func newCable(stretch func() int, play int) *cable {
	c := &cable{stretch: stretch, ends: [2]cableEnd{{period: play}, {period: 480}}}
	for i := range c.ends {
		c.wake(&c.ends[i])
	}
	return c
}

// wake lets an end see the control, and sets its timer.
func (c *cable) wake(e *cableEnd) {
	e.stretch = c.stretch()
	e.length = e.stretch * e.period / 100
	e.since %= e.length
	e.wakes = c.ticks + (e.length-e.since+perTick-1)/perTick
}

// due returns how many frames an end has to move after so many ticks.
func (e *cableEnd) due(ticks int) int {
	before := 100 * e.since / e.stretch
	e.since += ticks * perTick
	n := 100*e.since/e.stretch - before - e.ahead
	e.since %= e.length
	e.ahead = 0
	return n
}

// run lets time pass until frames have been moved, and returns when that is, in ns, and how many there are.
func (c *cable) run(frames int64) (at float64, now int64) {
	for c.frames < frames {
		if c.ticks++; c.ticks < min(c.ends[0].wakes, c.ends[1].wakes) {
			continue
		}
		var due [2]int
		for i := range c.ends {
			due[i] = c.ends[i].due(c.ticks - c.seen)
		}
		most := max(due[0], due[1])
		for i := range c.ends {
			if due[i] == most {
				c.ends[i].ahead = most - due[1-i]
			}
			if c.ends[i].wakes <= c.ticks {
				c.wake(&c.ends[i])
			}
		}
		c.frames, c.seen = c.frames+int64(most), c.ticks
	}
	return begin + float64(c.ticks)*4e6, c.frames
}
