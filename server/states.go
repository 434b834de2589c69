package server

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/wire"
)

// find returns what has a name. Without a name, that must be a device that plays or records.
func find(bay *loop.Patchbay, name string) (loop.Subject, error) {
	s, err := bay.Find(name)
	if err == nil && name == "" && s.Info().HW&(state.HWPlay|state.HWRecord) == 0 {
		return nil, audio.ErrNoDevice.With("there is no device that plays or records")
	}
	return s, err
}

// state answers a request for one state. An error ends the connection.
func (c *conn) state(r *wire.Request) error {
	h, bay := r.Header, c.server.bay
	s, err := find(bay, wire.Text(r.Device.Name[:]))
	if err != nil {
		return c.fail(h, err)
	}
	if r.Op == wire.OpSet {
		patch, err := patchOf(&r.Device)
		if err == nil {
			_, err = s.Set(patch)
		}
		if err != nil {
			return c.fail(h, err)
		}
	}
	h.Last = 1
	return c.tell(h, bay.Address(s), s)
}

// tell answers with a state under an address.
func (c *conn) tell(h wire.Header, name string, s loop.Subject) error {
	i := s.Info()
	r := wire.Reply{Header: wire.Header{Op: h.Op, Seq: h.Seq, Last: h.Last}}
	wire.Put(r.Device.Name[:], name)
	wire.Put(r.Device.Program[:], s.Holder().Program)
	for f := range state.Fields() {
		r.Device.Fields |= 1 << f
		r.Device.Values[f] = f.Get(&i)
	}
	return c.write(&r)
}

// patchOf returns what an OpSet asks for.
func patchOf(d *wire.Device) (p state.Patch, err error) {
	var errs []error
	for f := range state.Field(wire.MaxFields) {
		if d.Fields&(1<<f) != 0 {
			errs = append(errs, p.Set(f, d.Values[f]))
		}
	}
	return p, errors.Join(errs...)
}
