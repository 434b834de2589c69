package device

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
)

// controls returns the controls of the hardware the device runs on now, or absent.
func (d *Device) controls() backend.Controls {
	if d.controller != nil {
		if c := d.controller.Controls(); c != nil {
			return c
		}
	}
	return absent{}
}

// absent stands in while the device runs on no hardware: settings wait until it does.
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

// hardware reports whether the hardware switches the ports of a side.
func (d *Device) hardware(n int) bool { return d.controller != nil && d.ports[n] == nil }

// readPortsLocked copies the available and selected ports of the hardware into the state.
func (d *Device) readPortsLocked() {
	hw := d.controls()
	if m, ok := hw.(backend.Muter); ok {
		m.Muted() // first: the ports may depend on it
	}
	for n, direction := range audio.Directions() {
		s := d.settings.Info.Side(direction)
		if !d.hardware(n) || s.AvailPorts == 0 { // no such side
			continue
		}
		ports := hw.Ports(direction)
		if ports.Avail == 0 {
			continue // keep the old ports until the card is back
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

// selectPortsLocked switches the hardware from the ports of now to those of next, or leaves it
// unchanged on error. A port named in p is switched on again even if it was already selected:
// something else may have turned it off.
func (d *Device) selectPortsLocked(now, next *state.Info, p state.Patch) error {
	for n, direction := range audio.Directions() {
		port := next.Side(direction).Port
		if _, given := p.Get(state.PlayPort.On(direction)); !d.hardware(n) ||
			!given && now.Side(direction).Port == port {
			continue
		}
		if err := d.controls().Select(direction, port); err != nil {
			if n == recording && now.Play.Port != next.Play.Port && d.hardware(playing) {
				_ = d.controls().Select(audio.Play, now.Play.Port)
			}
			return err
		}
	}
	return nil
}

// Changed reads ports, gains and mute again after a jack, another mixer or the card itself changed
// them, and returns the differences. A replaced card gets the previous settings as far as it has
// them.
func (d *Device) Changed(c backend.ControlChange) []state.Change {
	d.mu.Lock()
	before := d.settings.Info
	d.readPortsLocked()
	var levels hwLevels
	if !c.Replaced {
		d.replacePulledLocked(&before)
		levels = d.adoptHardwareLocked()
	} else {
		// Software does what the hardware refuses.
		levels, _ = d.applyToHardwareLocked(nil, &d.settings.Info, state.Patch{})
		for n, direction := range audio.Directions() {
			s := d.settings.Info.Side(direction)
			was := before.Side(direction).Port & s.AvailPorts
			if d.hardware(n) && was != 0 && was != s.Port && d.controls().Select(direction, was) == nil {
				s.Port = was
			}
		}
	}
	changes, wait := state.Changes(&before, &d.settings.Info), d.applyToSoftwareLocked(levels)
	d.mu.Unlock()
	wait()
	return changes
}

// replacePulledLocked selects the port now in use on each side whose previous port was pulled.
func (d *Device) replacePulledLocked(before *state.Info) {
	for n, direction := range audio.Directions() {
		now := d.settings.Info.Side(direction)
		if d.hardware(n) && before.Side(direction).Port&^now.AvailPorts != 0 {
			_ = d.controls().Select(direction, now.Port) // a refusal shows when the ports are read again
		}
	}
}

// applyToSoftwareLocked makes software do what the hardware leaves; wait blocks until it does.
func (d *Device) applyToSoftwareLocked(levels hwLevels) (wait func()) {
	if levels == d.hwLevels {
		return func() {}
	}
	d.hwLevels = levels
	i := d.settings.Info
	return d.post(func() { d.applyState(&i, levels, state.Patch{}, &state.Reply{}) })
}
