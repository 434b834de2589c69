package backendtest

import (
	"math/bits"
	"time"

	"github.com/loopbridge/loopbridge/backend"
)

var (
	_ backend.Stream = (*Clock)(nil)
	_ backend.Pacer  = (*Clock)(nil)
)

// driver is the engine's side of a Clock, below its guard.
type driver struct{ c *Clock }

func (d driver) Granted() backend.Config {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	granted := c.opened
	granted.Period = c.period
	return granted
}

func (d driver) Start() error {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = true
	c.start = c.total
	c.position, c.read, c.wrote = 0, 0, 0
	c.changed.Broadcast()
	return nil
}

func (d driver) Wait() (backend.Tick, error) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attended = true
	for {
		due := c.dueLocked()
		switch {
		case c.failed != nil:
			c.waiting = false
			return backend.Tick{}, c.failed
		case due > 0 || c.woken:
			c.waiting, c.woken = false, false
			return c.tickLocked(due), nil
		}
		c.waiting = true
		c.changed.Broadcast()
		c.changed.Wait()
	}
}

func (d driver) Wake() {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.woken = true
	c.changed.Broadcast()
}

func (d driver) Read(block []byte) (int, error) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.source != nil {
		c.source(block, c.read)
	} else {
		c.opened.Format.Encoding.Silence(block)
	}
	n := len(block) / c.opened.Format.FrameBytes()
	c.read += uint64(n)
	return n, nil
}

func (d driver) Write(block []byte) (int, error) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sink != nil {
		c.sink(block, c.wrote)
	}
	c.kept.add(block)
	n := len(block) / c.opened.Format.FrameBytes()
	c.wrote += uint64(n)
	return n, nil
}

func (d driver) Stop() error {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = false
	c.read, c.wrote = c.position, c.position
	c.changed.Broadcast()
	return nil
}

func (d driver) Close() error {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running, c.closed = false, true
	c.changed.Broadcast()
	return nil
}

// SetPeriod implements backend.Pacer for the engine. It grants 1 frame up to the Period of the opening.
func (c *Clock) SetPeriod(frames int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.periods++
	c.period = min(max(frames, 1), c.opened.Period)
	return c.period
}

// nowLocked returns the position that time has reached, beyond the last tick's.
func (c *Clock) nowLocked() uint64 { return c.total - c.start }

// dueLocked returns how many frames the next tick reports.
func (c *Clock) dueLocked() uint64 {
	if !c.running {
		return 0
	}
	period := uint64(c.period)
	return (c.nowLocked() - c.position) / period * period
}

// tickLocked reports n more frames; 0 repeats the previous tick, with what is left of it.
func (c *Clock) tickLocked(n uint64) backend.Tick {
	t := backend.Tick{Freewheel: c.freewheel}
	if n > 0 {
		c.position += n
		lost := c.lose
		c.lose = 0
		buffer := uint64(c.opened.Period * c.opened.Periods)
		c.read, t.Lost = c.skipLocked(c.opened.Record, c.read, lost, buffer)
		wrote, more := c.skipLocked(c.opened.Play, c.wrote, lost, buffer)
		c.wrote, t.Lost = wrote, max(lost, t.Lost, more)
	}
	t.Position = c.position
	t.Time = c.timeOfLocked(c.start + c.position)
	t.Readable = int(c.position - c.read)
	t.Writable = int(c.position - c.wrote)
	return t
}

// skipLocked drops the oldest of the frames from..position: lost of them, and what exceeds the
// buffer, or all if the direction is not open. It returns the new from, and how many it dropped.
func (c *Clock) skipLocked(open bool, from, lost, buffer uint64) (uint64, uint64) {
	if !open {
		return c.position, 0
	}
	to := min(from+lost, c.position)
	if c.position-to > buffer {
		to = c.position - buffer
	}
	return to, to - from
}

// timeOfLocked returns when a number of frames since NewClock have passed, rounded up.
func (c *Clock) timeOfLocked(total uint64) int64 {
	rate := uint64(c.opened.Format.Rate)
	hi, lo := bits.Mul64(total, uint64(time.Second))
	lo, carry := bits.Add64(lo, rate-1, 0)
	ns, _ := bits.Div64(hi+carry, lo, rate)
	return c.base + int64(ns)
}

// tail keeps the last bytes that were added, in a ring.
type tail struct {
	ring  []byte
	total int
}

func newTail(size int) tail { return tail{ring: make([]byte, size)} }

func (t *tail) add(p []byte) {
	if drop := len(p) - len(t.ring); drop > 0 {
		t.total += drop
		p = p[drop:]
	}
	at := 0
	if len(t.ring) > 0 {
		at = t.total % len(t.ring)
	}
	n := copy(t.ring[at:], p)
	copy(t.ring, p[n:])
	t.total += len(p)
}

func (t *tail) bytes() []byte {
	if t.total <= len(t.ring) {
		return append([]byte(nil), t.ring[:t.total]...)
	}
	at := t.total % len(t.ring)
	return append(append([]byte(nil), t.ring[at:]...), t.ring[:at]...)
}

func (t *tail) reset() { t.total = 0 }
