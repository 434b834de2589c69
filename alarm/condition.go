package alarm

import (
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/mixer/metering"
)

// Kind is what an alarm watches: the word after "on" in a configuration.
type Kind string

// The kinds.
const (
	Silence        Kind = "silence"
	LevelAbove     Kind = "level-above"
	LevelBelow     Kind = "level-below"
	Clip           Kind = "clip"
	Loudness       Kind = "loudness"
	DC             Kind = "dc"
	Correlation    Kind = "correlation"
	Xruns          Kind = "xruns"
	PacketsLost    Kind = "packets-lost"
	Drift          Kind = "drift"
	Latency        Kind = "latency"
	DeviceGone     Kind = "device-gone"
	NoClient       Kind = "no-client"
	FormatChanged  Kind = "format-changed"
	RecorderFailed Kind = "recorder-failed"
)

// String returns the word of the configuration.
func (k Kind) String() string { return string(k) }

// Need is what a condition is found in.
type Need string

// The needs: the sound of a place, or the counters and the state of a subject.
const (
	Sound     Need = "sound"
	Device    Need = "device"          // a device
	End       Need = "device or loop"  // a device, a loop or an end of one
	Clocked   Need = "device or route" // what has a clock to follow
	Routed    Need = "route"
	Looped    Need = "loop"
	Recording Need = "recorder"
)

// Use is whether a threshold is given.
type Use uint8

// The uses.
const (
	No   Use = iota // it is fixed
	May             // there is a default, or one of both is enough
	Must            // it is required
)

// Bound is what a condition knows of one of its thresholds.
type Bound struct {
	Use         Use
	Default     Limit
	Least, Most float64
}

// Condition is a line of the table that configuration, manuals and evaluation share.
type Condition struct {
	Kind         Kind
	Needs        Need
	Unit         Unit
	Above, Below Bound
	Hysteresis   float64       // the default
	For          time.Duration // the default
	Moment       bool          // it is over as soon as it is there, so For must be 0
	Channels     bool          // Spec.Channel may choose one
	Text         string        // what holds, as a sentence for people

	window time.Duration // of sound that one finding is about
	loud   bool          // it needs loudness, which costs more than levels
	rests  bool          // it holds while nothing is heard
	heard  func(*Spec, *metering.Reading) finding
	seen   func(*Spec, *Facts, *memory) finding
}

// finding is what one look, or one window of sound, has shown.
type finding struct {
	value   float64
	unknown bool   // there is nothing to find: the condition does not hold
	text    string // more than the value, "": nothing
}

// Conditions returns the table. The caller owns it.
func Conditions() []Condition {
	const short, long = 10 * time.Millisecond, 100 * time.Millisecond
	level := Bound{Use: Must, Least: -144, Most: 24}
	count := Bound{Use: May, Default: At(0), Least: 0, Most: 1e9}
	return []Condition{
		{Kind: Silence, Needs: Sound, Unit: DB, Below: Bound{May, At(-60), -144, 0}, For: 5 * time.Second, Hysteresis: 1, Channels: true,
			Text: "no sample of any channel is louder than `below`, or nothing is heard at all", window: short, rests: true, heard: peak},
		{Kind: LevelAbove, Needs: Sound, Unit: DB, Above: level, For: 5 * time.Second, Hysteresis: 1, Channels: true,
			Text: "the RMS of a channel over 100 ms is louder than `above`; that of a full-scale sine is -3 dB", window: long, heard: rms},
		{Kind: LevelBelow, Needs: Sound, Unit: DB, Below: level, For: 5 * time.Second, Hysteresis: 1, Channels: true,
			Text: "the RMS of all channels over 100 ms is quieter than `below`, or nothing is heard", window: long, rests: true, heard: rms},
		{Kind: Clip, Needs: Sound, Unit: Number, Above: count, Channels: true,
			Text: "more than `above` samples within 10 ms are at or beyond full scale", window: short, heard: clipped},
		{Kind: Loudness, Needs: Sound, Unit: LUFS, Above: Bound{Use: May, Least: -70, Most: 10}, Below: Bound{Use: May, Least: -70, Most: 10},
			Hysteresis: 1, For: 10 * time.Second, Text: "the loudness (EBU R 128) is beyond `above` or `below`; of silence it is unknown", window: long, loud: true, heard: loudness},
		{Kind: DC, Needs: Sound, Unit: DB, Above: Bound{May, At(-40), -144, 0}, For: 5 * time.Second, Hysteresis: 1, Channels: true,
			Text: "the mean of a channel over 1 s is further from zero than `above`", window: time.Second, heard: offset},
		{Kind: Correlation, Needs: Sound, Unit: Number, Below: Bound{May, At(-0.5), -1, 1}, For: 10 * time.Second, Hysteresis: 0.1,
			Text: "channels 1 and 2, 3 and 4 … correlate less than `below` over 400 ms: one is inverted; or one of a pair is silent, and counts as -1", window: 400 * time.Millisecond, heard: correlation},

		{Kind: Xruns, Needs: End, Unit: Number, Above: count, Text: "more than `above` xruns within `per`", seen: xruns},
		{Kind: PacketsLost, Needs: Device, Unit: Number, Above: count, Text: "more than `above` packets of the network were lost or too late within `per`", seen: packets},
		{Kind: Drift, Needs: Clocked, Unit: PPM, Above: Bound{Must, Limit{}, 0, 100000}, For: 10 * time.Second,
			Text: "the clock of a device is further from nominal than `above`, or both clocks of a route from each other", seen: drift},
		{Kind: Latency, Needs: Clocked, Unit: Time, Above: Bound{Must, Limit{}, 0, 60000}, For: 5 * time.Second,
			Text: "the latency of a route between two clocks, or of the jitter buffer of a device of the network, is more than `above`", seen: latency},
		{Kind: DeviceGone, Needs: Device, Above: Bound{Default: At(0)}, For: time.Second,
			Text: "the device has failed, or another stands in for its card", seen: gone},
		{Kind: NoClient, Needs: End, Below: Bound{Default: At(1)}, For: 5 * time.Second,
			Text: "no program holds the end (`LOOP` is the client end), or any loop of the device", seen: clients},
		{Kind: FormatChanged, Needs: Looped, Above: Bound{Default: At(0)}, Moment: true,
			Text: "a server has set another format for the loop than the server before", seen: format},
		{Kind: RecorderFailed, Needs: Recording, Above: Bound{Default: At(0)},
			Text: "the recorder cannot write", seen: failed},
	}
}

// Find returns the condition of a kind.
func Find(k Kind) (Condition, bool) {
	all := Conditions()
	i := slices.IndexFunc(all, func(c Condition) bool { return c.Kind == k })
	if i < 0 {
		return Condition{}, false
	}
	return all[i], true
}

// Kinds returns all kinds, in the order of the table.
func Kinds() []Kind {
	var all []Kind
	for _, c := range Conditions() {
		all = append(all, c.Kind)
	}
	return all
}

// holds reports whether the condition holds; it did reports whether it did before, which is when hysteresis counts.
func (s *Spec) holds(f finding, did bool) bool {
	if f.unknown {
		return false
	}
	back := 0.0
	if did {
		back = s.Hysteresis
	}
	return s.Above.Set && f.value > s.Above.Value-back || s.Below.Set && f.value < s.Below.Value+back
}
