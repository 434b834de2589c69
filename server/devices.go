package server

import (
	"context"
	"errors"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/wire"
)

// find is the device of that name; "" is the first that plays or records. ErrNoDevice.
func (p *Panel) find(name string) (*loop.Engine, error) {
	var names []string
	for _, e := range p.Devices {
		if e.Name() == name || name == "" && e.Info().HW&(audio.HWPlay|audio.HWRecord) != 0 {
			return e, nil
		}
		names = append(names, e.Name())
	}
	if name == "" {
		return nil, audio.ErrNoDevice.With("there is no device that plays or records")
	}
	return nil, audio.ErrNoDevice.With("there is no device %s; there are %s", name, strings.Join(names, ", "))
}

// set is SETINFO, of which everybody is told. now is the state after it.
func (p *Panel) set(e *loop.Engine, patch audio.Patch) (set audio.Reply, now audio.Info, changes []audio.Change, err error) {
	before := e.Info()
	if set, err = e.Set(patch); err != nil {
		return set, before, nil, err
	}
	now = e.Info()
	changes = []audio.Change{}
	for _, change := range audio.Changes(&before, &now) {
		if set.Changed.Has(change.Field) {
			changes = append(changes, change)
		}
	}
	p.Bay.Tell(loop.Event{Kind: loop.DeviceSet, Device: e.Name(), Changes: changes})
	if p.Saved != nil {
		p.Saved(e.Name())
	}
	return set, now, changes, nil
}

// Devices says whose state programs may see and set; none without it. Call it before
// Serve. saved, unless nil, is called after each set, from any goroutine.
func (s *Server) Devices(all []*loop.Engine, saved func(device string)) {
	s.panel.Devices, s.panel.Saved = all, saved
}

// device answers requests about devices. An error ends the connection.
func (c *conn) device(ctx context.Context, r *wire.Request) error {
	h, panel := r.Header, &c.server.panel
	e, err := panel.find(wire.Text(r.Device.Name[:]))
	if err != nil {
		return c.fail(h, err)
	}
	now := e.Info()
	switch r.Op {
	case wire.OpSet:
		patch, err := patchOf(&r.Device)
		if err == nil {
			_, now, _, err = panel.set(e, patch)
		}
		if err != nil {
			return c.fail(h, err)
		}
	case wire.OpWatch:
		// From here on nothing is missed, whatever comes after this request.
		events := panel.Bay.Subscribe(watchRoom)
		return c.later(h, func() (err error) {
			defer events.Cancel()
			now, err = watch(ctx, events, e, &r.Device)
			return err
		}, func(err error) error {
			if err != nil {
				return c.fail(h, err)
			}
			return c.tell(h, e.Name(), &now)
		})
	}
	return c.tell(h, e.Name(), &now)
}

// tell answers with the state of a device.
func (c *conn) tell(h wire.Header, name string, i *audio.Info) error {
	r := wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: 1}}
	wire.Put(r.Device.Name[:], name)
	for f := range audio.Fields() {
		r.Device.Fields |= 1 << f
		r.Device.Values[f] = f.Get(i)
	}
	return c.write(wire.EncodeReply(&r))
}

// patchOf is what an OpSet asks for.
func patchOf(d *wire.Device) (p audio.Patch, err error) {
	var errs []error
	for f := range audio.Field(wire.MaxFields) {
		if d.Fields&(1<<f) != 0 {
			errs = append(errs, p.Set(f, d.Values[f]))
		}
	}
	return p, errors.Join(errs...)
}

// watchRoom is for the events that come while one is looked at. If one is lost, then
// those that are there make watch look, after it.
const watchRoom = 4

// watch waits until a field that is known has another value.
func watch(ctx context.Context, events *loop.Subscription, e *loop.Engine, known *wire.Device) (audio.Info, error) {
	for {
		now := e.Info()
		for f := range audio.FieldSet(known.Fields).All() {
			if f.Get(&now) != known.Values[f] {
				return now, nil
			}
		}
		select {
		case _, open := <-events.C:
			if !open {
				return now, audio.ErrNoDevice.With("the daemon ends")
			}
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}
