package servo

// State is what a servo does.
type State uint8

// The states; the package comment draws them.
const (
	// Lost: where sound would have to be read is not known. The route is silent.
	Lost State = iota
	// Acquiring: sound flows, and the ratio moves as fast as it must.
	Acquiring
	// Locked: the ratio is known to a ppm, and moves slowly.
	Locked
)

// String returns the word for people and the API.
func (s State) String() string {
	switch s {
	case Acquiring:
		return "acquiring"
	case Locked:
		return "locked"
	}
	return "lost"
}

// Reason is why a servo was lost.
type Reason uint8

// The reasons.
const (
	NoReason   Reason = iota // it is not lost, or has never been anything else
	Silent                   // no pair came from one of the clocks for a second
	Restarted                // one of the clocks was reset
	OutOfRange               // the clocks differ by more than Range
	Misplaced                // the latency was wrong by more than a millisecond
)

// String returns a few words for people.
func (r Reason) String() string {
	switch r {
	case Silent:
		return "a clock stands still"
	case Restarted:
		return "a device was restarted"
	case OutOfRange:
		return "the clocks differ by more than 0.5 %"
	case Misplaced:
		return "the position jumped"
	}
	return ""
}

// Side is one of the two clocks of a route.
type Side uint8

// The sides.
const (
	Neither Side = iota
	Source
	Sink
)

// ServoState is all that a Servo knows: plain data, to be written out and read in by a later program.
type ServoState struct {
	Target      float64 // the wanted latency, in frames of the source
	Moves       Side    // whose clock follows the ratio, by its pitch control; Neither: a resampler does
	State       State
	Reason      Reason // of the last loss
	Since       int64  // when State began, in ns
	Acquired    int64  // when sound began to flow, in ns
	Now         int64  // the time of the last Step
	Ratio       float64
	Latency     float64 // at the last Step, in frames of the source
	Least, Most float64 // of Latency, since the servo became locked
	Resyncs     uint64  // how often sound was lost and moved
	Unlocks     uint64  // how often the servo went from locked to acquiring
	SourceEpoch uint64
	SinkEpoch   uint64
}

// Mark ties the two sides of a route together: the source's frame Source + Fraction is what the
// sink has for its frame Sink. The resampler's own latency is in all marks, or in none.
type Mark struct {
	Sink     int64
	Source   int64
	Fraction float64
}

// Step is what to do in a cycle.
type Step struct {
	State State
	// Ratio is how many frames of the source make one of the sink, relative to the nominal ratio:
	// what Adjust of a resampler takes. It is in force until the next step.
	Ratio float64
	// Shift is by how many frames the source's side of the mark must move before sound is read
	// from there: forwards if positive. It is 0 but for the step from Lost to Acquiring.
	Shift int64
}
