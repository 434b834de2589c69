package server

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/wire"
)

// write sends a reply, with descriptors if there are any. It fails for a program that leaves too
// many replies unread for too long, which ends the connection.
func (c *conn) write(r *wire.Reply, fds ...int) error {
	packet := wire.EncodeReply(r)
	c.send.Lock()
	defer c.send.Unlock()
	c.answeredLocked(&r.Header) // before the program can ask again
	if err := c.SetWriteDeadline(time.Now().Add(c.server.patience.reply)); err != nil {
		return err
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	_, _, err := c.WriteMsgUnix(packet, rights, nil)
	return err
}

// answer replies Done, or with the error.
func (c *conn) answer(h wire.Header, err error) error {
	if err != nil {
		return c.fail(h, err)
	}
	return c.write(&wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: 1}})
}

// fail replies with the error's errno and sentence.
func (c *conn) fail(h wire.Header, err error) error {
	errno := audio.ErrIO.Errno()
	if e := (*audio.Error)(nil); errors.As(err, &e) {
		errno = e.Errno()
	} else if e := syscall.Errno(0); errors.As(err, &e) {
		errno = e
	}
	r := wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Errno: uint32(errno), Last: 1}}
	wire.Put(r.Failure.Text[:], err.Error())
	return c.write(&r)
}

// grant sends the end's ring to the program.
func (c *conn) grant(h wire.Header, end *loop.End) error {
	g := end.Grant()
	spec := g.Ring.Spec()
	r := wire.Reply{
		Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: 1},
		Granted: wire.Granted{
			Direction: wire.DirectionOf(g.Direction), Period: uint32(g.Period), Buffer: uint32(spec.Capacity),
			Bytes: uint64(spec.Bytes()), Positions: wire.PositionsOf(g.Positions),
		},
	}
	fds, err := c.hosted().descriptors(h.Op == wire.OpOpen)
	if err != nil {
		return err
	}
	defer closeAll(fds)
	return c.write(&r, fds...)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}
