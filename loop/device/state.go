package device

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
)

// Info returns the state now.
func (d *Device) Info() audio.Info {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.look()
}

// look is info with what the engine knows. The caller holds mu.
func (d *Device) look() audio.Info {
	i := d.info
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

// Set is SETINFO (D18): all of the patch, or nothing and audio.Problems or what the hardware
// says. It is in effect in the next cycle, for which it waits.
func (d *Device) Set(p audio.Patch) (audio.Reply, error) {
	d.mu.Lock()
	before := d.look()
	next := before
	p = d.opens(p)
	reply, err := next.Apply(p, d.rules)
	if err != nil {
		d.mu.Unlock()
		return audio.Reply{}, err
	}
	if err := d.choose(&d.info, &next, p); err != nil {
		d.mu.Unlock()
		return audio.Reply{}, err
	}
	rest, err := d.divide(&d.info, &next, p) // after the ports: it monitors the inputs that are chosen
	if err != nil {                          // the hardware, too, is as before
		_ = d.choose(&next, &d.info, audio.Patch{})
		was, _ := d.divide(&next, &d.info, p)
		wait := d.share(was)
		d.mu.Unlock()
		wait()
		return audio.Reply{}, err
	}
	d.keep(next, p)
	d.split = rest
	wait := d.post(func() { d.take(&next, rest, p, &reply) })
	d.mu.Unlock()
	wait()
	reply.Compare(&before, p)
	return reply, nil
}

// keep is the state from now on. That somebody waits is kept only if it was set by hand, until
// the side is closed (E40). The caller holds mu.
func (d *Device) keep(next audio.Info, p audio.Patch) {
	for _, direction := range audio.Directions() {
		waiting := &next.Side(direction).Waiting
		raised, _ := p.Get(audio.PlayWaiting.On(direction))
		*waiting = raised != 0 && *waiting || d.info.Side(direction).Waiting
	}
	d.info = next
}

// Restore sets what Save of an Info has kept (D25). What is damaged or impossible now is left
// as it is, and listed in the error.
func (d *Device) Restore(saved audio.Saved) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := d.look()
	err := next.Restore(saved, d.rules)
	if failed := d.choose(&d.info, &next, audio.Patch{}); failed != nil {
		err = errors.Join(err, failed)
		next.Play.Port, next.Record.Port = d.info.Play.Port, d.info.Record.Port
	}
	rest, failed := d.divide(nil, &next, audio.Patch{})
	err = errors.Join(err, failed)
	d.keep(next, audio.Patch{})
	d.split = rest
	d.post(func() { d.take(&next, rest, audio.Patch{}, &audio.Reply{}) })()
	return err
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
		d.info.Opened(side, audio.Format{}, d.rules) // the device has its own
	case closed:
		d.info.Closed(side, 0)
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
	return d.info.Play.Pause
}

// Mark counts an eof mark on what is played, and returns the count.
func (d *Device) Mark() (eof uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.info.Play.EOF++
	return d.info.Play.EOF
}
