package route

import (
	"time"

	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/servo"
)

// Status is a route as seen from outside, at one moment.
type Status struct {
	Spec
	State    State
	WaitsFor string // the end that is not yet open; "": none
	Err      error  // why an end could not be opened, the last time
	Setting  mixer.Setting
	Paused   bool
	Frames   uint64 // written to the sink while sound flowed
	Missing  uint64 // of these, silence because the source was late
	Follows  bool   // a servo follows two clocks; what follows is its
	Servo    servo.ServoState
	Rate     int // of the source's device, whose frames latencies are in
	// Actuator is what follows the clocks.
	Actuator Actuator
	Moves    string  // the device whose clock is moved, with ByPitch
	PPM      float64 // by so much now
	Why      error   // no clock is moved although the route would: the control has failed, or others need it; nil: as it should be
}

// Actuator is what follows the difference of two clocks.
type Actuator string

// The actuators.
const (
	ByNothing   Actuator = "none" // there is one clock, or nobody follows, or the route waits
	ByResampler Actuator = "resample"
	ByPitch     Actuator = "pitch"
)

// State is what a route does.
type State string

// The states; the package comment draws them.
const (
	Waiting State = "waiting" // for an end
	Silent  State = "silent"  // both ends are open, and nothing comes, it is paused or its servo is lost
	Flowing State = "flowing"
)

// Status returns the status of the route.
func (r *Route) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Status{
		Spec: r.spec, State: Waiting, WaitsFor: r.waitsFor, Err: r.err, Setting: r.setting(),
		Actuator: ByNothing, Paused: r.settings.Info.Play.Pause, Frames: r.status.Frames.Load(), Missing: r.status.Missing.Load(),
	}
	if r.cord == nil {
		return s
	}
	if s.State = Silent; r.status.Flowing.Load() {
		s.State = Flowing
	}
	s.Follows, s.Rate = r.cord.follows, r.cord.rate
	if s.Follows {
		s.Servo, _ = r.status.Servo()
		s.Actuator, s.Why = ByResampler, r.cord.why
	}
	if p := r.cord.pitch; p != nil {
		s.Actuator, s.Moves, s.PPM = ByPitch, p.engine.Name(), p.ppm()
	}
	return s
}

// Seconds returns frames of the source's device as a duration.
func (s *Status) Seconds(frames float64) time.Duration {
	if s.Rate == 0 {
		return 0
	}
	return time.Duration(frames / float64(s.Rate) * float64(time.Second))
}
