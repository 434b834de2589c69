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
	name     string
	role     Role
	dir      Direction
	asked    Direction
	period   int
	stand    audio.Positions
	nonblock atomic.Bool
	control  Control
	bell     Bell
	closed   atomic.Bool
	halts    atomic.Uint32 // interrupts the I/O in progress

	// io is held by the call that moves frames; it may sleep.
	io struct {
		sync.Mutex
		ring   *ring.Ring
		reader ring.Reader // Read ends
		writer ring.Writer // Write ends
		starts uint32      // how many starts were sent
		armed  bool        // a start was sent, and not taken back since
	}
	// memory is held shared by calls that only look at the ring, and exclusively,
	// besides io, by those after which the ring is another one or none.
	memory sync.RWMutex
}

// New makes the end from what a daemon granted. name is for messages.
func New(name string, o Options, g Grant, control Control, bell Bell) *PCM {
	p := &PCM{name: name, role: o.Role, dir: g.Direction, asked: o.Direction, control: control, bell: bell}
	p.nonblock.Store(o.Nonblock)
	p.adopt(g)
	return p
}

// adopt takes a ring into use. The caller holds io and memory, or is New.
func (p *PCM) adopt(g Grant) {
	r := g.Ring
	p.period, p.stand = g.Period, g.Positions
	p.io.ring, p.io.starts = r, r.Starts()
	p.io.reader, p.io.writer = ring.Reader{Ring: r}, ring.Writer{Ring: r}
}

// Name is the loop's name.
func (p *PCM) Name() string { return p.name }

// Role is which end this is.
func (p *PCM) Role() Role { return p.role }

// Direction is what this end does: Read or Write, never both.
func (p *PCM) Direction() Direction { return p.dir }

// SetNonblock changes what Options.Nonblock set, from the next call on.
func (p *PCM) SetNonblock(on bool) { p.nonblock.Store(on) }

// Halt drops what is buffered, ends the session for the other end, and makes this
// end idle: its next read or write waits for the next one (D14). A client whose
// server has closed gets ErrGone (D17).
func (p *PCM) Halt(ctx context.Context) error {
	p.halts.Add(1)
	p.bell.Ring()
	p.io.Lock()
	defer p.io.Unlock()
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

// Drain waits until the engine has taken every frame written so far. The end stays
// open; running dry right after is no xrun (D21). On a reading end: ErrInvalid.
func (p *PCM) Drain(ctx context.Context) error {
	if p.closed.Load() {
		return p.errClosed()
	}
	if p.dir != Write {
		return audio.ErrInvalid.With("%s: only an end that writes can be drained", p.name)
	}
	return p.control.Drain(ctx)
}

// Setup sets the loop's format, from its server end, and the period and buffer of
// either end, between sessions: while a client runs it is ErrBusy and disturbs nothing
// (D11). A client that asks for a format which is not the loop's: ErrInvalid.
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
	p.adopt(g)
	p.io.armed = false
	return nil
}

// Pause stops this end, or lets it go on (D22). A writer's frames stay in its ring,
// and the other end hears silence, which is no underrun. A reader's ring stays as it
// is, and what the other end writes meanwhile is never seen. Halt and Close end it.
func (p *PCM) Pause(ctx context.Context, on bool) error {
	if p.closed.Load() {
		return p.errClosed()
	}
	return p.control.Pause(ctx, on)
}

// Close gives the end back. A writing client first waits until what it wrote has
// reached the server, at most for the length of the buffer and a second more
// (D16). ErrTimedOut then says that the rest is still on its way, ErrReset that the
// server has gone without it. All other ends close at once. A second Close is ErrClosed.
func (p *PCM) Close(ctx context.Context) error {
	if !p.shut() {
		return p.errClosed()
	}
	defer p.io.Unlock()
	p.memory.Lock()
	defer p.memory.Unlock()
	return p.control.Close(ctx)
}

// Abandon closes the end at once, as if the program had been killed: what was
// written is still delivered (D16), but nobody waits for it.
func (p *PCM) Abandon() {
	if !p.shut() {
		return
	}
	defer p.io.Unlock()
	p.memory.Lock()
	defer p.memory.Unlock()
	p.control.Abandon()
}

// shut makes every call from now on fail, and waits for the one that is moving
// frames to leave; io is locked then. false: it was shut before.
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
