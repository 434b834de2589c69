package client

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/internal/reach"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/wire"
)

// WithPatience returns a context under which calls, here and in package control, wait up to d for
// a sign of life from the daemon before they fail with ErrTimedOut. The default is 5 s. Calls that
// wait for another program, or for a drain, check from time to time that the daemon is alive.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return reach.WithPatience(ctx, d)
}

// Patience returns how long calls under ctx wait for a sign of life.
func Patience(ctx context.Context) time.Duration { return reach.Patience(ctx) }

// Open opens an end of a loop of the daemon on a socket, or, for "", where FindSocket looks. It
// blocks for the daemon's answer, and as Options.Wait says: that includes waiting for a daemon,
// which may stop and return. It returns the errors of loop.Patchbay.Attach, and ErrNoDaemon,
// ErrPermission, ErrTimedOut for a silent daemon, and ErrProtocol for another version. Close the
// result, or the end stays held as long as the process lives.
func Open(ctx context.Context, socket, name string, o pcm.Options) (*pcm.PCM, error) {
	open, err := wire.OpenOf(name, o)
	if err != nil {
		return nil, err
	}
	c, a, err := openOn(ctx, socket, open)
	if err != nil {
		return nil, err
	}
	p := &program{conn: c, role: o.Role}
	g, err := p.adopt(&a)
	if err != nil {
		p.Abandon()
		return nil, err
	}
	c.mu.Lock()
	c.onDeath = p.orphan
	dead := c.dead
	c.mu.Unlock()
	if dead {
		p.orphan()
	}
	return pcm.New(name, o, g, p, p.bell), nil
}

// openOn waits for a daemon as open.Wait says, and returns what it grants.
func openOn(ctx context.Context, socket string, open wire.Open) (*conn, answer, error) {
	s := newSearch(socket, time.Duration(open.Wait))
	defer s.close()
	for {
		c, err := dial(ctx, socket)
		if err == nil {
			var a answer
			ask := c.ask
			if open.Wait != 0 {
				ask = c.await
			}
			if a, err = ask(ctx, &wire.Request{Header: wire.Header{Op: wire.OpOpen}, Open: open}); err == nil {
				return c, a, nil
			}
			c.close()
		}
		if open.Wait == 0 || !s.again(ctx, err) {
			return nil, answer{}, stopped(ctx, err)
		}
		open.Wait = int64(s.left())
	}
}

// program is pcm.Control over a connection.
type program struct {
	conn *conn
	role pcm.Role
	bell *bell

	mu       sync.Mutex // guards against orphan while the ring is replaced or unmapped
	mem      []byte
	ring     *ring.Ring
	orphaned bool // the daemon has gone
}

// adopt maps the memory of a Granted in place of any before. The answer to Open also brings the
// bell.
func (p *program) adopt(a *answer) (pcm.Grant, error) {
	want := 1
	if p.bell == nil {
		want = 2
	}
	if len(a.fds) != want {
		closeAll(a.fds)
		return pcm.Grant{}, audio.ErrProtocol.With("the daemon sent %d descriptors instead of %d", len(a.fds), want)
	}
	defer unix.Close(a.fds[0])
	if p.bell == nil {
		var err error
		if p.bell, err = newBell(a.fds[1]); err != nil {
			return pcm.Grant{}, err
		}
	}
	mem, err := unix.Mmap(a.fds[0], 0, int(a.Granted.Bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return pcm.Grant{}, audio.ErrNoMemory.With("cannot map a buffer of %d bytes: %v", a.Granted.Bytes, err)
	}
	r, err := ring.Map(mem)
	if err != nil {
		_ = unix.Munmap(mem)
		return pcm.Grant{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unmapLocked()
	p.mem, p.ring = mem, r
	p.publishEndLocked()
	return pcm.Grant{
		Ring: r, Direction: wire.Direction(a.Granted.Direction), Period: int(a.Granted.Period),
		Positions: wire.Positions(a.Granted.Positions),
	}, nil
}

// unmapLocked drops the ring.
func (p *program) unmapLocked() {
	if p.mem != nil {
		_ = unix.Munmap(p.mem)
	}
	p.mem, p.ring = nil, nil
}

// orphan ends the stream in place of a daemon that has gone.
func (p *program) orphan() {
	p.mu.Lock()
	p.orphaned = true
	p.publishEndLocked()
	p.mu.Unlock()
	p.bell.kill()
}

// publishEndLocked ends the stream on the ring if the daemon went without doing so.
func (p *program) publishEndLocked() {
	if p.orphaned && p.ring != nil && p.ring.State() != ring.Ended {
		p.ring.Publish(ring.Ended, audio.ErrReset.Errno())
	}
}

// Start implements pcm.Control.
func (p *program) Start() error {
	err := p.conn.send(&wire.Request{Header: wire.Header{Op: wire.OpStart}}, nil)
	return err
}

// Pause implements pcm.Control.
func (p *program) Pause(ctx context.Context, on bool) error {
	_, err := p.conn.ask(ctx, &wire.Request{Header: wire.Header{Op: wire.OpPause}, Pause: wire.PauseOf(on)})
	return err
}

// Halt implements pcm.Control.
func (p *program) Halt(ctx context.Context) error {
	_, err := p.conn.ask(ctx, &wire.Request{Header: wire.Header{Op: wire.OpHalt}})
	return err
}

// Drain implements pcm.Control.
func (p *program) Drain(ctx context.Context) error { return p.await(ctx, wire.OpDrain) }

// Mark implements pcm.Control.
func (p *program) Mark(ctx context.Context, position uint64) error {
	_, err := p.conn.ask(ctx, &wire.Request{Header: wire.Header{Op: wire.OpMark}, Mark: wire.Mark{Position: position}})
	return err
}

func (p *program) await(ctx context.Context, op wire.Op) error {
	_, err := p.conn.await(ctx, &wire.Request{Header: wire.Header{Op: op}})
	return err
}

// Setup implements pcm.Control. If the daemon has or may have agreed but the new ring cannot be
// used, the old one is dead and the end is lost.
func (p *program) Setup(ctx context.Context, s pcm.Setup) (g pcm.Grant, err error) {
	if ctx.Err() != nil {
		return g, interrupted(ctx)
	}
	r := &wire.Request{Header: wire.Header{Op: wire.OpSetup}, Setup: wire.SetupOf(s)}
	a, err := p.conn.ask(ctx, r)
	switch {
	case noAnswer(err) && r.Seq != 0: // it was sent
		p.conn.UnixConn.Close()
	case err == nil:
		if g, err = p.adopt(&a); err != nil {
			p.conn.UnixConn.Close()
		}
	}
	return g, err
}

// Close implements pcm.Control. It gives the end back whatever it returns.
func (p *program) Close(ctx context.Context) error {
	err := p.await(ctx, wire.OpClose)
	drained := p.drained()
	p.Abandon()
	if drained && (errors.Is(err, audio.ErrReset) || noAnswer(err)) {
		return nil // the daemon has gone, or ctx has ended, but there was nothing to wait for
	}
	return err
}

// noAnswer reports whether the outcome of a request is unknown.
func noAnswer(err error) bool {
	return errors.Is(err, audio.ErrInterrupted) || errors.Is(err, audio.ErrTimedOut)
}

// drained reports whether Close has nothing to wait for.
func (p *program) drained() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.role == pcm.Server || !p.ring.Spec().Playback || ring.Writer{Ring: p.ring}.Queued() == 0
}

// Abandon implements pcm.Control. The daemon sees the connection end.
func (p *program) Abandon() {
	p.conn.close()
	p.mu.Lock()
	p.unmapLocked()
	p.mu.Unlock()
	if p.bell != nil {
		p.bell.close()
	}
}
