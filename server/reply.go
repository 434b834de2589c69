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

// write sends a packet, with descriptors if there are any. A program that leaves
// too many replies unread for too long gets an error, and with it the end.
func (c *conn) write(packet []byte, fds ...int) error {
	c.send.Lock()
	defer c.send.Unlock()
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

// answer is Done, or why not.
func (c *conn) answer(h wire.Header, err error) error {
	if err != nil {
		return c.fail(h, err)
	}
	return c.write(wire.EncodeReply(&wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: 1}}))
}

// fail answers with the error's errno and sentence.
func (c *conn) fail(h wire.Header, err error) error {
	errno := audio.ErrIO.Errno()
	if e := (*audio.Error)(nil); errors.As(err, &e) {
		errno = e.Errno()
	} else if e := syscall.Errno(0); errors.As(err, &e) {
		errno = e
	}
	r := wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Errno: uint32(errno), Last: 1}}
	wire.Put(r.Failure.Text[:], err.Error())
	return c.write(wire.EncodeReply(&r))
}

// grant hands the end's ring to the program.
func (c *conn) grant(h wire.Header, end *loop.End) error {
	g := end.Grant()
	spec := g.Ring.Spec()
	r := wire.Reply{
		Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: 1},
		Granted: wire.Granted{
			Direction: uint32(g.Direction), Period: uint32(g.Period), Buffer: uint32(spec.Capacity), Bytes: uint64(spec.Bytes()),
			Positions: wire.PositionsOf(g.Positions),
		},
	}
	fds, err := c.host.descriptors(h.Op == wire.OpOpen)
	if err != nil {
		return err
	}
	defer closeAll(fds)
	return c.write(wire.EncodeReply(&r), fds...)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// list answers with a message for each loop, then Done.
func (c *conn) list(h wire.Header) error {
	for _, s := range c.server.bay.Status() {
		r := wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq}, Loop: loopOf(&s)}
		if err := c.write(wire.EncodeReply(&r)); err != nil {
			return err
		}
	}
	return c.answer(h, nil)
}

func loopOf(s *loop.Status) wire.Loop {
	l := wire.Loop{
		Format: wire.FormatOf(s.Format), Waiting: uint32(s.Waiting), Clients: uint32(len(s.Clients)), Attached: uint32(s.Attached),
		Sessions: s.Sessions, Frames: s.Frames, Skipped: s.Skipped,
		Server: endOf(&s.Server), Client: endOf(&s.Client),
	}
	switch s.OnClientClose {
	case loop.Hold:
		l.Server.Flags |= wire.EndHolds
	case loop.Silence:
		l.Server.Flags |= wire.EndSilence
	}
	wire.Put(l.Name[:], s.Name)
	wire.Put(l.Device[:], s.Device)
	return l
}

func endOf(s *loop.EndStatus) wire.End {
	e := wire.End{
		State: uint32(s.State), Direction: uint32(s.Direction), PID: uint32(s.Holder.PID), UID: uint32(s.Holder.UID),
		Period: uint32(s.Period), Buffer: uint32(s.Buffer), Format: wire.FormatOf(s.Format),
		Moved: s.Moved, Xruns: s.Xruns, XrunFrames: s.XrunFrames, Bad: s.Bad,
	}
	for flag, set := range map[uint32]bool{wire.EndOpen: s.Open, wire.EndGone: s.Gone, wire.EndError: s.Error, wire.EndPaused: s.Paused, wire.EndDraining: s.Draining} {
		if set {
			e.Flags |= flag
		}
	}
	wire.Put(e.Program[:], s.Holder.Program)
	return e
}
