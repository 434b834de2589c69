package device

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Info returns the state now.
func (d *Device) Info() state.Info {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.infoLocked()
}

// infoLocked returns the state including what only the engine knows.
func (d *Device) infoLocked() state.Info {
	i := d.settings.Info
	for n, direction := range audio.Directions() {
		s := i.Side(direction)
		s.Samples = d.counter(n)
		s.Error = d.failed[n].Load() && s.Open
		s.Active = d.active[n].Load() && s.Open
		s.Waiting = s.Waiting || d.waiters[n] > 0
		s.Delay = int(d.tail.delay[n].Load())
	}
	i.RefCount = d.clients[playing] + d.clients[recording]
	return i
}

// Set implements SETINFO: it applies the whole patch, or nothing and returns state.Problems or the
// error of the hardware. It blocks until the patch is in effect, in the next cycle.
func (d *Device) Set(p state.Patch) (state.Reply, error) {
	d.mu.Lock()
	p = d.unmuteForPortLocked(p)
	d.mu.Unlock()
	return d.settings.Set(&d.mu, p, d.infoLocked, func(next *state.Info, reply *state.Reply) (wait func(), err error) {
		now := d.settings.Info
		if err := d.selectPortsLocked(&now, next, p); err != nil {
			return func() {}, err
		}
		levels, err := d.applyToHardwareLocked(&now, next, p) // after the ports: monitoring depends on the inputs
		if err != nil {                                       // put the hardware back too
			_ = d.selectPortsLocked(next, &now, state.Patch{})
			was, _ := d.applyToHardwareLocked(next, &now, p)
			return d.applyToSoftwareLocked(was), err
		}
		return d.adoptLocked(*next, levels, p, reply), nil
	})
}

// Restore sets a saved state; see Settings.Restore.
func (d *Device) Restore(saved state.Saved) error {
	return d.settings.Restore(&d.mu, saved, d.infoLocked, func(next *state.Info) (wait func(), err error) {
		now := d.settings.Info
		refused := d.selectPortsLocked(&now, next, state.Patch{})
		if refused != nil {
			next.Play.Port, next.Record.Port = now.Play.Port, now.Record.Port
		}
		levels, err := d.applyToHardwareLocked(nil, next, state.Patch{})
		return d.adoptLocked(*next, levels, state.Patch{}, &state.Reply{}), errors.Join(refused, err)
	})
}

// adoptLocked makes next the state. wait blocks until it is in effect.
func (d *Device) adoptLocked(next state.Info, levels hwLevels, p state.Patch, reply *state.Reply) (wait func()) {
	d.settings.Waiting(&next, p)
	d.settings.Info, d.hwLevels = next, levels
	return d.post(func() { d.applyState(&next, levels, p, reply) })
}

// AddClients adds more, which may be negative, to the clients of a side. The first opens it, the
// last closes it.
func (d *Device) AddClients(side audio.Direction, more int) (opened, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := side.Index()
	was := d.clients[n]
	d.clients[n] += more
	switch opened, closed = was == 0, d.clients[n] == 0; {
	case opened:
		d.settings.Info.Opened(side, audio.Format{}, d.settings.Rules) // the format is the device's own
	case closed:
		d.settings.Info.Closed(side, 0)
	default:
		return false, false
	}
	d.post(func() {
		d.paused[n] = false
		d.failed[n].Store(false)
		if was == 0 {
			d.setCounter(n, 0)
		}
	})()
	return opened, closed
}

// AddWaiters adds more, which may be negative, to the clients queued for a side, and reports
// whether they are the first.
func (d *Device) AddWaiters(side audio.Direction, more int) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	queued := &d.waiters[side.Index()]
	first = *queued == 0
	*queued += more
	return first && more > 0
}

// PlayPaused reports whether the play side is paused.
func (d *Device) PlayPaused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings.Info.Play.Pause
}

// Mark counts an eof mark on the play side, and returns the count.
func (d *Device) Mark() (eof uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settings.Info.Play.EOF++
	return d.settings.Info.Play.EOF
}

// Moved returns how many frames a side has moved while it was not paused. Any goroutine may call it.
func (d *Device) Moved(side audio.Direction) uint64 { return d.samples[side.Index()].Load() }
