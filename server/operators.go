package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/metrics"
)

// operator is a connection of an operator, over either socket.
type operator struct {
	net.Conn
	holder pcm.Holder  // over the unix socket: the process at the other end
	known  atomic.Bool // it may use the daemon
	rests  atomic.Bool // it has an answer, and asks for nothing now
	crowd  *crowd
}

// writePatience is how long an operator may take no byte of a reply.
const writePatience = 5 * time.Second

// Write implements net.Conn. It fails for an operator that does not read.
func (o *operator) Write(b []byte) (int, error) {
	_ = o.SetWriteDeadline(time.Now().Add(writePatience))
	return o.Conn.Write(b)
}

// Close implements net.Conn.
func (o *operator) Close() error {
	o.crowd.leave(o)
	return o.Conn.Close()
}

// who adds the operator to a line of the log.
func (o *operator) who(line *zerolog.Event) *zerolog.Event {
	if o.holder == (pcm.Holder{}) {
		return line.Stringer("from", o.RemoteAddr())
	}
	return line.Int("uid", o.holder.UID).Int("pid", o.holder.PID).Str("program", o.holder.Program)
}

type operatorKey struct{}

// behind returns the operator behind a connection of net/http.
func behind(c net.Conn) *operator {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	return c.(*operator)
}

// withOperator is a ConnContext of net/http.
func withOperator(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, operatorKey{}, behind(c))
}

// noteState is a ConnState of net/http.
func noteState(c net.Conn, s http.ConnState) { behind(c).rests.Store(s == http.StateIdle) }

// operatorOf returns who makes a request.
func operatorOf(ctx context.Context) *operator { return ctx.Value(operatorKey{}).(*operator) }

// crowd is the operators that came one way, and what is counted of them. It limits how many there are, so
// that they leave descriptors to programs. The oldest one that is not known yet makes room for a newcomer, or else the
// oldest that rests.
type crowd struct {
	over string // unix or tcp
	room int

	mu       sync.Mutex
	all      []*operator // the oldest first
	requests atomic.Uint64
	refused  [len(refusalWords)]atomic.Uint64
}

// refusal is a reason to refuse an operator or a request.
type refusal int

const (
	refusedFull refusal = iota
	refusedUser
	refusedHost
	refusedOrigin
	refusedRate
	refusedToken
)

var refusalWords = [...]string{"full", "user", "host", "origin", "rate", "token"}

func newCrowd(over string) *crowd { return &crowd{over: over, room: newRoom().operators} }

// enter takes an operator in, unless nobody makes room.
func (c *crowd) enter(o *operator) bool {
	o.crowd = c
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all) >= c.room {
		at := slices.IndexFunc(c.all, func(o *operator) bool { return !o.known.Load() })
		if at < 0 {
			at = slices.IndexFunc(c.all, func(o *operator) bool { return o.rests.Load() })
		}
		if at < 0 {
			c.refuse(refusedFull)
			return false
		}
		c.all[at].Conn.Close() // its server notices, and calls leave
		c.all = slices.Delete(c.all, at, at+1)
	}
	c.all = append(c.all, o)
	return true
}

func (c *crowd) leave(o *operator) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := slices.Index(c.all, o); at >= 0 {
		c.all = slices.Delete(c.all, at, at+1)
	}
}

func (c *crowd) refuse(why refusal) { c.refused[why].Add(1) }

// counts returns what metrics show.
func (c *crowd) counts() metrics.Operators {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := metrics.Operators{Over: c.over, Connections: len(c.all), Requests: c.requests.Load(), Refused: map[string]uint64{}}
	for why, word := range refusalWords {
		o.Refused[word] = c.refused[why].Load()
	}
	return o
}

// hangUp tells an operator, before its first request, why it is refused. It does not block.
func hangUp(conn net.Conn, status, why string) {
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n%s\n", status, why)
	conn.Close()
}

// tooMany is what operators beyond the room are told.
const tooMany = "too many operators are connected to the daemon: close some connections"
