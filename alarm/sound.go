package alarm

import (
	"math"

	"github.com/loopbridge/loopbridge/mixer/metering"
)

// What conditions find in a window of sound.

// chosen returns the channels that an alarm watches.
func chosen(s *Spec, r *metering.Reading) []metering.Channel {
	if s.Channel == 0 {
		return r.Channels
	}
	if s.Channel > len(r.Channels) {
		return nil
	}
	return r.Channels[s.Channel-1 : s.Channel]
}

// loudest returns the highest of a measure of all channels, in dBFS.
func loudest(s *Spec, r *metering.Reading, of func(*metering.Channel) float64) finding {
	all, most := chosen(s, r), 0.0
	for i := range all {
		most = max(most, of(&all[i]))
	}
	return finding{value: metering.DBFS(most), unknown: len(all) == 0}
}

func peak(s *Spec, r *metering.Reading) finding {
	return loudest(s, r, func(c *metering.Channel) float64 { return c.Peak })
}

func rms(s *Spec, r *metering.Reading) finding {
	return loudest(s, r, func(c *metering.Channel) float64 { return c.RMS })
}

func offset(s *Spec, r *metering.Reading) finding {
	return loudest(s, r, func(c *metering.Channel) float64 { return math.Abs(c.DC) })
}

func clipped(s *Spec, r *metering.Reading) finding {
	all, n := chosen(s, r), uint64(0)
	for i := range all {
		n += all[i].Clipped
	}
	return finding{value: float64(n), unknown: len(all) == 0}
}

func loudness(s *Spec, r *metering.Reading) finding {
	v := r.ShortTerm
	switch s.Window {
	case Momentary:
		v = r.Momentary
	case Integrated:
		v = r.Integrated
	}
	return finding{value: v, unknown: math.IsInf(v, 0) || math.IsNaN(v)}
}

// faint is what counts as silent beside another channel: -60 dBFS.
const faint = 1e-3

// correlation finds the pair that fits the least. A pair of two silent channels is unknown.
func correlation(_ *Spec, r *metering.Reading) finding {
	f := finding{value: 1, unknown: true}
	for i, v := range r.Correlation {
		a, b := &r.Channels[2*i], &r.Channels[2*i+1]
		text := ""
		switch lost := lostOf(a, b); {
		case a.Peak < faint && b.Peak < faint:
			continue
		case lost > 0:
			v, text = -1, "channel "+Number.Text(float64(2*i+lost))+" is silent"
		case math.IsNaN(v):
			continue
		}
		if f.unknown || v < f.value {
			f = finding{value: v, text: text}
		}
	}
	return f
}

// lostOf returns which of two channels is silent while the other is well above that: 1, 2, or 0.
func lostOf(a, b *metering.Channel) int {
	switch {
	case a.Peak < faint && b.Peak > 10*faint:
		return 1
	case b.Peak < faint && a.Peak > 10*faint:
		return 2
	}
	return 0
}

// resting is what is found while nothing is heard.
func (c *Condition) resting() finding {
	return finding{value: math.Inf(-1), unknown: !c.rests, text: "nothing is heard"}
}
