package device

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
)

// hw returns the controls of what the device runs on now.
func (d *Device) hw() backend.Controls {
	if d.controller != nil {
		if c := d.controller.Controls(); c != nil {
			return c
		}
	}
	return absent{}
}

// absent is for a device that runs on no hardware now: what is set waits until it does.
type absent struct{}

func (absent) Ports(audio.Direction) backend.ControlPorts { return backend.ControlPorts{} }
func (absent) Selected(audio.Direction) (audio.Ports, error) {
	return 0, audio.ErrGone.With("there is no card")
}
func (absent) Select(audio.Direction, audio.Ports) error   { return nil }
func (absent) Gain(audio.Direction) (gain int, ok bool)    { return 0, false }
func (absent) Way(audio.Direction, int) ([]float64, error) { return nil, nil }
func (absent) SetLevel(audio.Direction, float64) error     { return nil }
func (absent) Monitor(int) (done bool, err error)          { return false, nil }
func (absent) Monitored() (gain int, ok bool)              { return 0, false }

// hardware reports whether a side's ports are switches of the hardware.
func (d *Device) hardware(n int) bool { return d.controller != nil && d.ports[n] == nil }

// plugged takes over what the hardware has now. The caller holds mu.
func (d *Device) plugged() {
	hw := d.hw()
	if m, ok := hw.(backend.Muter); ok {
		m.Muted() // before the ports are read, of which it may be a matter
	}
	for n, direction := range audio.Directions() {
		s := d.settings.Info.Side(direction)
		if !d.hardware(n) || s.AvailPorts == 0 { // no such side
			continue
		}
		ports := hw.Ports(direction)
		if ports.Avail == 0 {
			continue // what it had stays until it is back
		}
		rules := &d.settings.Rules.Play
		if direction == audio.Record {
			rules = &d.settings.Rules.Record
		}
		rules.Exclusive = ports.Exclusive
		s.ModPorts = ports.Mod & ports.Avail
		if selected, err := hw.Selected(direction); err == nil && selected&ports.Avail != 0 {
			s.Port = selected & ports.Avail
		}
		s.Plugged(ports.Avail)
	}
}

// choose switches the hardware from the ports of now to those of next, or leaves all as it
// is. Ports that p sets may be those of before, and be off all the same. The caller holds mu.
func (d *Device) choose(now, next *state.Info, p state.Patch) error {
	for n, direction := range audio.Directions() {
		port := next.Side(direction).Port
		if _, given := p.Get(state.PlayPort.On(direction)); !d.hardware(n) || !given && now.Side(direction).Port == port {
			continue
		}
		if err := d.hw().Select(direction, port); err != nil {
			if n == recording && now.Play.Port != next.Play.Port && d.hardware(playing) {
				_ = d.hw().Select(audio.Play, now.Play.Port)
			}
			return err
		}
	}
	return nil
}

// Changed reads the ports, gains and mute of the hardware again, after a jack, a hand at
// another mixer or the card itself has changed them, and returns what is different. If the
// card was replaced they are those of before, as far as it has them.
func (d *Device) Changed(c backend.ControlChange) []state.Change {
	d.mu.Lock()
	before := d.settings.Info
	d.plugged()
	var rest split
	if !c.Replaced {
		d.takeOver(&before)
		rest = d.heard()
	} else {
		rest, _ = d.divide(nil, &d.settings.Info, state.Patch{}) // what it refuses is software's
		for n, direction := range audio.Directions() {
			s := d.settings.Info.Side(direction)
			if was := before.Side(direction).Port & s.AvailPorts; d.hardware(n) && was != 0 && was != s.Port && d.hw().Select(direction, was) == nil {
				s.Port = was
			}
		}
	}
	changes, wait := state.Changes(&before, &d.settings.Info), d.share(rest)
	d.mu.Unlock()
	wait()
	return changes
}

// takeOver switches the hardware to what is in use now in place of what was pulled. The
// caller holds mu.
func (d *Device) takeOver(before *state.Info) {
	for n, direction := range audio.Directions() {
		now := d.settings.Info.Side(direction)
		if d.hardware(n) && before.Side(direction).Port&^now.AvailPorts != 0 {
			_ = d.hw().Select(direction, now.Port) // the next look shows what it has refused
		}
	}
}

// share lets software do what the hardware leaves of info now; wait blocks until it does. The
// caller holds mu.
func (d *Device) share(rest split) (wait func()) {
	if rest == d.split {
		return func() {}
	}
	d.split = rest
	i := d.settings.Info
	return d.post(func() { d.take(&i, rest, state.Patch{}, &state.Reply{}) })
}
