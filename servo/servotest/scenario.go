package servotest

import (
	"math"
	"time"
)

// Reading is what an engine knows in a cycle, beside its own pair.
type Reading struct {
	Now      int64   // ns
	Sink     int64   // the sink's frame to which the mark belongs
	Source   int64   // the source's frame that is read there,
	Fraction float64 // and a part of one
	Written  int64   // frames that the source has written

	// Queued is how many frames are on their way, as the pointers of both cards have it at this moment. The
	// source's counts from the last whole period in its own cycles. Ours does not use it.
	Queued float64
}

// Decision is what a controller wants.
type Decision struct {
	Ratio  float64 // frames of the source for one of the sink, relative to nominal
	Pitch  float64 // factor on the source's rate; 0: it has no control
	Shift  int64   // frames to skip, or to go back
	Silent bool    // nothing is read
	Locked bool    // the controller says that it has settled
}

// Controller is what bridges two clocks.
type Controller interface {
	// Source is called when the source's engine wakes up, with the pair that it then has.
	Source(frames, at int64, r Reading)
	// Sink is called when the sink's engine wakes up.
	Sink(frames, at int64, r Reading) Decision
}

// Scenario is what is simulated.
type Scenario struct {
	Name         string
	Source, Sink Side
	Latency      float64 // wanted frames between what is written and what is read
	For          time.Duration
	Settled      time.Duration // from when on a controller without a lock is measured
	Dwell        time.Duration // for how long the ratio must be within 1 ppm to be called so; 0: 10 s
	Seed         uint64
}

// Result is what a controller has made of a scenario. Its JSON names are those of the bench command.
type Result struct {
	Within1PPM Seconds `json:"within_1_ppm_s"` // from then on it was, for Dwell; −1: never
	Locked     Seconds `json:"locked_s"`       // −1: never, or it has no lock
	PPM        float64 `json:"ppm_rms"`        // error of the ratio, once locked or settled
	PPMPeak    float64 `json:"ppm_peak"`
	Slope      float64 `json:"slope_ppm_per_s"`   // the largest
	Error      float64 `json:"error_frames_rms"`  // of the latency
	ErrorMean  float64 `json:"error_frames_mean"` // its constant part
	LaterPeak  float64 `json:"settled_error_frames_peak"`
	ErrorPeak  float64 `json:"error_frames_peak"` // its peak from the first sound on
	Xruns      int     `json:"xruns"`             // nothing to read, or more than twice the latency and a period
	Moved      int     `json:"moved"`             // how often sound was moved, beyond the first time
	Unlocked   int     `json:"unlocked"`          // how often the lock was lost
	Cycles     int     `json:"cycles"`            // of the sink
}

// Seconds is a time in s.
type Seconds float64

// Around returns the rms of the latency's error around its mean, in frames.
func (r *Result) Around() float64 { return math.Sqrt(max(0, r.Error*r.Error-r.ErrorMean*r.ErrorMean)) }

// Point is a moment of a run.
type Point struct {
	T     float64 // s
	Ratio float64 // ppm
	True  float64 // ppm: what the ratio should be
	Error float64 // frames
}
