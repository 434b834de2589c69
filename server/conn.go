package server

import (
	"context"
	"errors"
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

// replyTimeout bounds how long a program may leave its replies unread.
const replyTimeout = 5 * time.Second

// conn is a program: at most one end.
type conn struct {
	*net.UnixConn
	server *Server
	holder pcm.Holder
	refuse error // why it is not let in

	// The reading goroutine's.
	opened bool

	send    sync.Mutex
	end     atomic.Pointer[loop.End]
	host    *host        // set before end
	pending atomic.Int32 // goroutines for requests that take long
	wait    sync.WaitGroup
}

// serve reads requests until the connection ends, then closes the end.
func (c *conn) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	err := c.read(ctx)
	if err != nil {
		c.server.log.Debug().Err(err).Int("pid", c.holder.PID).Str("program", c.holder.Program).Msg("connection ended")
	}
	cancel()
	c.UnixConn.Close()
	if end := c.end.Load(); end != nil {
		end.Abandon() // which also ends the requests that wait
	}
	c.wait.Wait()
	if c.host != nil {
		c.host.close()
	}
}

// read returns nil when the program has closed.
func (c *conn) read(ctx context.Context) error {
	packet := make([]byte, wire.MessageBytes+1) // one more, to see what is too long
	for {
		// Without room for descriptors the kernel drops those that come, and says so.
		n, _, flags, _, err := c.ReadMsgUnix(packet, nil)
		switch {
		case err != nil && !errors.Is(err, net.ErrClosed):
			return err
		case err != nil || n == 0:
			return nil
		case flags&unix.MSG_CTRUNC != 0:
			return audio.ErrProtocol.With("a program must not send descriptors")
		}
		r, err := wire.DecodeRequest(packet[:n])
		if err == nil {
			err = c.refuse
		}
		if err == nil {
			err = c.request(ctx, &r)
		}
		if err != nil {
			c.fail(r.Header, err)
			return err
		}
	}
}

// request answers one message, or starts what will. An error ends the connection.
func (c *conn) request(ctx context.Context, r *wire.Request) error {
	if r.Op == wire.OpList {
		return c.list(r.Header)
	}
	if r.Op == wire.OpOpen {
		if c.opened {
			return audio.ErrProtocol.With("a connection opens one end only")
		}
		c.opened = true
		return c.later(r.Header, func() error { return c.open(ctx, r.Header, &r.Open) })
	}
	end := c.end.Load()
	if end == nil {
		return audio.ErrProtocol.With("open an end first")
	}
	h := r.Header
	switch r.Op {
	case wire.OpStart:
		return end.Start()
	case wire.OpHalt:
		return c.answer(h, end.Halt(ctx))
	case wire.OpDrain:
		return c.later(h, func() error { return c.answer(h, end.Drain(ctx)) })
	case wire.OpSetFormat:
		f := r.SetFormat.Format.Audio()
		if _, err := end.SetFormat(ctx, f); err != nil {
			return c.answer(h, err)
		}
		return c.grant(h, end)
	case wire.OpClose:
		return c.later(h, func() error { return c.answer(h, end.Close(ctx)) })
	}
	return audio.ErrProtocol.With("unknown request %d", r.Op)
}

// later runs what may take long. When it fails the connection is closed.
func (c *conn) later(h wire.Header, f func() error) error {
	if c.pending.Add(1) > wire.MaxPending {
		return audio.ErrProtocol.With("more than %d requests without an answer", wire.MaxPending)
	}
	c.wait.Go(func() {
		defer c.pending.Add(-1)
		if err := f(); err != nil {
			c.fail(h, err)
			c.UnixConn.Close()
		}
	})
	return nil
}

func (c *conn) open(ctx context.Context, h wire.Header, open *wire.Open) error {
	host, err := newHost(func(why error) {
		c.server.log.Warn().Err(why).Int("pid", c.holder.PID).Str("program", c.holder.Program).Msg("program disconnected")
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
	if ctx.Err() != nil { // serve may have looked for the end before it was there
		end.Abandon()
		return nil
	}
	return c.grant(h, end)
}
