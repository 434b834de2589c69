package device

import (
	"math"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/mixer"
)

// ride moves a volume of the hardware while it is heard. The hardware acts at once, and what
// software writes is heard only when the device has played all that it holds. So the engine
// counts the frames, and says when each step is due:
//
//	software   ▔▔▔▔╲▁▁▁▁▁▁▁▁▁▁▁▁   from ─▶ to, in a straight line of dB as it is written
//	is heard   ▔▔▔▔▔▔▔▔▔╲▁▁▁▁▁▁▁   lag frames later
//	hardware   ▔▔▔▔▔▔▔▔▔▔▔╲╲▁▁▁▁   step by step in between, from another goroutine
//
// So what is heard goes from the old level to the new one without a jump that is larger than
// a step, and a step that comes a period early or late is a step at another place, no more.
type ride struct {
	way  []float64 // dB of the hardware: where it is, …, where it is to be
	from float64   // dB, what software does at first
	to   float32   // the amplitude that software does at last
	ramp int       // frames that software takes
	lag  int       // frames until what is written is heard

	taken int          // steps; under Device.mu
	done  int          // frames so far; the engine's
	due   atomic.Int32 // steps that the hardware has to have taken
}

// newRide is from one amplitude of software to another, a step of the hardware each period.
func (d *Device) newRide(n int, way []float64, from, to float32) *ride {
	r := &ride{way: way, from: 20 * math.Log10(float64(from)), to: to}
	period := d.settings.Rules.Play.FragmentFrames
	if r.ramp = period; to > 0 {
		r.ramp = period * max(2, r.steps())
	}
	if n == playing { // what is recorded passes through the hardware first
		r.lag = int(d.tail.delay[playing].Load())
	}
	return r
}

func (r *ride) steps() int { return len(r.way) - 1 }

// level is what software does now.
func (r *ride) level() float32 {
	if r.to == 0 || r.done >= r.ramp {
		return r.to
	}
	to := 20 * math.Log10(float64(r.to))
	return float32(math.Pow(10, (r.from+(to-r.from)*float64(r.done)/float64(r.ramp))/20))
}

// falls is how many steps are due: each when the middle of its part of the ramp is heard; to
// silence all when that is heard.
func (r *ride) falls() int {
	heard := r.done - r.lag
	switch {
	case heard < 0, r.to == 0 && heard < r.ramp:
		return 0
	case r.to == 0:
		return r.steps()
	}
	return min(r.steps(), (2*heard*r.steps()/r.ramp+1)/2)
}

// pass lets frames pass, and reports whether the hardware has something to do, and whether
// the ride is over.
func (r *ride) pass(frames int) (due, over bool) {
	r.done += frames
	falls := int32(r.falls())
	if due = falls > r.due.Load(); due {
		r.due.Store(falls)
	}
	return due, r.done >= r.ramp && int(falls) == r.steps()
}

// finish makes all that is left due, as nothing is heard any more.
func (r *ride) finish() { r.due.Store(int32(r.steps())) }

// use lets a side go to its share of a gain; for the engine's goroutine.
func (d *Device) use(n int, f *mixer.Fader, s share, side *state.Side, mute bool) {
	d.levels[n], d.rides[n] = s.setting(side, mute), s.ride
	f.Set(d.levels[n])
	if r := s.ride; r != nil && !d.going {
		d.finish(&d.rides[n])
	} else if r != nil {
		f.Set(at(d.levels[n], r.level()))
	}
}

// at is a setting at another level of software.
func at(s mixer.Setting, level float32) mixer.Setting {
	s.Mute = s.Mute || level == 0
	s.Scale = level
	return s
}

// pass is a block that a side is about to play, or has recorded; for the engine's goroutine.
func (d *Device) pass(n int, f *mixer.Fader, frames int) {
	if n == playing && d.hush != nil {
		if due, over := d.hush.pass(frames); due || over {
			d.hush = nil
			d.kick()
		}
	}
	r := d.rides[n]
	if r == nil {
		return
	}
	due, over := r.pass(frames)
	f.Set(at(d.levels[n], r.level()))
	if over {
		d.rides[n] = nil
	}
	if due {
		d.kick()
	}
}

// finish ends a ride as nothing is heard any more.
func (d *Device) finish(r **ride) {
	if *r != nil {
		(*r).finish()
		*r = nil
		d.kick()
	}
}

// kick has the hardware move.
func (d *Device) kick() {
	select {
	case d.kicks <- struct{}{}:
	default: // it is about to look
	}
}

// Ride moves the hardware when a ride is due, until the engine has left; what is not done yet
// is done then. It is for a goroutine of its own.
func (d *Device) Ride(stopped <-chan struct{}) {
	if d.controller == nil {
		return
	}
	for {
		select {
		case <-d.kicks:
			d.follow()
		case <-stopped:
			d.arrive()
			d.follow()
			return
		}
	}
}

// arrive makes all steps due.
func (d *Device) arrive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range []*ride{d.split.gain[playing].ride, d.split.gain[recording].ride, d.split.hush} {
		if r != nil {
			r.finish()
		}
	}
}

// follow takes the steps that are due. What the hardware refuses stays where it is, and
// software does what it can of the rest.
func (d *Device) follow() {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := d.split
	for n, direction := range audio.Directions() {
		s := &next.gain[n]
		if s.ride == nil {
			continue
		}
		if now, ok := d.hw().Gain(direction); ok && now != s.volume {
			s.ride = nil // another mixer has moved it: that is heard of, and stays
			continue
		}
		if err := d.steps(direction, s.ride); err != nil {
			s.rest, s.ride = left(d.settings.Info.Side(direction).Gain, s.ride.way[s.ride.taken]), nil
		} else if s.ride.taken == s.ride.steps() {
			s.ride = nil
		}
		if volume, ok := d.hw().Gain(direction); ok {
			s.volume = volume
		}
	}
	if m, ok := d.hw().(backend.Muter); ok && next.hush != nil && next.hush.due.Load() > 0 {
		_, _ = m.Mute(true) // software is silent in any case
		next.muted, _ = m.Muted()
		next.hush = nil
	}
	if next.gain[playing].rest != d.split.gain[playing].rest || next.gain[recording].rest != d.split.gain[recording].rest {
		d.share(next)
	}
	d.split = next
}

// steps takes those that are due.
func (d *Device) steps(direction audio.Direction, r *ride) error {
	for r.taken < int(r.due.Load()) {
		if err := d.hw().SetLevel(direction, r.way[r.taken+1]); err != nil {
			return err
		}
		r.taken++
	}
	return nil
}
