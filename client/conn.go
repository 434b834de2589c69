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

// conn is a connection to the daemon, with a goroutine that hands each reply to its caller.
type conn struct {
	*net.UnixConn
	socket string
	quit   chan struct{} // closed by close
	left   chan struct{} // closed when the goroutine has returned

	slots chan struct{} // held by unanswered requests of call

	mu      sync.Mutex
	seq     uint32
	pending map[uint32]chan answer // nil: the caller gave up
	dead    bool
	onDeath func()
}

// answer is a reply with the descriptors that came with it.
type answer struct {
	wire.Reply
	fds []int
	err error
}

// dial connects to the daemon on a socket, or, for "", on the usual ones. It returns ErrNoDaemon,
// ErrPermission or ErrNoMemory.
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
			reset = true // reported once, before the replies that are still there
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
			break // this is not our daemon
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

// deliver hands a reply to its caller, or closes the descriptors if the caller gave up; the lock
// keeps it from giving up in between.
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

// descriptors returns the descriptors of a control message, which the kernel opened close-on-exec.
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

// maxReplies bounds the answers to one request.
const maxReplies = 64

// send writes a request. Its answers come on the channel, if any, which is closed when the daemon
// goes.
func (c *conn) send(r *wire.Request, answers chan answer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return c.errGone()
	}
	c.seq++
	r.Seq = c.seq
	if answers != nil {
		c.pending[r.Seq] = answers
	}
	if _, err := c.Write(wire.EncodeRequest(r)); err != nil {
		delete(c.pending, r.Seq)
		return c.errGone()
	}
	return nil
}

// ask is call for a request that the daemon answers at once; ErrTimedOut if it does not.
func (c *conn) ask(ctx context.Context, r *wire.Request) (a answer, err error) {
	err = reach.Bound(ctx, c.socket, func(ctx context.Context) (err error) {
		a, err = c.call(ctx, r)
		return err
	})
	return a, err
}

// await is call for a request whose answer depends on others; ErrTimedOut if the daemon no longer
// answers anything.
func (c *conn) await(ctx context.Context, r *wire.Request) (a answer, err error) {
	probe := func(ctx context.Context) error { return ping(ctx, c.socket) }
	err = reach.Watch(ctx, c.socket, probe, func(ctx context.Context) (err error) {
		a, err = c.call(ctx, r)
		return err
	})
	return a, err
}

// ping asks the daemon on a socket for something that it answers at once.
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

// call sends a request and waits for its only reply. It holds a slot until the answer comes, even
// if the caller gives up: the daemon hangs up on a program with more than MaxPending requests.
// One slot is reserved for Close.
func (c *conn) call(ctx context.Context, r *wire.Request) (answer, error) {
	if r.Op != wire.OpClose {
		if ctx.Err() != nil { // nothing was sent, so nothing happens
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
	ch := make(chan answer, maxReplies)
	if err := c.send(r, ch); err != nil {
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

// forget gives up on an answer, which deliver discards if it comes later.
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

// failure returns the error in an answer, or nil.
func (a *answer) failure() error {
	switch {
	case a.err != nil:
		return a.err
	case a.Errno != 0:
		return audio.FromErrno(syscall.Errno(a.Errno)).With("%s", wire.Text(a.Failure.Text[:]))
	}
	return nil
}

// errGone says why a connection that has ended cannot be used.
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
