package loop

import "github.com/loopbridge/loopbridge/audio"

// Controls are the switches of a device's hardware. Without them ports are the engine's
// own: a state, or channels. Methods are called from any goroutine but the engine's, one
// at a time for each Engine, and may block shortly.
type Controls interface {
	// Ports are those of a side that something is plugged into, those of all that can be
	// switched, and whether only one can be on at a time. None: the hardware has none, or
	// is not there.
	Ports(d audio.Direction) (avail, mod audio.Ports, exclusive bool)
	// Selected are those that are on.
	Selected(d audio.Direction) (audio.Ports, error)
	// Select switches these on and the others off. An error changes nothing.
	Select(d audio.Direction, p audio.Ports) error
	// Gain reads the volume of a side as the nearest gain of 0..255. Not ok: the hardware has
	// none, or is not to use it; then gain is software's.
	Gain(d audio.Direction) (gain int, ok bool)
	// Way lists the levels in dB over which that volume gets to a gain: first where it is, at
	// last the nearest that is not below the gain. Neighbours are so close that the step is
	// not heard, or as close as the hardware has them.
	Way(d audio.Direction, gain int) ([]float64, error)
	// SetLevel sets that volume to a level of a Way.
	SetLevel(d audio.Direction, dB float64) error
	// Monitor makes the input heard in the output with a gain of 0..255. Not done: the
	// hardware cannot, or is not to do it, and software does.
	Monitor(gain int) (done bool, err error)
	// Monitored reads that gain, as the nearest of 0..255. Not ok: software monitors.
	Monitored() (gain int, ok bool)
}

// Muter is what Controls may be beside: hardware with a switch that silences all that it
// plays. Without it a mute is software's alone.
type Muter interface {
	// Muted reads the switch, whoever has turned it; Controls.Select does not turn it then.
	// Not ok: the hardware has none, or is not there.
	Muted() (muted, ok bool)
	// Mute turns it. Not done: the hardware cannot, or is not to do it; software is silent
	// in any case.
	Mute(muted bool) (done bool, err error)
}

// hardware reports whether a side's ports are switches of the hardware.
func (d *desk) hardware(n int) bool { return d.controls != nil && d.ports[n] == nil }

// plugged takes over what the hardware has now. The caller holds mu.
func (d *desk) plugged() {
	if m, ok := d.controls.(Muter); ok {
		m.Muted() // before the ports are read, of which it may be a matter
	}
	for n, direction := range directions() {
		s := d.info.Side(direction)
		if !d.hardware(n) || s.AvailPorts == 0 { // no such side
			continue
		}
		avail, mod, exclusive := d.controls.Ports(direction)
		if avail == 0 {
			continue // what it had stays until it is back
		}
		rules := &d.rules.Play
		if direction == audio.Record {
			rules = &d.rules.Record
		}
		rules.Exclusive = exclusive
		s.ModPorts = mod & avail
		if selected, err := d.controls.Selected(direction); err == nil && selected&avail != 0 {
			s.Port = selected & avail
		}
		s.Plugged(avail)
	}
}

// choose switches the hardware from the ports of now to those of next, or leaves all as it
// is. Ports that p sets may be those of before, and be off all the same. The caller holds mu.
func (d *desk) choose(now, next *audio.Info, p audio.Patch) error {
	for n, direction := range directions() {
		port := next.Side(direction).Port
		if _, given := p.Get(audio.PlayPort.On(direction)); !d.hardware(n) || !given && now.Side(direction).Port == port {
			continue
		}
		if err := d.controls.Select(direction, port); err != nil {
			if n == recording && now.Play.Port != next.Play.Port && d.hardware(playing) {
				_ = d.controls.Select(audio.Play, now.Play.Port)
			}
			return err
		}
	}
	return nil
}

// Replugged reads the ports, gains and mute of the hardware again, after a jack, a hand at
// another mixer or the card itself has changed them, and returns what is different. With
// again they are those of before, as far as they are there: the card was away.
// From any goroutine but the engine's.
func (e *Engine) Replugged(again bool) []audio.Change {
	changes, change := e.desk.replugged(e, again)
	e.await(change)
	return changes
}

func (d *desk) replugged(e *Engine, again bool) ([]audio.Change, *command) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.controls == nil {
		return nil, nil
	}
	before := d.info
	d.plugged()
	var rest split
	if !again {
		d.takeOver(&before)
		rest = d.heard()
	} else {
		rest, _ = d.divide(nil, &d.info, audio.Patch{}) // what it refuses is software's
		for n, direction := range directions() {
			s := d.info.Side(direction)
			if was := before.Side(direction).Port & s.AvailPorts; d.hardware(n) && was != 0 && was != s.Port && d.controls.Select(direction, was) == nil {
				s.Port = was
			}
		}
	}
	return audio.Changes(&before, &d.info), d.share(e, rest)
}

// takeOver switches the hardware to what is in use now in place of what was pulled. The
// caller holds mu.
func (d *desk) takeOver(before *audio.Info) {
	for n, direction := range directions() {
		now := d.info.Side(direction)
		if d.hardware(n) && before.Side(direction).Port&^now.AvailPorts != 0 {
			_ = d.controls.Select(direction, now.Port) // the next look shows what it has refused
		}
	}
}

// share lets software do what the hardware leaves of info now. The caller holds mu.
func (d *desk) share(e *Engine, rest split) *command {
	if rest == d.split {
		return nil
	}
	d.split = rest
	i := d.info
	return e.post(func() { d.take(&i, rest, audio.Patch{}, &audio.Reply{}) })
}
