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
	return d.look()
}

// look is info with what the engine knows. The caller holds mu.
func (d *Device) look() state.Info {
	i := d.settings.Info
	for n, direction := range audio.Directions() {
		s := i.Side(direction)
		s.Samples = d.counted[n].Load()
		s.Error = d.failed[n].Load() && s.Open
		s.Active = d.active[n].Load() && s.Open
		s.Waiting = s.Waiting || d.queued[n] > 0
		s.Delay = int(d.tail.delay[n].Load())
	}
	i.RefCount = d.opened[playing] + d.opened[recording]
	return i
}

// Set is SETINFO (D18): all of the patch, or nothing and state.Problems or what the hardware
// says. It is in effect in the next cycle, for which it waits.
func (d *Device) Set(p state.Patch) (state.Reply, error) {
	d.mu.Lock()
	p = d.opens(p)
	d.mu.Unlock()
	return d.settings.Set(&d.mu, p, d.look, func(next *state.Info, reply *state.Reply) (wait func(), err error) {
		now := d.settings.Info
		if err := d.choose(&now, next, p); err != nil {
			return func() {}, err
		}
		rest, err := d.divide(&now, next, p) // after the ports: it monitors the inputs that are chosen
		if err != nil {                      // the hardware, too, is as before
			_ = d.choose(next, &now, state.Patch{})
			was, _ := d.divide(next, &now, p)
			return d.share(was), err
		}
		return d.adopt(*next, rest, p, reply), nil
	})
}

// Restore implements audio(7I) over restarts; see Settings.Restore.
func (d *Device) Restore(saved state.Saved) error {
	return d.settings.Restore(&d.mu, saved, d.look, func(next *state.Info) (wait func(), err error) {
		now := d.settings.Info
		refused := d.choose(&now, next, state.Patch{})
		if refused != nil {
			next.Play.Port, next.Record.Port = now.Play.Port, now.Record.Port
		}
		rest, err := d.divide(nil, next, state.Patch{})
		return d.adopt(*next, rest, state.Patch{}, &state.Reply{}), errors.Join(refused, err)
	})
}

// adopt makes next the state from now on, of which rest is left to software, and returns what
// blocks until it is in effect. The caller holds mu.
func (d *Device) adopt(next state.Info, rest split, p state.Patch, reply *state.Reply) (wait func()) {
	d.settings.Waiting(&next, p)
	d.settings.Info, d.split = next, rest
	return d.post(func() { d.take(&next, rest, p, reply) })
}

// AddClients counts those that hold a side: the first opens it, the last closes it.
func (d *Device) AddClients(side audio.Direction, more int) (opened, closed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := side.Index()
	was := d.opened[n]
	d.opened[n] += more
	switch opened, closed = was == 0, d.opened[n] == 0; {
	case opened:
		d.settings.Info.Opened(side, audio.Format{}, d.settings.Rules) // the device has its own
	case closed:
		d.settings.Info.Closed(side, 0)
	default:
		return false, false
	}
	d.post(func() {
		d.paused[n] = false
		d.failed[n].Store(false)
		if was == 0 {
			d.since[n] = d.samples[n]
			d.counted[n].Store(0)
		}
	})()
	return opened, closed
}

// AddWaiters counts those that wait to open a side (D21), and reports whether they begin to.
func (d *Device) AddWaiters(side audio.Direction, more int) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	queued := &d.queued[side.Index()]
	first = *queued == 0
	*queued += more
	return first && more > 0
}

// PlayPaused reports whether what is played is paused.
func (d *Device) PlayPaused() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings.Info.Play.Pause
}

// Mark counts an eof mark on what is played, and returns the count.
func (d *Device) Mark() (eof uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settings.Info.Play.EOF++
	return d.settings.Info.Play.EOF
}
