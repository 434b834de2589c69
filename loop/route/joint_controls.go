package route

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// jointControls are the controls of two devices: those that play of the one, those that record of the other.
// Neither monitors for both: software does.
type jointControls struct {
	*backend.ControlFeed
	sides [2]backend.Controller // by audio.Direction.Index; nil: none
	ended sync.WaitGroup
	quit  chan struct{}
}

func newJointControls(play, record backend.Stream) *jointControls {
	c := &jointControls{ControlFeed: backend.NewControlFeed(), quit: make(chan struct{})}
	c.sides[audio.Play.Index()], _ = backend.As[backend.Controller](play)
	c.sides[audio.Record.Index()], _ = backend.As[backend.Controller](record)
	for n, d := range audio.Directions() {
		if s := c.sides[n]; s != nil {
			c.ended.Go(func() { c.forward(s, d) })
		}
	}
	return c
}

// forward passes on what changes on one of the devices.
func (c *jointControls) forward(from backend.Controller, d audio.Direction) {
	for {
		select {
		case change, ok := <-from.ControlChanges():
			if !ok {
				return
			}
			change.Jacks &= d
			c.Tell(change)
		case <-c.quit:
			return
		}
	}
}

func (c *jointControls) end() {
	close(c.quit)
	c.ended.Wait()
	c.ControlFeed.Close()
}

// Controls implements backend.Controller.
func (j *Joint) Controls() backend.Controls {
	if j.controls.of(audio.Play) == nil && j.controls.of(audio.Record) == nil {
		return nil
	}
	return j.controls
}

// ControlChanges implements backend.Controller.
func (j *Joint) ControlChanges() <-chan backend.ControlChange { return j.controls.ControlChanges() }

// of returns the controls of a side, or those of nothing.
func (c *jointControls) of(d audio.Direction) backend.Controls {
	if s := c.sides[d.Index()]; s != nil {
		if controls := s.Controls(); controls != nil {
			return controls
		}
	}
	return nil
}

// Ports implements backend.Controls.
func (c *jointControls) Ports(d audio.Direction) backend.ControlPorts {
	if of := c.of(d); of != nil {
		return of.Ports(d)
	}
	return backend.ControlPorts{}
}

// Selected implements backend.Controls.
func (c *jointControls) Selected(d audio.Direction) (audio.Ports, error) {
	if of := c.of(d); of != nil {
		return of.Selected(d)
	}
	return 0, audio.ErrGone
}

// Select implements backend.Controls.
func (c *jointControls) Select(d audio.Direction, p audio.Ports) error {
	if of := c.of(d); of != nil {
		return of.Select(d, p)
	}
	return audio.ErrGone
}

// Gain implements backend.Controls.
func (c *jointControls) Gain(d audio.Direction) (gain int, ok bool) {
	if of := c.of(d); of != nil {
		return of.Gain(d)
	}
	return 0, false
}

// Way implements backend.Controls.
func (c *jointControls) Way(d audio.Direction, gain int) ([]float64, error) {
	if of := c.of(d); of != nil {
		return of.Way(d, gain)
	}
	return nil, audio.ErrGone
}

// SetLevel implements backend.Controls.
func (c *jointControls) SetLevel(d audio.Direction, dB float64) error {
	if of := c.of(d); of != nil {
		return of.SetLevel(d, dB)
	}
	return audio.ErrGone
}

// Monitor implements backend.Controls: no card plays what another one records.
func (c *jointControls) Monitor(int) (done bool, err error) { return false, nil }

// Monitored implements backend.Controls.
func (c *jointControls) Monitored() (gain int, ok bool) { return 0, false }

// Muted implements backend.Muter.
func (c *jointControls) Muted() (muted, ok bool) {
	if m, can := c.of(audio.Play).(backend.Muter); can {
		return m.Muted()
	}
	return false, false
}

// Mute implements backend.Muter.
func (c *jointControls) Mute(muted bool) (done bool, err error) {
	if m, can := c.of(audio.Play).(backend.Muter); can {
		return m.Mute(muted)
	}
	return false, nil
}
