package server

import (
	"context"
	"fmt"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/wire"
)

// together is a state, and those that belong to it: to a device the loops that are
// attached to it, each followed by its clients; to a loop, which has the name of its
// client end, its server end and its clients. ErrNoDevice.
func together(bay *loop.Patchbay, name string) ([]loop.Subject, error) {
	first, err := find(bay, name)
	if err != nil {
		return nil, err
	}
	all := []loop.Subject{first}
	add := func(name string) {
		if s, err := bay.Strip(name); err == nil { // else it has gone meanwhile
			all = append(all, s)
		}
	}
	_, isEnd := first.(*loop.Strip)
	for _, s := range bay.Status() {
		switch {
		case isEnd && s.Name == first.Name():
			add(s.Name + "/" + pcm.Server.String())
		case !isEnd && s.Attached != 0 && s.Device == first.Name():
			add(s.Name)
		default:
			continue
		}
		had := map[int]bool{} // the name of a client is its first end's
		for _, c := range s.Clients {
			if pid := c.Holder.PID; !c.Gone && !had[pid] {
				had[pid] = true
				add(fmt.Sprintf("%s/%d", s.Name, pid))
			}
		}
	}
	return all, nil
}

// states answers with a message for each state of those that belong together, then Seen.
func (c *conn) states(r *wire.Request) error {
	h, bay := r.Header, c.server.bay
	events, _ := bay.Seen() // first: what comes while they are looked at is one more
	all, err := together(bay, wire.Text(r.Device.Name[:]))
	if err != nil {
		return c.fail(h, err)
	}
	h.Last = 0
	for _, s := range all {
		name := bay.Address(s)
		if len(name) >= wire.NameBytes {
			continue
		}
		if err := c.tell(h, name, s); err != nil {
			return err
		}
	}
	return c.seen(h, events)
}

// follow answers once there were other events than the program has seen.
func (c *conn) follow(ctx context.Context, r *wire.Request) error {
	var events uint64
	return c.later(r.Header, func() error {
		for {
			var next <-chan struct{}
			if events, next = c.server.bay.Seen(); events != r.Seen.Events {
				return nil
			}
			select {
			case <-next:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}, func(err error) error {
		if err != nil {
			return c.fail(r.Header, err)
		}
		return c.seen(r.Header, events)
	})
}

func (c *conn) seen(h wire.Header, events uint64) error {
	r := wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: 1}, Seen: wire.Seen{Events: events}}
	return c.write(wire.EncodeReply(&r))
}
