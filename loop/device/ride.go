package device

import (
	"math"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/mixer"
)

// ride moves a hardware volume while sound passes. The hardware acts at once, but what software
// writes is audible only after everything the device holds. So the engine counts frames and says
// when each step is due:
//
//	software   ▔▔▔▔╲▁▁▁▁▁▁▁▁▁▁▁▁   from ─▶ to, linear in dB, as it is written
//	audible    ▔▔▔▔▔▔▔▔▔╲▁▁▁▁▁▁▁   lag frames later
//	hardware   ▔▔▔▔▔▔▔▔▔▔▔╲╲▁▁▁▁   step by step in between, from the rider goroutine
//
// The level never jumps by more than a step; a step a period early or late only moves it in time.
type ride struct {
	way  []float64 // dB of the hardware, from the first to the last
	from float64   // dB that software applies at first
	to   float32   // amplitude that software applies at last
	ramp int       // frames of software's ramp
	lag  int       // frames until what is written is audible

	taken int          // steps taken; guarded by Device.mu
	done  int          // frames so far; owned by the engine
	due   atomic.Int32 // steps the hardware should have taken
}

// newRide returns a ride between two amplitudes of software, one hardware step a period.
func (d *Device) newRide(n int, way []float64, from, to float32) *ride {
	r := &ride{way: way, from: 20 * math.Log10(float64(from)), to: to}
	period := d.settings.Rules.Play.FragmentFrames
	if r.ramp = period; to > 0 {
		r.ramp = period * max(2, r.steps())
	}
	if n == playing { // recorded sound passes the hardware first
		r.lag = int(d.tail.delay[playing].Load())
	}
	return r
}

func (r *ride) steps() int { return len(r.way) - 1 }

// level returns the amplitude software applies now.
func (r *ride) level() float32 {
	if r.to == 0 || r.done >= r.ramp {
		return r.to
	}
	to := 20 * math.Log10(float64(r.to))
	return float32(math.Pow(10, (r.from+(to-r.from)*float64(r.done)/float64(r.ramp))/20))
}

// dueSteps returns how many steps are due: each when the middle of its part of the ramp is audible,
// or, toward silence, all when the silence is.
func (r *ride) dueSteps() int {
	played := r.done - r.lag
	switch {
	case played < 0, r.to == 0 && played < r.ramp:
		return 0
	case r.to == 0:
		return r.steps()
	}
	return min(r.steps(), (2*played*r.steps()/r.ramp+1)/2)
}

// advance counts frames, and reports whether a step became due and whether the ride is over.
func (r *ride) advance(frames int) (due, over bool) {
	r.done += frames
	steps := int32(r.dueSteps())
	if due = steps > r.due.Load(); due {
		r.due.Store(steps)
	}
	return due, r.done >= r.ramp && int(steps) == r.steps()
}

// makeDue makes all remaining steps due.
func (r *ride) makeDue() { r.due.Store(int32(r.steps())) }

// setLevel takes the fader of a side to a new level. Only the engine's goroutine calls it.
func (d *Device) setLevel(n int, f *mixer.Fader, s sideLevel, i *state.Info) {
	d.targets[n], d.rides[n] = s.setting(i.Side(audio.Directions()[n]), n == playing && i.OutputMuted), s.ride
	f.Set(d.targets[n])
	if r := s.ride; r != nil && !d.running {
		d.finishRide(&d.rides[n])
	} else if r != nil {
		f.Set(at(d.targets[n], r.level()))
	}
}

// at returns s with another level of software.
func at(s mixer.Setting, level float32) mixer.Setting {
	s.Mute = s.Mute || level == 0
	s.Scale = level
	return s
}

// advanceRide counts a block that a side plays or recorded. Only the engine's goroutine calls it.
func (d *Device) advanceRide(n int, f *mixer.Fader, frames int) {
	if n == playing && d.muteRide != nil {
		if due, over := d.muteRide.advance(frames); due || over {
			d.muteRide = nil
			d.wakeRider()
		}
	}
	r := d.rides[n]
	if r == nil {
		return
	}
	due, over := r.advance(frames)
	f.Set(at(d.targets[n], r.level()))
	if over {
		d.rides[n] = nil
	}
	if due {
		d.wakeRider()
	}
}

// finishRide ends a ride at once, because nothing is audible any more.
func (d *Device) finishRide(r **ride) {
	if *r != nil {
		(*r).makeDue()
		*r = nil
		d.wakeRider()
	}
}

// wakeRider wakes Ride.
func (d *Device) wakeRider() {
	select {
	case d.riderWake <- struct{}{}:
	default: // it is awake
	}
}

// Ride moves the hardware when steps are due, until stopped is closed, and then takes the remaining
// steps. It blocks, and runs on a goroutine of its own.
func (d *Device) Ride(stopped <-chan struct{}) {
	if d.controller == nil {
		return
	}
	for {
		select {
		case <-d.riderWake:
			d.takeDueSteps()
		case <-stopped:
			d.finishAllRides()
			d.takeDueSteps()
			return
		}
	}
}

// finishAllRides makes all steps due.
func (d *Device) finishAllRides() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range []*ride{d.hwLevels.gain[playing].ride, d.hwLevels.gain[recording].ride, d.hwLevels.muteRide} {
		if r != nil {
			r.makeDue()
		}
	}
}

// takeDueSteps takes the steps that are due. Where the hardware refuses one, software makes up for
// it.
func (d *Device) takeDueSteps() {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := d.hwLevels
	for n, direction := range audio.Directions() {
		s := &next.gain[n]
		if s.ride == nil {
			continue
		}
		if now, ok := d.controls().Gain(direction); ok && now != s.volume {
			s.ride = nil // another mixer moved it; Changed adopts that
			continue
		}
		if err := d.takeSteps(direction, s.ride); err != nil {
			s.remaining, s.ride = remainder(d.settings.Info.Side(direction).Gain, s.ride.way[s.ride.taken]), nil
		} else if s.ride.taken == s.ride.steps() {
			s.ride = nil
		}
		if volume, ok := d.controls().Gain(direction); ok {
			s.volume = volume
		}
	}
	if m, ok := d.controls().(backend.Muter); ok && next.muteRide != nil && next.muteRide.due.Load() > 0 {
		_, _ = m.Mute(true) // software is silent in any case
		next.muted, _ = m.Muted()
		next.muteRide = nil
	}
	was := &d.hwLevels.gain
	if next.gain[playing].remaining != was[playing].remaining ||
		next.gain[recording].remaining != was[recording].remaining {
		d.applyToSoftwareLocked(next)
	}
	d.hwLevels = next
}

// takeSteps takes the due steps of one ride.
func (d *Device) takeSteps(direction audio.Direction, r *ride) error {
	for r.taken < int(r.due.Load()) {
		if err := d.controls().SetLevel(direction, r.way[r.taken+1]); err != nil {
			return err
		}
		r.taken++
	}
	return nil
}
