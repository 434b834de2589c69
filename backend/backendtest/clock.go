package backendtest

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// Clock is a device whose time a test advances by hand. The engine under test holds it as its
// backend.Stream (guarded, and a backend.Pacer) on one goroutine; the test calls the methods of
// Clock itself from another.
//
// Advance, Jump and Settle return when the engine sleeps in Wait with nothing left to do, or has closed the
// stream: whatever a cycle does is then done, and the test is deterministic. They block while an engine
// that has started the stream, has waited on it or was woken does not come back to Wait.
//
// Time is counted in frames of the clock's rate, without timer, descriptor or goroutine: a Clock
// works inside testing/synctest as well as outside.
//
// The buffer is Period × Periods of the opening. Frames that find no room in it are Lost, as on a
// card: position = frames read + readable + lost.
type Clock struct {
	// Stream is the engine's side. The Clock is the Pacer, not the Stream.
	backend.Stream

	mu      sync.Mutex
	changed *sync.Cond // when anything below changes
	opened  backend.Config
	period  int
	periods int // number of SetPeriod calls

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
	read, wrote uint64 // positions up to which frames were read and written, or lost
	lose        uint64 // frames for the next tick to lose
	freewheel   bool

	source func(block []byte, first uint64)
	sink   func(block []byte, first uint64)
	kept   tail
}

// keptBytes limits what Played remembers.
const keptBytes = 1 << 20

// NewClock returns a stopped clock that grants c. Zero fields become audio.DefaultFormat, 10 ms and
// 4 periods. It panics if c is impossible.
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

// Advance advances time by n ≥ 0 frames, one period at a time: the engine runs one cycle for each whole
// period; the remainder counts for the next call. On a stopped stream time passes without a tick.
func (c *Clock) Advance(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for left := uint64(n); ; {
		c.settleLocked()
		if !c.running || left == 0 {
			c.total += left
			return
		}
		step := min(left, c.position+uint64(c.period)-c.nowLocked())
		c.total += step
		left -= step
		c.changed.Broadcast()
	}
}

// Jump advances time by n ≥ 0 frames without giving the engine a turn: one late tick then reports
// all whole periods at once.
func (c *Clock) Jump(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settleLocked()
	c.total += uint64(n)
	c.changed.Broadcast()
	c.settleLocked()
}

// Pass advances time by n ≥ 0 frames like Jump, but does not wait for the engine: the test may be it, on the same goroutine.
func (c *Clock) Pass(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total += uint64(n)
	c.changed.Broadcast()
}

// Settle blocks until the engine sleeps in Wait with nothing left to do, or the stream is closed.
// Call it after handing the engine something with Wake. It returns at once on a stopped stream that
// was not woken and that no engine has waited on yet.
func (c *Clock) Settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settleLocked()
}

func (c *Clock) settleLocked() {
	for !c.closed && c.failed == nil && (c.running || c.attended || c.woken) && !c.idleLocked() {
		c.changed.Wait()
	}
}

// Idle reports whether the engine sleeps in Wait with nothing left to do.
func (c *Clock) Idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idleLocked()
}

func (c *Clock) idleLocked() bool {
	return c.waiting && !c.woken && c.dueLocked() == 0 && c.failed == nil
}

// Fail makes every Wait from now on return err, like a device that is gone.
func (c *Clock) Fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	c.changed.Broadcast()
}

// Lose makes the next tick report an xrun of n frames, which are neither read nor written.
func (c *Clock) Lose(n uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lose += n
}

// SetFreewheel sets Tick.Freewheel of all ticks to come, and nothing else.
func (c *Clock) SetFreewheel(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.freewheel = on
}

// SetBase sets the time, in ns, at which the clock started; 1 s unless set.
func (c *Clock) SetBase(ns int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = ns
}

// Feed sets what is recorded: fill writes whole frames, starting with number first since Start
// (Counter.Fill fits). Without it, silence is recorded. fill runs inside the engine's Read and must
// not call the clock.
func (c *Clock) Feed(fill func(block []byte, first uint64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.source = fill
}

// OnPlay sets the receiver of what is played: whole frames, valid during the call, starting with
// number first since Start. take runs inside the engine's Write and must not call the clock.
func (c *Clock) OnPlay(take func(block []byte, first uint64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sink = take
}

// Played returns a copy of what was played since NewClock, whole frames, but only the last MiB.
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

// Closed reports whether the engine has closed the stream.
func (c *Clock) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Period returns the distance between two ticks in frames, and how often SetPeriod was called.
func (c *Clock) Period() (frames, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.period, c.periods
}

// Position returns that of the last tick.
func (c *Clock) Position() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.position
}

// Now returns the clock's time in ns, on the scale of Tick.Time.
func (c *Clock) Now() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timeOfLocked(c.total)
}
