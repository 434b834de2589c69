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

// WithPatience says how long calls under the context that it returns, here and in package
// control, wait for a daemon to say anything before they give up with ErrTimedOut: 5 s
// without it. Those that wait for somebody else, as for a server or for the end of a drain,
// ask from time to time whether the daemon is still there.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return reach.WithPatience(ctx, d)
}

// Patience is how long that is for calls under ctx.
func Patience(ctx context.Context) time.Duration { return reach.Patience(ctx) }

// Open opens an end of a loop of the daemon on a socket, or "" for where FindSocket looks.
// It blocks for the daemon's answer, and where Options.Wait says so: that waits for a daemon,
// too, which may go meanwhile and come back. Errors as for loop.Patchbay.Attach,
// besides ErrNoDaemon, ErrPermission, ErrTimedOut for a daemon that does not answer, and
// ErrProtocol for one of another version. Close the result, or the end stays held as long as
// the process lives.
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
	c.onDeath = p.mourn
	dead := c.dead
	c.mu.Unlock()
	if dead {
		p.mourn()
	}
	return pcm.New(name, o, g, p, p.bell), nil
}

// openOn is what a daemon grants, which may be there only after a while.
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

// program is the far side of an end: pcm.Control over a connection.
type program struct {
	conn *conn
	role pcm.Role
	bell *bell

	mu       sync.Mutex // between mourn and those that replace or unmap the ring
	mem      []byte
	ring     *ring.Ring
	orphaned bool // mourn was here
}

// adopt maps what a Granted brought, in place of what was there. The answer to Open
// brings the bell, too.
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
	p.unmap()
	p.mem, p.ring = mem, r
	p.lament()
	return pcm.Grant{
		Ring: r, Direction: pcm.Direction(a.Granted.Direction), Period: int(a.Granted.Period), Positions: wire.Positions(a.Granted.Positions),
	}, nil
}

// unmap forgets the ring. The caller holds mu.
func (p *program) unmap() {
	if p.mem != nil {
		_ = unix.Munmap(p.mem)
	}
	p.mem, p.ring = nil, nil
}

// mourn does what the daemon no longer can: it ends the stream.
func (p *program) mourn() {
	p.mu.Lock()
	p.orphaned = true
	p.lament()
	p.mu.Unlock()
	p.bell.die()
}

// lament ends the stream on the ring, unless the daemon did before it hung up. The
// caller holds mu.
func (p *program) lament() {
	if p.orphaned && p.ring != nil && p.ring.State() != ring.Ended {
		p.ring.Publish(ring.Ended, audio.ErrReset.Errno())
	}
}

// Start implements pcm.Control.
func (p *program) Start() error {
	_, err := p.conn.send(&wire.Request{Header: wire.Header{Op: wire.OpStart}}, false)
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

// Setup implements pcm.Control. Where the daemon has or may have agreed, but the
// new ring is not to be had, the old one is dead: the end is lost.
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

// Close implements pcm.Control. However it goes, the end is given back.
func (p *program) Close(ctx context.Context) error {
	err := p.await(ctx, wire.OpClose)
	drained := p.drained()
	p.Abandon()
	if drained && (errors.Is(err, audio.ErrReset) || noAnswer(err)) {
		return nil // the daemon has gone, or ctx has ended, but there was nothing to wait for
	}
	return err
}

// noAnswer reports whether nobody knows what became of a request.
func noAnswer(err error) bool {
	return errors.Is(err, audio.ErrInterrupted) || errors.Is(err, audio.ErrTimedOut)
}

// drained reports whether there is nothing that a Close would wait for.
func (p *program) drained() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.role == pcm.Server || !p.ring.Spec().Playback || ring.Writer{Ring: p.ring}.Queued() == 0
}

// Abandon implements pcm.Control: the daemon sees the connection end.
func (p *program) Abandon() {
	p.conn.close()
	p.mu.Lock()
	p.unmap()
	p.mu.Unlock()
	if p.bell != nil {
		p.bell.close()
	}
}
