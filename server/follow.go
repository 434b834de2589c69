package server

import (
	"context"
	"fmt"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/wire"
)

// related returns a state and those that belong to it. For a device: the loops attached to it,
// each followed by its clients. For a loop, which has the name of its client end: its server end
// and its clients. ErrNoDevice.
func related(bay *loop.Patchbay, name string) ([]loop.Subject, error) {
	first, err := find(bay, name)
	if err != nil {
		return nil, err
	}
	all := []loop.Subject{first}
	add := func(name string) {
		if s, err := bay.EndControls(name); err == nil { // else it has gone
			all = append(all, s)
		}
	}
	_, isEnd := first.(*loop.EndControls)
	for _, s := range bay.Status() {
		switch {
		case isEnd && s.Name == first.Name():
			add(s.Name + "/" + pcm.Server.String())
		case !isEnd && s.Attached != 0 && s.Device == first.Name():
			add(s.Name)
		default:
			continue
		}
		had := map[int]bool{} // a client is named once, after its first end
		for _, c := range s.Clients {
			if pid := c.Holder.PID; !c.Gone && !had[pid] {
				had[pid] = true
				add(fmt.Sprintf("%s/%d", s.Name, pid))
			}
		}
	}
	return all, nil
}

// states answers with one message for each related state, then Seen.
func (c *conn) states(r *wire.Request) error {
	h, bay := r.Header, c.server.bay
	events, _ := bay.Revision() // first, so that an event during the listing counts as new
	all, err := related(bay, wire.Text(r.Device.Name[:]))
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

// follow answers once there are more events than the program has seen.
func (c *conn) follow(ctx context.Context, r *wire.Request) error {
	var events uint64
	return c.later(&waiting{Request: *r}, func() error {
		for {
			var next <-chan struct{}
			if events, next = c.server.bay.Revision(); events != r.Seen.Events {
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
	return c.write(&r)
}
