package top

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/loopbridge/loopbridge/audio"
)

// known reports whether an error is the daemon's answer to a request, and not that there is none.
func known(err error) bool {
	return errors.Is(err, audio.ErrInvalid) || errors.Is(err, audio.ErrNoDevice)
}

// command carries out what changes something, one after the other.
func (r *runner) command(ctx context.Context) {
	for {
		select {
		case c := <-r.commands:
			for c != nil {
				c = r.carryOut(ctx, c)
			}
		case <-ctx.Done():
			return
		}
	}
}

// carryOut carries out a command, and returns one that it has taken from the queue.
func (r *runner) carryOut(ctx context.Context, command any) (next any) {
	d := Done{}
	switch t := command.(type) {
	case Set:
		t, d.Count, next = r.merge(t)
		d.Subject = t.Subject
		set, err := r.client.Set(ctx, t.Subject, t.Patch)
		if d.Err = err; err == nil {
			d.State = &set.State
		}
	case Add:
		text, _ := json.Marshal(map[string]string{"name": t.Name, "from": t.From, "to": t.To})
		_, d.Err = r.client.AddRoute(ctx, text)
		d.Text = "there is a route " + t.Name
	case Acknowledge:
		_, d.Err = r.client.Acknowledge(ctx, t.Alarm, "", "")
		d.Text = "the alarm " + t.Alarm + " is acknowledged"
	case Remove:
		d.Err, d.Text = r.client.RemoveRoute(ctx, t.Route), "the route "+t.Route+" is removed"
	}
	d.Err = errOf(ctx, d.Err)
	r.tell(ctx, d)
	return next
}

// merge takes from the queue what sets the same as first, and adds it: the latest value of a field is enough. It returns
// how many sets that are, and a command that it has taken and that is none of them.
func (r *runner) merge(first Set) (all Set, count int, next any) {
	for all, count = first, 1; len(r.commands) > 0; count++ {
		more := <-r.commands
		later, ok := more.(Set)
		if !ok || later.Subject != first.Subject {
			return all, count, more
		}
		for f, v := range later.Patch.All() {
			_ = all.Patch.Set(f, v) // it was valid in a patch of its own
		}
	}
	return all, count, nil
}
