package route

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/servo"
)

// sides returns the devices whose clock the route could move, those first that have a control now: the source
// before the sink, because many sources may go to one sink, and each of them can follow it. Devices without a control
// that stand in for others come last, if away says so.
func (r *Route) sides(away bool) (all []moved) {
	both := []moved{{servo.Source, r.from.on, r.to.on}, {servo.Sink, r.to.on, r.from.on}}
	for _, m := range both {
		if m.engine.Pitch() != nil {
			all = append(all, m)
		}
	}
	for _, m := range both {
		if away && m.engine.Pitch() == nil && m.engine.StandsIn() {
			all = append(all, m)
		}
	}
	return all
}

// moved is a side of a route whose clock is moved, or could be.
type moved struct {
	side            servo.Side
	engine, follows *loop.Engine
}

func (r *Route) mover(m moved) mover { return mover{r.spec.Name, m.follows} }

// book books the clock that a route with drift = "pitch" is to move. ErrBusy: another route has it. ErrInvalid: there
// is none, nor can one come.
func (r *Route) book() (err error) {
	if r.spec.Drift != Pitch || !r.plan.follows {
		return nil
	}
	for _, m := range r.sides(true) {
		if err = r.pitches.book(m.engine, r.mover(m)); err == nil {
			r.booked = m
			return nil
		}
	}
	if err != nil {
		return audio.ErrBusy.With("%s: %v; use drift = \"auto\" or \"resample\"", r.spec.Name, err)
	}
	return audio.ErrInvalid.With("%s: drift = \"pitch\" is not possible: neither %s nor %s has a control of its clock "+
		"(snd-aloop has one with 3 periods or more); use \"auto\" or \"resample\"", r.spec.Name, r.from.on.Name(), r.to.on.Name())
}

// choose returns the pitch that the route moves from now on, until stop of it, or nil if it has to go on without, and
// why. An error: it cannot go on.
func (r *Route) choose() (p *pitch, why, err error) {
	switch {
	case !r.plan.follows:
		return nil, nil, nil
	case r.spec.Drift == Pitch:
		p, err = r.take(r.booked)
		return p, nil, err
	case r.spec.Drift != Auto || r.from.on.Granted().Format.Rate != r.to.on.Granted().Format.Rate:
		return nil, nil, nil // with two rates there is a resampler anyway
	}
	for _, m := range r.sides(false) {
		if p, err = r.take(m); err == nil {
			return p, nil, nil
		}
		why = err
	}
	return nil, why, nil
}

// ready returns why a route with drift = "pitch" cannot be connected now, or nil. Until it can, it opens no end.
func (r *Route) ready() error {
	if r.spec.Drift != Pitch || !r.plan.follows {
		return nil
	}
	r.mu.Lock()
	r.waitsFor = r.booked.engine.Name()
	r.mu.Unlock()
	p, err := r.take(r.booked)
	if err == nil {
		r.stop(p)
	}
	return err
}

// take begins to move the clock of a side.
func (r *Route) take(m moved) (*pitch, error) {
	control := m.engine.Pitch()
	switch {
	case control == nil:
		return nil, audio.ErrNoDevice.With("%s has no control of its clock while it runs on %s", m.engine.Name(), m.engine.RunsOn())
	case r.broken.control == control:
		return nil, r.broken.err
	}
	if err := r.pitches.drive(m.engine, r.mover(m)); err != nil {
		return nil, err
	}
	p := newPitch(m, control)
	if err := p.set(0, 1); err != nil {
		r.pitches.release(m.engine)
		r.broken = broken{control, err}
		return nil, err
	}
	return p, nil
}

// broken is a control that has failed, and how.
type broken struct {
	control backend.Pitch
	err     error
}
