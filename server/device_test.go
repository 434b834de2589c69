package server_test

import (
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

// newDeviceRig is a rig with the device card beside its clock, none.
func newDeviceRig(t *testing.T) (r *rig, card *loop.Engine) {
	t.Helper()
	noLeaks(t)
	var devices []*loop.Engine
	for name, sides := range map[string]backend.Config{"none": {}, "card": {Play: true, Record: true}} {
		device, err := servertest.Null(name, sides, null.Options{})
		if err != nil {
			t.Fatal(err)
		}
		devices = append(devices, device)
	}
	slices.SortFunc(devices, func(a, b *loop.Engine) int { return strings.Compare(b.Name(), a.Name()) }) // none, card
	o := threeLoops(server.Socket{})
	o.Devices = devices
	d := servertest.Start(t, o)
	return &rig{t, d, devices[0]}, devices[1]
}

// device asks something about a device: fields of state.Field, values.
func (c *raw) device(op wire.Op, name string, fields ...uint32) {
	c.Helper()
	r := wire.Request{Header: wire.Header{Op: op}}
	wire.Put(r.Device.Name[:], name)
	for pair := range slices.Chunk(fields, 2) {
		r.Device.Fields |= 1 << pair[0]
		r.Device.Values[pair[0]] = pair[1]
	}
	c.ask(r)
}

// state expects the state of a device, in answer to op.
func (c *raw) state(op wire.Op, name string) wire.Device {
	c.Helper()
	r, _, err := c.reply()
	if err != nil || r.Op != op || r.Errno != 0 || r.Last != 1 || wire.Text(r.Device.Name[:]) != name {
		c.Fatalf("want the state of %s for %d, got %+v %q, %v", name, op, r.Header, wire.Text(r.Failure.Text[:]), err)
	}
	return r.Device
}

func TestWireShowsDevices(t *testing.T) {
	r, card := newDeviceRig(t)
	c := r.dial()
	for _, name := range []string{"card", ""} { // the first that plays or records
		c.device(wire.OpInfo, name)
		d, i := c.state(wire.OpInfo, "card"), card.Info()
		for f := range state.Fields() {
			if d.Fields&(1<<f) == 0 || d.Values[f] != f.Get(&i) {
				t.Errorf("%s is %d in %#x, want %d", f, d.Values[f], d.Fields, f.Get(&i))
			}
		}
	}
	c.device(wire.OpInfo, "none")
	c.state(wire.OpInfo, "none")
	for _, op := range []wire.Op{wire.OpInfo, wire.OpSet, wire.OpStates} {
		c.device(op, "nosuch")
		if text := c.refused(syscall.ENODEV); text != "there is no device nosuch; there are none, card, nor a loop of that name" {
			t.Errorf("%d: %q", op, text)
		}
	}
	bare := newRig(t).dial()
	bare.device(wire.OpInfo, "")
	if text := bare.refused(syscall.ENODEV); text != "there is no device that plays or records" {
		t.Error(text)
	}
}

func TestWireSetsDevices(t *testing.T) {
	r, card := newDeviceRig(t)
	events := r.Bay.Subscribe(10)
	defer events.Cancel()
	c := r.dial()
	c.device(wire.OpSet, "card", uint32(state.PlayGain), 7, uint32(state.OutputMuted), 1)
	d := c.state(wire.OpSet, "card")
	if i := card.Info(); d.Values[state.PlayGain] != 7 || i.Play.Gain != 7 || !i.OutputMuted {
		t.Errorf("the reply has the gain %d, the device is %+v", d.Values[state.PlayGain], i)
	}
	e := <-events.C
	if e.Kind != event.Set || e.Device != "card" || len(e.Changes) == 0 {
		t.Errorf("the event %+v", e)
	}
	before := card.Info()
	refused := []struct {
		fields []uint32
		text   string
	}{
		{[]uint32{uint32(state.PlayGain), 256, uint32(state.MonitorGain), 1 << 20}, "monitor_gain = 1048576: out of range, use 0..255"},
		{[]uint32{uint32(state.PlayGain), 256, uint32(state.MonitorGain), 1 << 20}, "play.gain = 256: out of range, use 0..255"},
		{[]uint32{uint32(state.RefCount), 1, uint32(state.PlayGain), 9}, "ref_cnt = 1: read-only"},
		{[]uint32{uint32(state.PlayPort), 32, uint32(state.PlayGain), 9}, "play.port"},
		{[]uint32{0, 1}, "0 is not a field"},
		{[]uint32{wire.MaxFields - 1, math.MaxUint32}, "63 is not a field"},
	}
	for _, bad := range refused {
		c.device(wire.OpSet, "card", bad.fields...)
		if text := c.refused(syscall.EINVAL); !strings.Contains(text, bad.text) {
			t.Errorf("%v: %q", bad.fields, text)
		}
	}
	if card.Info() != before || len(events.C) != 0 {
		t.Errorf("what was refused has an effect: %+v", card.Info())
	}
}
