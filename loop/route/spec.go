package route

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample"
)

// Spec is the configuration of a route.
type Spec struct {
	Name     string
	From, To string // places; see the package comment
	// Latency is how far the sink stays behind the source if they have different clocks; 0: DefaultLatency,
	// or the least that is possible if that is more.
	Latency time.Duration
	Drift   Drift
	Quality resample.Quality // of the resampler between two clocks or rates
	// Channels of From, counted from 1, and those of To they go to, one by one; nil: as for a client with
	// another format.
	FromChannels, ToChannels []int
	// Feedback permits a route that closes a cycle, if its gain is below unity.
	Feedback bool
	Setting  mixer.Setting // gain, balance and mute at first
	Paused   bool
}

// DefaultLatency is that of a route between two clocks.
const DefaultLatency = 10 * time.Millisecond

// Drift says how a route follows the difference of two clocks.
type Drift uint8

// The values of Drift.
const (
	Auto     Drift = iota // Pitch where there is one that nobody moves, else Resample; nothing within one clock
	Resample              // always, also within one clock
	None                  // never: the sound is realigned when too much or too little of it is there
	Pitch                 // move one of the two clocks, or wait until that is possible; nothing within one clock
)

// drifts is indexed by Drift.
var drifts = [...]string{Auto: "auto", Resample: "resample", None: "none", Pitch: "pitch"}

// String returns the word of the configuration.
func (d Drift) String() string {
	if int(d) < len(drifts) {
		return drifts[d]
	}
	return "unknown"
}

// matrix returns the mix of a route between ends with these numbers of channels, or the zero value if the
// route has none of its own. ErrInvalid: an end has no such channel.
func (s *Spec) matrix(from, to int) (audio.Matrix, error) {
	if len(s.FromChannels) == 0 {
		return audio.Matrix{}, nil
	}
	m := audio.Matrix{In: from, Out: to, Gains: make([]float32, from*to)}
	for i, in := range s.FromChannels {
		out := s.ToChannels[i]
		if in > from {
			return audio.Matrix{}, audio.ErrInvalid.With("%s: from has %d channels, and no channel %d", s.Name, from, in)
		}
		if out > to {
			return audio.Matrix{}, audio.ErrInvalid.With("%s: to has %d channels, and no channel %d", s.Name, to, out)
		}
		m.Gains[(out-1)*from+in-1] = 1
	}
	return m, nil
}

// validate returns ErrInvalid for what is wrong whatever the places are.
func (s *Spec) validate() error {
	switch {
	case s.Name == "":
		return audio.ErrInvalid.With("a route needs a name")
	case len(s.FromChannels) != len(s.ToChannels):
		return audio.ErrInvalid.With("%s: %d channels cannot go to %d; name as many of both",
			s.Name, len(s.FromChannels), len(s.ToChannels))
	case s.Latency < 0:
		return audio.ErrInvalid.With("%s: a latency of %s is out of range; use 0 or more", s.Name, s.Latency)
	}
	for _, all := range [][]int{s.FromChannels, s.ToChannels} {
		for _, c := range all {
			if c < 1 || c > audio.MaxChannels {
				return audio.ErrInvalid.With("%s: channel %d is out of range; use 1..%d", s.Name, c, audio.MaxChannels)
			}
		}
	}
	return nil
}
