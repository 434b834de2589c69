package client

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/wire"
)

// conn is a connection to the daemon: requests, and a goroutine that hands each
// reply to whoever asked.
type conn struct {
	*net.UnixConn
	quit chan struct{} // closed by close
	left chan struct{} // closed when the goroutine has left

	mu      sync.Mutex
	seq     uint32
	pending map[uint32]chan answer
	dead    bool
	onDeath func()
}

// answer is a reply with the descriptors that came with it.
type answer struct {
	wire.Reply
	fds []int
	err error
}

// dial connects to the daemon. ErrNoDaemon, ErrPermission.
func dial(ctx context.Context, socket string) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unixpacket", socket)
	switch {
	case ctx.Err() != nil:
		return nil, interrupted(ctx)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return nil, audio.ErrPermission.With("you may not use the daemon on %s: join the group of that socket, or ask for your user to be listed", socket)
	case err != nil:
		return nil, audio.ErrNoDaemon.With("no daemon on %s: start one with `loopbridge serve`, or name its socket with --socket or $%s",
			socket, SocketVariable)
	}
	conn := &conn{UnixConn: c.(*net.UnixConn), quit: make(chan struct{}), left: make(chan struct{}), pending: make(map[uint32]chan answer)}
	go conn.receive()
	return conn, nil
}

// receive runs until the connection ends.
func (c *conn) receive() {
	defer close(c.left)
	packet := make([]byte, wire.MessageBytes+1)
	rights := make([]byte, unix.CmsgSpace(4*4))
	for {
		n, oobn, _, _, err := c.ReadMsgUnix(packet, rights)
		if err != nil || n == 0 {
			break
		}
		fds := descriptors(rights[:oobn])
		r, err := wire.DecodeReply(packet[:n])
		c.deliver(answer{Reply: r, fds: fds, err: err})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	for _, ch := range c.pending {
		close(ch)
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
	ch := c.pending[a.Seq]
	if a.Last != 0 {
		delete(c.pending, a.Seq)
	}
	switch {
	case ch == nil:
		closeAll(a.fds)
	case len(a.fds) > 0:
		ch <- a // the only reply to this request: there is room
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
		return nil, errGone()
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
		return nil, errGone()
	}
	return ch, nil
}

// call sends a request and waits for its only reply.
func (c *conn) call(ctx context.Context, r *wire.Request) (answer, error) {
	ch, err := c.send(r, true)
	if err != nil {
		return answer{}, err
	}
	select {
	case a, ok := <-ch:
		if !ok {
			return a, errGone()
		}
		return a, a.failure()
	case <-ctx.Done():
		// The answer may still come: receive closes its descriptors then.
		c.forget(r.Seq, ch)
		return answer{}, interrupted(ctx)
	}
}

func (c *conn) forget(seq uint32, ch <-chan answer) {
	c.mu.Lock()
	delete(c.pending, seq)
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

func errGone() error {
	return audio.ErrReset.With("the daemon has gone")
}

// close hangs up and waits for the goroutine.
func (c *conn) close() {
	close(c.quit)
	c.UnixConn.Close()
	<-c.left
}
