package route

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/servo"
)

const (
	// driveEvery is how often the control is set. In between, the latency goes away by a step × this: a tenth of a
	// frame for 10 ppm at 48 kHz.
	driveEvery = 200 * time.Millisecond
	// farthest is how far a clock is moved at most: as far as a servo goes.
	farthest = servo.Range + 1e-3
	// vain is how often sound may be lost before the first lock, until it is clear that the control moves nothing.
	vain = 3
)

// pitch drives the control of one clock, on a goroutine of the route: the calls may block.
type pitch struct {
	moved
	control backend.Pitch
	unit    float64
	stepper *servo.Stepper
	steps   atomic.Int64 // set last
	meant   float64      // by that
	locked  bool         // the servo was, once
}

func newPitch(m moved, control backend.Pitch) *pitch {
	of := control.PitchRange()
	most := int(math.Ceil(farthest / of.Unit))
	return &pitch{moved: m, control: control, unit: of.Unit,
		stepper: servo.NewStepper(of.Unit, max(of.Least, -most), min(of.Most, most), int64(driveEvery))}
}

// ppm returns by how much the clock is moved now.
func (p *pitch) ppm() float64 { return float64(p.steps.Load()) * p.unit * 1e6 }

// set sets the control, and tells the engine what was meant.
func (p *pitch) set(steps int, meant float64) error {
	if err := p.control.SetPitch(steps); err != nil {
		return err
	}
	p.steps.Store(int64(steps))
	p.meant = meant
	p.engine.Steer(1+float64(steps)*p.unit, meant)
	return nil
}

// drive sets the control until ctx ends, which returns nil, or it has to be given up, and why.
func (r *Route) drive(ctx context.Context, p *pitch) error {
	ticker := time.NewTicker(driveEvery)
	defer ticker.Stop()
	before, _ := r.status.Servo() // of a bridge that is gone
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if p.engine.Pitch() != p.control {
			return audio.ErrNoDevice.With("%s has no control of its clock any more: it runs on %s", p.engine.Name(), p.engine.RunsOn())
		}
		if !r.pitches.mine(p.engine, r.spec.Name) {
			return audio.ErrBusy.With("another route needs the clock of %s", p.engine.Name())
		}
		v, ok := r.status.Servo()
		if !ok || v.Now == before.Now {
			continue
		}
		if p.locked = p.locked || v.State == servo.Locked; !p.locked && v.Resyncs >= vain {
			return audio.ErrIO.With("the control of the clock of %s moves nothing", p.engine.Name())
		}
		if err := p.follow(&v); err != nil {
			return err
		}
	}
}

// follow sets the control as the servo wants it; while that is lost, as it was: a driver may have forgotten it.
func (p *pitch) follow(v *servo.ServoState) error {
	if v.State == servo.Lost {
		return p.set(int(p.steps.Load()), p.meant)
	}
	wanted := v.Ratio
	if p.side == servo.Source {
		wanted = 1 / v.Ratio
	}
	steps, _ := p.stepper.Step(v.Now, wanted)
	return p.set(steps, wanted)
}

// stop moves the clock back to its centre, and lets others have it. It blocks briefly.
func (r *Route) stop(p *pitch) {
	_ = p.control.SetPitch(0) // it has gone, or fails: that was told
	p.steps.Store(0)
	p.engine.Steer(1, 1)
	r.pitches.release(p.engine)
}

// drives drives the pitch of a cord, if it has one, on a goroutine of its own. The function that it returns ends that,
// and the cord. over ends ctx, so that the route is connected anew.
func (r *Route) drives(ctx context.Context, over func(), c *cord) (end func()) {
	var ended sync.WaitGroup
	ended.Go(func() {
		if c.pitch == nil {
			r.awaitPitch(ctx, over)
		} else if err := r.drive(ctx, c.pitch); err != nil {
			if !errors.Is(err, audio.ErrNoDevice) && !errors.Is(err, audio.ErrBusy) {
				r.broken = broken{c.pitch.control, err}
			}
			over()
		}
	})
	return func() {
		over()
		ended.Wait()
		r.disconnect(c)
		if c.pitch != nil {
			r.stop(c.pitch)
		}
	}
}

// awaitPitch ends a route that resamples because another device stood in when it was connected, once there is
// a clock that can be moved: sound stops at that moment anyway.
func (r *Route) awaitPitch(ctx context.Context, over func()) {
	away := func() bool { return r.from.on.StandsIn() || r.to.on.StandsIn() }
	if r.spec.Drift != Auto || !r.plan.follows || !away() {
		return
	}
	for ctx.Err() == nil {
		_, changed := r.bay.Revision()
		if len(r.sides(false)) > 0 {
			over()
			return
		}
		if !away() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}
