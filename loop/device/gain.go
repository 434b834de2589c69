package device

import (
	"errors"
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/mixer"
)

// split is what the hardware does of the gains, the monitor and the mute of an Info, and so
// what is left for software.
type split struct {
	gain      [2]share
	monitor   bool  // all of it is the hardware's
	monitored int   // as backend.Controls reads it
	muted     bool  // as backend.Muter reads it
	hush      *ride // on its way to be muted; nil: it is not
}

// share is a side's.
type share struct {
	hardware bool
	volume   int     // as backend.Controls reads it
	rest     float32 // amplitude that is left, 0..1
	ride     *ride   // the volume is on its way; nil: it is there
}

// divide gives the hardware its part of next, as far as p sets it or it is not what it was
// with now; all of it where now is nil. With an error software does what the hardware has
// refused. The caller holds mu.
func (d *Device) divide(now, next *state.Info, p state.Patch) (s split, err error) {
	s = d.split
	for n, direction := range audio.Directions() {
		gain := next.Side(direction).Gain
		_, given := p.Get(state.PlayGain.On(direction)) // for a volume beyond the gains
		if next.Side(direction).AvailPorts == 0 || now != nil && !given && gain == now.Side(direction).Gain {
			continue
		}
		s.gain[n] = share{}
		if _, ok := d.hw().Gain(direction); !ok {
			continue
		}
		mine, failed := d.move(n, now, gain)
		s.gain[n], err = mine, errors.Join(err, failed)
	}
	if now == nil || next.MonitorGain != now.MonitorGain {
		var failed error
		s.monitor, failed = d.hw().Monitor(next.MonitorGain)
		s.monitored, _ = d.hw().Monitored()
		err = errors.Join(err, failed)
	}
	return s, errors.Join(err, d.mute(&s, now, next, p))
}

// move gives the hardware its part of a gain of a side: at once where nobody can hear it, or
// else on a ride. The caller holds mu.
func (d *Device) move(n int, now *state.Info, gain int) (share, error) {
	direction := audio.Directions()[n]
	way, err := d.hw().Way(direction, gain)
	if err != nil || len(way) == 0 {
		return share{}, err
	}
	last := way[len(way)-1]
	s := share{hardware: true, rest: left(gain, last)}
	if from := d.applied(n, now); len(way) > 1 && from > 0 && d.audible(n, now) {
		s.ride = d.newRide(n, way, from, s.rest)
	} else if len(way) > 1 {
		err = d.hw().SetLevel(direction, last)
	}
	if err != nil {
		return share{}, err
	}
	s.volume, s.hardware = d.hw().Gain(direction)
	return s, nil
}

// left is the amplitude that software has to add for a gain.
func left(gain int, dB float64) float32 {
	switch rest := mixer.Decibels(gain) - dB; {
	case gain == 0:
		return 0
	case rest > -inaudible || math.IsInf(dB, -1): // software does not amplify
		return 1
	default:
		return float32(math.Pow(10, rest/20))
	}
}

// inaudible is a difference in dB that comes of arithmetic.
const inaudible = 1e-6

// applied is the amplitude that software has applied to a side up to now.
func (d *Device) applied(n int, now *state.Info) float32 {
	switch s := d.split.gain[n]; {
	case s.hardware:
		return s.rest
	case now == nil:
		return 0
	default:
		return mixer.Amplitude(now.Side(audio.Directions()[n]).Gain)
	}
}

// audible reports whether sound passes through a side, so that its volume must not jump.
func (d *Device) audible(n int, now *state.Info) bool {
	return now != nil && d.sounding[n].Load() && (n == recording || !now.OutputMuted)
}

// mute turns the hardware's switch as next has it, if p sets it or it is not what it was with
// now: off when software's silence is heard, on before software lets anything through. The
// caller holds mu.
func (d *Device) mute(s *split, now, next *state.Info, p state.Patch) (err error) {
	m, ok := d.hw().(backend.Muter)
	_, given := p.Get(state.OutputMuted)
	if !ok || now != nil && !given && next.OutputMuted == now.OutputMuted {
		return nil
	}
	s.hush, d.found = nil, false
	if next.OutputMuted && d.audible(playing, now) {
		s.hush = d.newRide(playing, []float64{0, math.Inf(-1)}, 1, 0)
		return nil
	}
	_, err = m.Mute(next.OutputMuted)
	s.muted, _ = m.Muted()
	return err
}

// opens is a patch that turns the hardware's switch on too, if it was found off: who names a
// port wants to hear it. The caller holds mu.
func (d *Device) opens(p state.Patch) state.Patch {
	if _, plays := p.Get(state.PlayPort); !plays || !d.found {
		return p
	}
	if _, given := p.Get(state.OutputMuted); !given {
		_ = p.Set(state.OutputMuted, 0) // it is within the range
	}
	return p
}

// heard takes over the gains and the mute that a hand at another mixer has set. The caller holds mu.
func (d *Device) heard() split {
	s := d.split
	for n, direction := range audio.Directions() {
		side := d.settings.Info.Side(direction)
		if side.AvailPorts == 0 {
			continue
		}
		now, ok := d.hw().Gain(direction)
		if !ok {
			continue // the card is away: what is left stays as it is until it is back
		}
		if mine := s.gain[n]; !mine.hardware || mine.volume != now {
			s.gain[n] = share{hardware: true, volume: now, rest: 1}
			side.Gain = now
		}
	}
	if m, ok := d.hw().(backend.Muter); ok {
		if now, ok := m.Muted(); ok && now != s.muted {
			s.muted, s.hush, d.settings.Info.OutputMuted, d.found = now, nil, now, false
		}
	}
	if now, ok := d.hw().Monitored(); ok && (!s.monitor || now != s.monitored) {
		s.monitor, s.monitored, d.settings.Info.MonitorGain = true, now, now
	}
	return s
}

// setting is what is left for the fader of a side.
func (s share) setting(side *state.Side, mute bool) mixer.Setting {
	m := mixer.Setting{Gain: side.Gain, Balance: side.Balance, Mute: mute}
	if s.hardware {
		m.Gain, m.Scale, m.Mute = mixer.MaxGain, s.rest, mute || s.rest == 0
	}
	return m
}
