package loop

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Change gives the loop spec.Name another on_client_close, start_timeout, conversion, period and buffer, without
// touching its programs. OnClientClose counts from the next time that a client leaves, the others from the next time that a
// server waits, a session begins, or an end is opened. The rest of spec is ignored. It blocks for about a cycle.
// ErrNoDevice: there is no such loop.
func (b *Patchbay) Change(spec Spec) error {
	b.mu.RLock()
	l := b.loops[spec.Name]
	b.mu.RUnlock()
	if l == nil {
		return b.unknown(spec.Name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := &l.spec
	now.OnClientClose, now.StartTimeout, now.Convert = spec.OnClientClose, spec.StartTimeout, spec.Convert
	now.Period, now.Buffer = cmp.Or(spec.Period, pcm.DefaultPeriod), cmp.Or(spec.Buffer, pcm.DefaultBuffer)
	rules := now.rules()
	for _, role := range []pcm.Role{pcm.Server, pcm.Client} {
		l.settings[role].Rules = state.Rules{Play: rules, Record: rules}
	}
	l.engine.do(func() { l.adopt(now) }) // the cycle reads it
	b.events.Bump()
	return nil
}

// adopt makes what the lines share as spec says.
func (l *Loop) adopt(spec *Spec) {
	l.Convert, l.Resets, l.GoesOn = spec.Convert, spec.OnClientClose == Reset, spec.OnClientClose == Silence
}

// RemoveDevice takes a device out of the patchbay, and disconnects the programs on its sides and taps. The caller
// closes it then. ErrBusy: a loop is on it. ErrNoDevice: there is no such device.
func (b *Patchbay) RemoveDevice(name string) (*Engine, error) {
	e, err := b.Device(name)
	if name == "" {
		err = audio.ErrNoDevice.With("a device has a name")
	}
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	for _, l := range b.loops {
		if l.engine == e {
			b.mu.Unlock()
			return nil, audio.ErrBusy.With("the loop %s is on the device %s; remove it first", l.spec.Name, name)
		}
	}
	b.devices = slices.DeleteFunc(b.devices, func(other *Engine) bool { return other == e })
	var sides []*Loop
	for at, l := range b.sides {
		if l.engine == e {
			sides = append(sides, l)
			delete(b.sides, at)
		}
	}
	b.mu.Unlock()
	for _, l := range sides {
		l.remove(fmt.Sprintf("the device %s was removed", name))
	}
	b.events.Bump()
	return e, nil
}

// OrderDevices puts the devices into the order of their names in a list, and those that are not in it first.
func (b *Patchbay) OrderDevices(names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortStableFunc(b.devices, func(x, y *Engine) int {
		return cmp.Compare(slices.Index(names, x.name), slices.Index(names, y.name))
	})
}
