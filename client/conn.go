package client

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/internal/reach"
	"github.com/loopbridge/loopbridge/wire"
)

// conn is a connection to the daemon: requests, and a goroutine that hands each
// reply to whoever asked.
type conn struct {
	*net.UnixConn
	socket string
	quit   chan struct{} // closed by close
	left   chan struct{} // closed when the goroutine has left

	slots chan struct{} // taken by the requests of call that are not answered yet

	mu      sync.Mutex
	seq     uint32
	pending map[uint32]chan answer // nil: nobody waits for the answer any more
	dead    bool
	onDeath func()
}

// answer is a reply with the descriptors that came with it.
type answer struct {
	wire.Reply
	fds []int
	err error
}

// dial connects to the daemon, on a socket or "" for where there is one. ErrNoDaemon,
// ErrPermission, ErrNoMemory.
func dial(ctx context.Context, socket string) (*conn, error) {
	c, found, err := reach.First(ctx, "unixpacket", placesOf(socket))
	if err != nil {
		return nil, err
	}
	conn := &conn{
		UnixConn: c, socket: found, quit: make(chan struct{}), left: make(chan struct{}),
		slots: make(chan struct{}, wire.MaxPending-1), pending: make(map[uint32]chan answer),
	}
	go conn.receive()
	return conn, nil
}

// receive runs until the connection ends.
func (c *conn) receive() {
	defer close(c.left)
	packet := make([]byte, wire.MessageBytes+1)
	rights := make([]byte, unix.CmsgSpace(4*4))
	for reset := false; ; {
		n, oobn, flags, _, err := c.ReadMsgUnix(packet, rights)
		if errors.Is(err, syscall.ECONNRESET) && !reset {
			reset = true // reported once, and before the replies that are still there
			continue
		}
		if err != nil || n == 0 {
			break
		}
		a := answer{fds: descriptors(rights[:oobn])}
		a.Reply, a.err = wire.DecodeReply(packet[:n])
		broken := a.err != nil
		if flags&unix.MSG_CTRUNC != 0 && !broken {
			a.err = reach.ErrFull()
		}
		c.deliver(a)
		if broken {
			break // whatever that is, it is no daemon for us
		}
	}
	c.UnixConn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	for _, ch := range c.pending {
		if ch != nil {
			close(ch)
		}
	}
	c.pending = nil
	if c.onDeath != nil {
		c.onDeath()
	}
}

// deliver hands a reply to its caller. Descriptors of one who has given up are
// closed; the lock keeps him from giving up in between.
func (c *conn) deliver(a answer) {
	c.mu.Lock()
	ch, known := c.pending[a.Seq]
	if known && a.Last != 0 {
		delete(c.pending, a.Seq)
		select {
		case <-c.slots:
		default:
		}
	}
	switch {
	case ch == nil:
		closeAll(a.fds)
	case len(a.fds) > 0:
		select {
		case ch <- a: // the only reply to this request: there is room
		default:
			closeAll(a.fds)
		}
	default:
		defer func() {
			select {
			case ch <- a:
			case <-c.quit:
			}
		}()
	}
	c.mu.Unlock()
}

// descriptors takes those of a control message, which the kernel has opened close-
// on-exec.
func descriptors(rights []byte) []int {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	var all []int
	for i := range messages {
		if fds, err := unix.ParseUnixRights(&messages[i]); err == nil {
			all = append(all, fds...)
		}
	}
	return all
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// maxReplies is room for the answers to one request.
const maxReplies = 64

// send writes a request; its answers come on the channel, which is closed when the
// daemon has gone.
func (c *conn) send(r *wire.Request, answered bool) (<-chan answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return nil, c.errGone()
	}
	c.seq++
	r.Seq = c.seq
	var ch chan answer
	if answered {
		ch = make(chan answer, maxReplies)
		c.pending[r.Seq] = ch
	}
	if _, err := c.Write(wire.EncodeRequest(r)); err != nil {
		delete(c.pending, r.Seq)
		return nil, c.errGone()
	}
	return ch, nil
}

// ask is call for a request that the daemon answers at once. ErrTimedOut: it has not.
func (c *conn) ask(ctx context.Context, r *wire.Request) (a answer, err error) {
	err = reach.Bound(ctx, c.socket, func(ctx context.Context) (err error) {
		a, err = c.call(ctx, r)
		return err
	})
	return a, err
}

// await is call for a request whose answer waits for somebody else. ErrTimedOut: the daemon
// answers nothing else either.
func (c *conn) await(ctx context.Context, r *wire.Request) (a answer, err error) {
	err = reach.Watch(ctx, c.socket, func(ctx context.Context) error { return ping(ctx, c.socket) }, func(ctx context.Context) (err error) {
		a, err = c.call(ctx, r)
		return err
	})
	return a, err
}

// ping asks the daemon on a socket for anything that it answers at once.
func ping(ctx context.Context, socket string) error {
	c, err := dial(ctx, socket)
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.call(ctx, &wire.Request{Header: wire.Header{Op: wire.OpInfo}})
	if errors.Is(err, audio.ErrNoDevice) {
		return nil
	}
	return err
}

// call sends a request and waits for its only reply. It takes one of the slots,
// which the answer gives back, even one that nobody waits for any more: the daemon
// hangs up on whoever has more than MaxPending requests under way. One is left for
// Close.
func (c *conn) call(ctx context.Context, r *wire.Request) (answer, error) {
	if r.Op != wire.OpClose {
		if ctx.Err() != nil { // nothing is asked for, so nothing happens
			return answer{}, interrupted(ctx)
		}
		select {
		case c.slots <- struct{}{}:
		case <-ctx.Done():
			return answer{}, interrupted(ctx)
		case <-c.left:
			return answer{}, c.errGone()
		}
	}
	ch, err := c.send(r, true)
	if err != nil {
		return answer{}, err
	}
	select {
	case a, ok := <-ch:
		if !ok {
			return a, c.errGone()
		}
		err := a.failure()
		if err != nil {
			closeAll(a.fds)
		}
		return a, err
	case <-ctx.Done():
		c.forget(r.Seq, ch)
		return answer{}, interrupted(ctx)
	}
}

// forget leaves the rest to deliver: the answer may still come.
func (c *conn) forget(seq uint32, ch <-chan answer) {
	c.mu.Lock()
	if _, waiting := c.pending[seq]; waiting {
		c.pending[seq] = nil
	}
	c.mu.Unlock()
	select {
	case a := <-ch:
		closeAll(a.fds)
	default:
	}
}

// failure is what the daemon answered instead of Done.
func (a *answer) failure() error {
	switch {
	case a.err != nil:
		return a.err
	case a.Errno != 0:
		return audio.FromErrno(syscall.Errno(a.Errno)).With("%s", wire.Text(a.Failure.Text[:]))
	}
	return nil
}

// errGone says why a connection that has ended is of no use.
func (c *conn) errGone() error {
	select {
	case <-c.quit:
		return audio.ErrClosed.With("this end is closed")
	default:
		return audio.ErrReset.With("the daemon has gone")
	}
}

// close hangs up and waits for the goroutine.
func (c *conn) close() {
	close(c.quit)
	c.UnixConn.Close()
	<-c.left
}
