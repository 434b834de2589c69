package client

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/wire"
)

// Open opens an end of a loop of the daemon on a socket. It blocks for the daemon's
// answer, and where Options.Wait says so. Errors as for loop.Patchbay.Attach,
// besides ErrNoDaemon, ErrPermission, and ErrProtocol for a daemon of another
// version. Close the result, or the end stays held as long as the process lives.
func Open(ctx context.Context, socket, name string, o pcm.Options) (*pcm.PCM, error) {
	open, err := wire.OpenOf(name, o)
	if err != nil {
		return nil, err
	}
	c, err := dial(ctx, socket)
	if err != nil {
		return nil, err
	}
	a, err := c.call(ctx, &wire.Request{Header: wire.Header{Op: wire.OpOpen}, Open: open})
	if err != nil {
		c.close()
		return nil, err
	}
	p := &program{conn: c}
	g, err := p.adopt(&a)
	if err != nil {
		c.close()
		return nil, err
	}
	c.mu.Lock()
	c.onDeath = p.mourn
	dead := c.dead
	c.mu.Unlock()
	if dead {
		p.mourn()
	}
	o.Period = int(a.Granted.Period)
	return pcm.New(name, o, g, p, p.bell), nil
}

// program is the far side of an end: pcm.Control over a connection.
type program struct {
	conn *conn
	bell *bell

	mu   sync.Mutex // between mourn and those that replace or unmap the ring
	mem  []byte
	ring *ring.Ring
}

// adopt maps what a Granted brought, in place of what was there.
func (p *program) adopt(a *answer) (pcm.Grant, error) {
	if len(a.fds) != 2 {
		closeAll(a.fds)
		return pcm.Grant{}, audio.ErrProtocol.With("the daemon sent %d descriptors instead of 2", len(a.fds))
	}
	memfd, bellfd := a.fds[0], a.fds[1]
	defer unix.Close(memfd)
	if p.bell == nil {
		p.bell = newBell(bellfd)
	} else {
		unix.Close(bellfd) // the same one again
	}
	mem, err := unix.Mmap(memfd, 0, int(a.Granted.Bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
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
	return pcm.Grant{Ring: r, Direction: pcm.Direction(a.Granted.Direction)}, nil
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
	if p.ring != nil {
		p.ring.Publish(ring.Ended, audio.ErrReset.Errno())
	}
	p.mu.Unlock()
	p.bell.die()
}

// Start implements pcm.Control.
func (p *program) Start() error {
	_, err := p.conn.send(&wire.Request{Header: wire.Header{Op: wire.OpStart}}, false)
	return err
}

// Halt implements pcm.Control.
func (p *program) Halt(ctx context.Context) error { return p.call(ctx, wire.OpHalt) }

// Drain implements pcm.Control.
func (p *program) Drain(ctx context.Context) error { return p.call(ctx, wire.OpDrain) }

func (p *program) call(ctx context.Context, op wire.Op) error {
	_, err := p.conn.call(ctx, &wire.Request{Header: wire.Header{Op: op}})
	return err
}

// SetFormat implements pcm.Control.
func (p *program) SetFormat(ctx context.Context, f audio.Format) (pcm.Grant, error) {
	a, err := p.conn.call(ctx, &wire.Request{
		Header: wire.Header{Op: wire.OpSetFormat}, SetFormat: wire.SetFormat{Format: wire.FormatOf(f)},
	})
	if err != nil {
		return pcm.Grant{}, err
	}
	return p.adopt(&a)
}

// Close implements pcm.Control. However it goes, the end is given back.
func (p *program) Close(ctx context.Context) error {
	err := p.call(ctx, wire.OpClose)
	p.Abandon()
	if errors.Is(err, audio.ErrReset) {
		return nil // the daemon has gone, and the end with it
	}
	return err
}

// Abandon implements pcm.Control: the daemon sees the connection end.
func (p *program) Abandon() {
	p.conn.close()
	p.mu.Lock()
	p.unmap()
	p.mu.Unlock()
	_ = p.bell.file.Close()
}
