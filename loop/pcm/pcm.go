package pcm

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// PCM is one open end of a loop. Make one with loop.Patchbay.Open or client.Open.
type PCM struct {
	name      string
	role      Role
	dir       audio.Direction
	asked     audio.Direction
	period    int
	positions audio.Positions
	nonblock  atomic.Bool
	control   Control
	bell      Bell
	closed    atomic.Bool
	halts     atomic.Uint32 // interrupts the I/O in progress
	halting   atomic.Int32  // calls of Halt that wait for it to end

	// io is locked by the call that moves frames, which may sleep.
	io struct {
		sync.Mutex
		ring   *ring.Ring
		reader ring.Reader // Read ends
		writer ring.Writer // Write ends
		starts uint32      // starts sent
		armed  bool        // a start was sent, and not withdrawn since
	}
	// memory is locked for reading by calls that only look at the ring; calls that replace or drop the ring
	// lock it for writing, after io.
	memory sync.RWMutex
}

// New returns the end that a daemon granted. name is for messages.
func New(name string, o Options, g Grant, control Control, bell Bell) *PCM {
	p := &PCM{name: name, role: o.Role, dir: g.Direction, asked: o.Direction, control: control, bell: bell}
	p.nonblock.Store(o.Nonblock)
	p.adoptLocked(g)
	return p
}

// adoptLocked takes a granted ring into use. It needs io and memory.
func (p *PCM) adoptLocked(g Grant) {
	r := g.Ring
	p.period, p.positions = g.Period, g.Positions
	p.io.ring, p.io.starts = r, r.Starts()
	p.io.reader, p.io.writer = ring.Reader{Ring: r}, ring.Writer{Ring: r}
}

// Name returns the loop's name.
func (p *PCM) Name() string { return p.name }

// Role returns which end this is.
func (p *PCM) Role() Role { return p.role }

// Direction returns what this end does: Read or Write, never both.
func (p *PCM) Direction() audio.Direction { return p.dir }

// SetNonblock overrides Options.Nonblock from the next call on.
func (p *PCM) SetNonblock(on bool) { p.nonblock.Store(on) }

// Halt drops what is buffered, ends the session for the other end, and makes this end idle: its
// next read or write waits for a new session. ErrGone: the server of this client has closed.
func (p *PCM) Halt(ctx context.Context) error {
	p.halting.Add(1) // first: a call that begins now must not sleep before this one
	p.halts.Add(1)
	p.bell.Ring()
	p.io.Lock()
	defer p.io.Unlock()
	p.halting.Add(-1)
	if p.closed.Load() {
		return p.errClosed()
	}
	if err := p.control.Halt(ctx); err != nil {
		return err
	}
	if p.dir == Read {
		p.io.reader.Discard()
	}
	p.io.armed = false
	return nil
}

// Drain blocks until the engine has taken every frame written so far. The end stays open, and
// running dry right after is no xrun. ErrInvalid: the end reads.
func (p *PCM) Drain(ctx context.Context) error {
	if p.closed.Load() {
		return p.errClosed()
	}
	if p.dir != Write {
		return audio.ErrInvalid.With("%s: only an end that writes can be drained", p.name)
	}
	return p.control.Drain(ctx)
}

// Setup sets the period and buffer of this end, and its format, which for a server is the loop's.
// ErrBusy: a session is running, and stays undisturbed. ErrInvalid: the format is invalid, or
// cannot be converted to the loop's.
func (p *PCM) Setup(ctx context.Context, s Setup) error {
	p.io.Lock()
	defer p.io.Unlock()
	if p.closed.Load() {
		return p.errClosed()
	}
	p.memory.Lock()
	defer p.memory.Unlock()
	g, err := p.control.Setup(ctx, s)
	if err != nil {
		return err
	}
	p.adoptLocked(g)
	p.io.armed = false
	return nil
}

// Pause pauses or resumes this end. A paused writer keeps its frames, and the other end gets
// silence, which is no underrun. A paused reader keeps its ring as it is, and misses what the other
// end writes. Halt and Close end a pause.
func (p *PCM) Pause(ctx context.Context, on bool) error {
	if p.closed.Load() {
		return p.errClosed()
	}
	return p.control.Pause(ctx, on)
}

// Close closes the end. A writing client first blocks until the server has taken what it wrote, for at most
// the length of the buffer and a second. ErrTimedOut: the rest is still being delivered. ErrReset: the
// server has gone without it. All other ends close at once. ErrClosed: it was closed before.
func (p *PCM) Close(ctx context.Context) error {
	if !p.shut() {
		return p.errClosed()
	}
	defer p.io.Unlock()
	p.memory.Lock()
	defer p.memory.Unlock()
	return p.control.Close(ctx)
}

// Abandon closes the end at once, as if the program had been killed: what it wrote is still delivered.
func (p *PCM) Abandon() {
	if !p.shut() {
		return
	}
	defer p.io.Unlock()
	p.memory.Lock()
	defer p.memory.Unlock()
	p.control.Abandon()
}

// shut makes all further calls fail, waits for the call that moves frames, and leaves io locked. It
// returns false if the end was shut before.
func (p *PCM) shut() bool {
	if p.closed.Swap(true) {
		return false
	}
	p.bell.Ring()
	p.io.Lock()
	return true
}

func (p *PCM) errClosed() error {
	return audio.ErrClosed.With("%s: this end is closed", p.name)
}
