package backendtest

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// Clock is a device whose time a test cranks by hand. The engine under test holds
// it as its backend.Stream (guarded, and a backend.Pacer) on one goroutine; the
// test calls the methods of Clock itself from another.
//
// Advance, Jump and Settle return when the engine sleeps in Wait with nothing left
// to do, or has closed the stream. So whatever a cycle does is done when they
// return, and the test is deterministic. They never return while an engine stays
// away from Wait that has started the stream, has waited on it, or was woken.
//
// Time is counted in frames of the clock's rate. No timer, descriptor or goroutine
// is involved: it works inside testing/synctest as well as outside.
//
// The buffer is Period × Periods of the opening. Frames that find no room in it
// are Lost, as on a card: position = frames read + readable + lost.
type Clock struct {
	// Stream is the engine's side. By itself it is no Pacer; the Clock is.
	backend.Stream

	mu      sync.Mutex
	changed *sync.Cond // of anything below
	opened  backend.Config
	period  int
	periods int // calls of SetPeriod

	running  bool
	closed   bool
	attended bool // Wait was called
	waiting  bool // Wait sleeps
	woken    bool
	failed   error

	base        int64  // ns at total 0
	total       uint64 // frames since NewClock
	start       uint64 // total at Start
	position    uint64 // of the last tick
	read, wrote uint64 // position up to which frames were read and written, or lost
	lose        uint64 // for the next tick
	freewheel   bool

	source func(block []byte, first uint64)
	sink   func(block []byte, first uint64)
	kept   tail
}

// keptBytes bounds what Played remembers.
const keptBytes = 1 << 20

// NewClock gives a stopped clock that grants the configuration. What is zero in it
// becomes audio.DefaultFormat, 10 ms, 4 periods; what is impossible panics.
func NewClock(c backend.Config) *Clock {
	c.Format = c.Format.Or(audio.DefaultFormat())
	if err := c.Format.Validate(); err != nil {
		panic(err)
	}
	if c.Period == 0 {
		c.Period = max(1, c.Format.Rate/100)
	}
	if c.Periods == 0 {
		c.Periods = 4
	}
	if c.Period < 1 || c.Periods < 2 {
		panic(audio.ErrInvalid.With("clock: period %d, periods %d", c.Period, c.Periods))
	}
	k := &Clock{opened: c, period: c.Period, base: 1_000_000_000}
	k.changed = sync.NewCond(&k.mu)
	if c.Play {
		k.kept = newTail(keptBytes / c.Format.FrameBytes() * c.Format.FrameBytes())
	}
	k.Stream = backend.Guard(driver{k})
	return k
}

// Advance lets time pass, n ≥ 0 frames, one period after the other: the engine runs
// one cycle for each whole period; the rest is kept for the next call. On a stopped
// stream time passes without a tick.
func (c *Clock) Advance(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for left := uint64(n); ; {
		c.settle()
		if !c.running || left == 0 {
			c.total += left
			return
		}
		step := min(left, c.position+uint64(c.period)-c.now())
		c.total += step
		left -= step
		c.changed.Broadcast()
	}
}

// Jump lets time pass, n ≥ 0 frames, in which the engine gets no turn: one late
// tick reports all whole periods at once.
func (c *Clock) Jump(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	c.total += uint64(n)
	c.changed.Broadcast()
	c.settle()
}

// Settle blocks until the engine has done all it has to: it sleeps in Wait, or the
// stream is closed. Call it after handing the engine something by Wake. On a stopped
// stream that nobody has woken and no engine has waited on yet, it returns at once.
func (c *Clock) Settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
}

func (c *Clock) settle() {
	for !c.closed && c.failed == nil && (c.running || c.attended || c.woken) && !c.idle() {
		c.changed.Wait()
	}
}

// Idle reports whether the engine sleeps in Wait and has nothing to do.
func (c *Clock) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle()
}

func (c *Clock) idle() bool {
	return c.waiting && !c.woken && c.due() == 0 && c.failed == nil
}

// Fail makes every Wait from now on return err: the device is gone.
func (c *Clock) Fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	c.changed.Broadcast()
}

// Lose makes the next tick report an xrun of n frames, which are neither read nor
// written.
func (c *Clock) Lose(n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lose += n
}

// SetFreewheel sets Tick.Freewheel of all ticks to come, nothing else.
func (c *Clock) SetFreewheel(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.freewheel = on
}

// SetBase sets what Now is when no time has passed: ns, 1 s unless set.
func (c *Clock) SetBase(ns int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = ns
}

// Feed gives what is recorded: fill writes whole frames, the first of which is
// number first since Start (Counter.Fill fits). Unfed, it is silence. It runs
// inside the engine's Read and must not call the clock.
func (c *Clock) Feed(fill func(block []byte, first uint64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.source = fill
}

// OnPlay hands over what is played: whole frames, valid for the call, the first of
// which is number first since Start. It runs inside the engine's Write and must not
// call the clock.
func (c *Clock) OnPlay(take func(block []byte, first uint64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sink = take
}

// Played is a copy of what was played since NewClock, whole frames; only the last
// MiB of it is kept.
func (c *Clock) Played() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.bytes()
}

// Forget empties what Played returns.
func (c *Clock) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.reset()
}

// Running reports whether the stream is started.
func (c *Clock) Running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running
}

// Closed reports whether the engine has given the stream back.
func (c *Clock) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Period is the distance of two ticks in frames, and how often SetPeriod was called.
func (c *Clock) Period() (frames, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.period, c.periods
}

// Position is that of the last tick.
func (c *Clock) Position() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.position
}

// Now is the clock's time in ns, on the scale of Tick.Time.
func (c *Clock) Now() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timeOf(c.total)
}
