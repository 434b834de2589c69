package servotest

import "github.com/loopbridge/loopbridge/servo"

// Ours is the servo of package servo, wired as a route has it: each side has its clock, and the
// sink sees the source's as it was published.
type Ours struct {
	SourceClock, SinkClock *servo.Clock
	Servo                  *servo.Servo
	Stepper                *servo.Stepper // not nil: drives the source's pitch
	// Bend, if it is not nil, changes the estimates before the servo sees them.
	Bend func(source, sink *servo.Estimate, now int64)

	published servo.Published
	known     servo.Estimate
	applied   float64
}

// NewOurs returns a servo for a scenario.
func NewOurs(s Scenario) *Ours {
	return &Ours{
		SourceClock: servo.NewClock(float64(s.Source.Rate)), SinkClock: servo.NewClock(float64(s.Sink.Rate)),
		Servo: servo.New(s.Latency), applied: 1,
	}
}

// Source is the cycle of the source's engine.
func (o *Ours) Source(frames, at int64, _ Reading) {
	o.SourceClock.Observe(frames, at)
	e := o.SourceClock.Estimate()
	o.published.Store(&e)
}

// Sink is the cycle of the sink's engine.
func (o *Ours) Sink(frames, at int64, r Reading) Decision {
	o.SinkClock.Observe(frames, at)
	o.published.Load(&o.known)
	source, sink := o.known, o.SinkClock.Estimate()
	if o.Bend != nil {
		o.Bend(&source, &sink, r.Now)
	}
	if o.Stepper != nil {
		o.Servo.Move(servo.Source)
	}
	step := o.Servo.Step(r.Now, &source, &sink, servo.Mark{Sink: r.Sink, Source: r.Source, Fraction: r.Fraction})
	d := Decision{
		Ratio: step.Ratio, Shift: step.Shift, Silent: step.State == servo.Lost, Locked: step.State == servo.Locked,
	}
	if o.Stepper != nil {
		d.Ratio = 1
		_, d.Pitch = o.Stepper.Step(r.Now, 1/step.Ratio)
		if d.Pitch != o.applied {
			o.SourceClock.Steer(d.Pitch, 1/step.Ratio, r.Now)
			e := o.SourceClock.Estimate()
			o.published.Store(&e)
			o.applied = d.Pitch
		}
	}
	return d
}
