package server

import (
	"errors"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/wire"
)

// state is what has the state of audio(7I): a device, or an end of a loop.
type state interface {
	Name() string
	Err() error // why it is of no more use
	Info() audio.Info
	Set(audio.Patch) (audio.Reply, error)
	Subject() loop.Event
}

// find is the device of that name, or else the end of a loop; "" is the first device that
// plays or records. ErrNoDevice.
func (p *Panel) find(name string) (state, error) {
	device, err := p.device(name)
	if err == nil {
		return device, nil
	}
	strip, noLoop := p.Bay.Strip(name)
	switch {
	case noLoop == nil:
		return strip, nil
	case strings.Contains(name, "/"):
		return nil, noLoop
	case name == "":
		return nil, err
	}
	return nil, audio.ErrNoDevice.With("%v, nor a loop of that name", err)
}

// device is the device of that name, "" as for find.
func (p *Panel) device(name string) (*loop.Engine, error) {
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
func (p *Panel) set(s state, patch audio.Patch) (set audio.Reply, now audio.Info, changes []audio.Change, err error) {
	before := s.Info()
	if set, err = s.Set(patch); err != nil {
		return set, before, nil, err
	}
	now = s.Info()
	ev := s.Subject()
	ev.Kind, ev.Changes = loop.Set, changesOf(patch, &before, &set)
	p.Bay.Tell(ev)
	if p.Saved != nil {
		p.Saved()
	}
	return set, now, ev.Changes, nil
}

// changesOf is what a set has changed. Counters go on meanwhile: what they were when they
// were set only the reply knows.
func changesOf(patch audio.Patch, before *audio.Info, set *audio.Reply) []audio.Change {
	changes := []audio.Change{}
	for f := range audio.Fields() {
		c := audio.Change{Field: f, Old: f.Get(before), New: f.Get(&set.Info)}
		if v, asked := patch.Get(f); asked && f.Access()&audio.Counts != 0 && !set.Ignored.Has(f) {
			c.Old, c.New = f.Get(&set.Info), v
		} else if !set.Changed.Has(f) {
			continue
		}
		if c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes
}

// Devices says of which devices programs may see and set the state; none without it. Call
// it before Serve. saved, unless nil, is called after each set, from any goroutine.
func (s *Server) Devices(all []*loop.Engine, saved func()) {
	s.panel.Devices, s.panel.Saved = all, saved
}

// state answers requests about one state. An error ends the connection.
func (c *conn) state(r *wire.Request) error {
	h, panel := r.Header, &c.server.panel
	s, err := panel.find(wire.Text(r.Device.Name[:]))
	if err != nil {
		return c.fail(h, err)
	}
	now := s.Info()
	if r.Op == wire.OpSet {
		patch, err := patchOf(&r.Device)
		if err == nil {
			_, now, _, err = panel.set(s, patch)
		}
		if err != nil {
			return c.fail(h, err)
		}
	}
	h.Last = 1
	return c.tell(h, panel.address(s), s, &now)
}

// tell answers with a state, of which name is the address.
func (c *conn) tell(h wire.Header, name string, s state, i *audio.Info) error {
	r := wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: h.Last}}
	wire.Put(r.Device.Name[:], name)
	wire.Put(r.Device.Program[:], s.Subject().Holder.Program)
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
