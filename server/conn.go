package server

import (
	"context"
	"errors"
	"io"
	"net"
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
	opened bool

	send    sync.Mutex
	end     atomic.Pointer[loop.End]
	host    *host        // set before end
	pending atomic.Int32 // requests that take long
	wait    sync.WaitGroup
}

// serve reads requests until the connection ends, then closes the end.
func (c *conn) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	if err := c.read(ctx); err != nil {
		c.server.log.Debug().Err(err).Int("pid", c.holder.PID).Str("program", c.holder.Program).Msg("connection ended")
	}
	cancel()
	c.UnixConn.Close()
	if end := c.end.Load(); end != nil {
		end.Abandon() // which also ends the waiting requests
	}
	c.wait.Wait()
	if c.host != nil {
		c.host.close()
	}
}

// read returns nil when the program has closed the connection or was disconnected.
func (c *conn) read(ctx context.Context) error {
	packet := make([]byte, wire.MessageBytes+1) // one more, to detect what is too long
	_ = c.SetReadDeadline(time.Now().Add(c.server.patience.first))
	for {
		// Without room for descriptors the kernel drops them and sets MSG_CTRUNC.
		n, _, flags, _, err := c.ReadMsgUnix(packet, nil)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
			return nil
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
			_ = c.SetReadDeadline(time.Time{})
			err = c.request(ctx, &r)
		}
		if err != nil {
			c.farewell(r.Header, err)
			return err
		}
	}
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
		return c.later(h, func() error { return c.open(ctx, &r.Open) }, func(err error) error {
			if err != nil {
				return err // a connection without an end is useless
			}
			return c.grant(h, c.end.Load())
		})
	}
	end := c.end.Load()
	if end == nil {
		return audio.ErrProtocol.With("open an end first")
	}
	done := func(err error) error { return c.answer(h, err) }
	switch r.Op {
	case wire.OpStart:
		return end.Start()
	case wire.OpHalt:
		return done(end.Halt(ctx))
	case wire.OpDrain:
		drained := end.BeginDrain() // here, because requests take effect in order
		return c.later(h, func() error { return drained(ctx) }, done)
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
		return c.later(h, func() error { return end.Close(ctx) }, done)
	}
	return audio.ErrProtocol.With("unknown request %d", r.Op)
}

// later runs work in a goroutine and then answers. If the answer fails it closes the connection.
func (c *conn) later(h wire.Header, work func() error, answer func(error) error) error {
	if c.pending.Add(1) > wire.MaxPending {
		return audio.ErrProtocol.With("more than %d requests without an answer", wire.MaxPending)
	}
	c.wait.Go(func() {
		err := work()
		c.pending.Add(-1) // first: after the answer the program may ask again
		if err := answer(err); err != nil {
			c.farewell(h, err)
			c.UnixConn.Close()
		}
	})
	return nil
}

func (c *conn) open(ctx context.Context, open *wire.Open) error {
	host, err := newHost(func(why error) {
		log := c.server.log.Warn().Err(why)
		log.Int("pid", c.holder.PID).Str("program", c.holder.Program).Msg("program disconnected")
		c.UnixConn.Close()
	})
	if err != nil {
		return err
	}
	c.host = host
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
