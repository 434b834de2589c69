package server

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/wire"
)

// patience limits how long a program may keep a connection waiting.
type patience struct {
	first time.Duration // for its first request
	reply time.Duration // for room to send it a reply
}

// conn is the connection of a program, which holds at most one end.
type conn struct {
	*net.UnixConn
	server *Server
	holder pcm.Holder
	refuse error // why the program is refused

	// Used by the reading goroutine only.
	opened  bool
	greeted bool // it has sent a request
	over    bool // its end is closed, in a process before

	send    sync.Mutex
	waiting []*waiting // requests that take long and have no answer yet, in order; guarded by send
	host    *host      // set before end; guarded by send
	end     atomic.Pointer[loop.End]
	wait    sync.WaitGroup
}

// waiting is a request whose answer takes long.
type waiting struct {
	wire.Request
	till  time.Time // of an OpOpen that does not wait for ever
	drain uint64    // position up to which an OpDrain waits
}

// serve reads requests until the connection ends, then closes the end. begin comes first, unless nil.
func (c *conn) serve(begin func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if begin != nil {
		err = begin(ctx)
	}
	if err == nil {
		err = c.read(ctx)
	}
	if err != nil {
		c.server.log.Debug().Err(err).Int("pid", c.holder.PID).Str("program", c.holder.Program).Msg("connection ended")
	}
	cancel()
	c.UnixConn.Close()
	if end := c.end.Load(); end != nil {
		end.Abandon() // which also ends the waiting requests
	}
	c.wait.Wait()
	if h := c.hosted(); h != nil {
		h.close()
	}
}

// hosted returns the host of the end, or nil.
func (c *conn) hosted() *host {
	c.send.Lock()
	defer c.send.Unlock()
	return c.host
}

// read returns nil when the program has closed the connection or was disconnected.
func (c *conn) read(ctx context.Context) error {
	packet := make([]byte, wire.MessageBytes+1) // one more, to detect what is too long
	c.listen()
	for {
		// Without room for descriptors the kernel drops them and sets MSG_CTRUNC.
		n, _, flags, _, err := c.ReadMsgUnix(packet, nil)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded) && c.server.rest.stand():
			c.listen()
			continue
		case err != nil:
			return err
		}
		r, err := wire.DecodeRequest(packet[:n])
		switch {
		case flags&unix.MSG_CTRUNC != 0:
			err = audio.ErrProtocol.With("a program must not send descriptors")
		case err == nil && c.refuse != nil:
			err = c.refuse
		case err == nil:
			if !c.greeted {
				c.greeted = true
				c.listen()
			}
			err = c.request(ctx, &r)
		}
		if err != nil {
			c.farewell(r.Header, err)
			return err
		}
	}
}

// listen sets how long the next read may take.
func (c *conn) listen() {
	limit := time.Time{}
	if !c.greeted {
		limit = time.Now().Add(c.server.patience.first)
	}
	c.server.rest.deadline(limit, c.SetReadDeadline)
}

// farewell tells the program why it is disconnected, unless the connection itself failed.
func (c *conn) farewell(h wire.Header, err error) {
	if e := (*audio.Error)(nil); errors.As(err, &e) {
		_ = c.fail(h, err)
	}
}

// request answers a message, or starts what will. An error ends the connection.
func (c *conn) request(ctx context.Context, r *wire.Request) error {
	h := r.Header
	switch {
	case r.Op == wire.OpInfo, r.Op == wire.OpSet:
		return c.state(r)
	case r.Op == wire.OpStates:
		return c.states(r)
	case r.Op == wire.OpFollow:
		return c.follow(ctx, r)
	case r.Op == wire.OpOpen && c.opened:
		return audio.ErrProtocol.With("a connection opens one end only")
	case r.Op == wire.OpOpen:
		c.opened = true
		w := &waiting{Request: *r}
		if r.Open.Wait > 0 {
			w.till = time.Now().Add(time.Duration(r.Open.Wait))
		}
		return c.later(w, func() error { return c.open(ctx, &r.Open) }, c.granted(h))
	}
	end := c.end.Load()
	switch {
	case end == nil && c.over:
		return c.answer(h, audio.ErrClosed.With("this end is closed"))
	case end == nil:
		return audio.ErrProtocol.With("open an end first")
	}
	done := func(err error) error { return c.answer(h, err) }
	switch r.Op {
	case wire.OpStart:
		return end.Start()
	case wire.OpHalt:
		return done(end.Halt(ctx))
	case wire.OpDrain:
		to, drained := end.BeginDrain() // here, because requests take effect in order
		return c.later(&waiting{Request: *r, drain: to}, func() error { return drained(ctx) }, done)
	case wire.OpMark:
		return done(end.Mark(ctx, r.Mark.Position))
	case wire.OpPause:
		return done(end.Pause(ctx, r.Pause.On != 0))
	case wire.OpSetup:
		if _, err := end.Setup(ctx, r.Setup.Options()); err != nil {
			return done(err)
		}
		return c.grant(h, end)
	case wire.OpClose:
		return c.later(&waiting{Request: *r}, func() error { return end.Close(ctx) }, done)
	}
	return audio.ErrProtocol.With("unknown request %d", r.Op)
}

// granted returns the answer of an open.
func (c *conn) granted(h wire.Header) (answer func(error) error) {
	return func(err error) error {
		if err != nil {
			return err // a connection without an end is useless
		}
		return c.grant(h, c.end.Load())
	}
}

// later runs work in a goroutine and then answers. If the answer fails it closes the connection.
func (c *conn) later(w *waiting, work func() error, answer func(error) error) error {
	c.send.Lock()
	c.waiting = append(c.waiting, w)
	n := len(c.waiting)
	c.send.Unlock()
	if n > wire.MaxPending {
		return audio.ErrProtocol.With("more than %d requests without an answer", wire.MaxPending)
	}
	c.wait.Go(func() {
		if err := answer(work()); err != nil {
			c.farewell(w.Header, err)
			c.UnixConn.Close()
		}
	})
	return nil
}

// answeredLocked forgets the request that h answers, if it is a waiting one. It needs send.
func (c *conn) answeredLocked(h *wire.Header) {
	for i, w := range c.waiting {
		if h.Last == 1 && w.Op == h.Op && w.Seq == h.Seq {
			c.waiting = slices.Delete(c.waiting, i, i+1)
			return
		}
	}
}

// hangUp disconnects the program. Any goroutine may call it.
func (c *conn) hangUp(why error) {
	log := c.server.log.Warn().Err(why)
	log.Int("pid", c.holder.PID).Str("program", c.holder.Program).Msg("program disconnected")
	c.UnixConn.Close()
}

func (c *conn) open(ctx context.Context, open *wire.Open) error {
	host, err := newHost(c.hangUp)
	if err != nil {
		return err
	}
	c.send.Lock()
	c.host = host
	c.send.Unlock()
	o := open.Options()
	o.Holder = c.holder
	end, err := c.server.bay.Attach(ctx, wire.Text(open.Loop[:]), o, host)
	if err != nil {
		return err
	}
	c.end.Store(end)
	if ctx.Err() != nil { // serve may have looked for the end before it was stored
		end.Abandon()
	}
	return ctx.Err()
}
