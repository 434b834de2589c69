package device

import (
	"errors"
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/mixer"
)

// hwLevels is how much of the gains, the monitor and the mute the hardware does; software does the
// rest.
type hwLevels struct {
	gain      [2]sideLevel
	monitor   bool  // the hardware monitors; software does not
	monitored int   // as backend.Controls reports it
	muted     bool  // as backend.Muter reports it
	muteRide  *ride // toward mute; nil: none
}

// sideLevel is the hardware's part of the gain of one side.
type sideLevel struct {
	hardware  bool
	volume    int     // as backend.Controls reports it
	remaining float32 // amplitude left to software, 0..1
	ride      *ride   // nil: the volume is where it should be
}

// applyToHardwareLocked sets the hardware to next where p sets a control or it differs from now,
// and everywhere if now is nil. It returns the new levels; on error software does what the hardware
// refused.
func (d *Device) applyToHardwareLocked(now, next *state.Info, p state.Patch) (s hwLevels, err error) {
	s = d.hwLevels
	for n, direction := range audio.Directions() {
		gain := next.Side(direction).Gain
		_, given := p.Get(state.PlayGain.On(direction)) // the volume may differ though the gain does not
		if next.Side(direction).AvailPorts == 0 || now != nil && !given && gain == now.Side(direction).Gain {
			continue
		}
		s.gain[n] = sideLevel{}
		if _, ok := d.controls().Gain(direction); !ok {
			continue
		}
		mine, failed := d.moveGainLocked(n, now, gain)
		s.gain[n], err = mine, errors.Join(err, failed)
	}
	if now == nil || next.MonitorGain != now.MonitorGain {
		var failed error
		s.monitor, failed = d.controls().Monitor(next.MonitorGain)
		s.monitored, _ = d.controls().Monitored()
		err = errors.Join(err, failed)
	}
	return s, errors.Join(err, d.muteLocked(&s, now, next, p))
}

// moveGainLocked sets the hardware's part of a side's gain, with a ride if the side is audible.
func (d *Device) moveGainLocked(n int, now *state.Info, gain int) (sideLevel, error) {
	direction := audio.Directions()[n]
	way, err := d.controls().Way(direction, gain)
	if err != nil || len(way) == 0 {
		return sideLevel{}, err
	}
	last := way[len(way)-1]
	s := sideLevel{hardware: true, remaining: remainder(gain, last)}
	if from := d.softwareLevelLocked(n, now); len(way) > 1 && from > 0 && d.audible(n, now) {
		s.ride = d.newRide(n, way, from, s.remaining)
	} else if len(way) > 1 {
		err = d.controls().SetLevel(direction, last)
	}
	if err != nil {
		return sideLevel{}, err
	}
	s.volume, s.hardware = d.controls().Gain(direction)
	return s, nil
}

// remainder returns the amplitude software has to add where a gain asks for more attenuation than
// dB.
func remainder(gain int, dB float64) float32 {
	switch left := mixer.Decibels(gain) - dB; {
	case gain == 0:
		return 0
	case left > -inaudible || math.IsInf(dB, -1): // software does not amplify
		return 1
	default:
		return float32(math.Pow(10, left/20))
	}
}

// inaudible is the largest difference in dB that is a rounding error.
const inaudible = 1e-6

// softwareLevelLocked returns the amplitude software applies to a side now.
func (d *Device) softwareLevelLocked(n int, now *state.Info) float32 {
	switch s := d.hwLevels.gain[n]; {
	case s.hardware:
		return s.remaining
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

// muteLocked turns the mute switch of the hardware if p sets it or it changes from now to next: to
// mute, after software's silence has been played; to unmute, before software lets sound through.
func (d *Device) muteLocked(s *hwLevels, now, next *state.Info, p state.Patch) (err error) {
	m, ok := d.controls().(backend.Muter)
	_, given := p.Get(state.OutputMuted)
	if !ok || now != nil && !given && next.OutputMuted == now.OutputMuted {
		return nil
	}
	s.muteRide, d.foundMuted = nil, false
	if next.OutputMuted && d.audible(playing, now) {
		s.muteRide = d.newRide(playing, []float64{0, math.Inf(-1)}, 1, 0)
		return nil
	}
	_, err = m.Mute(next.OutputMuted)
	s.muted, _ = m.Muted()
	return err
}

// unmuteForPortLocked adds an unmute to a patch that selects a play port while the hardware is
// still muted as it was found: selecting a port means wanting to hear it.
func (d *Device) unmuteForPortLocked(p state.Patch) state.Patch {
	if _, plays := p.Get(state.PlayPort); !plays || !d.foundMuted {
		return p
	}
	if _, given := p.Get(state.OutputMuted); !given {
		_ = p.Set(state.OutputMuted, 0) // 0 is always in range
	}
	return p
}

// adoptHardwareLocked adopts the gains, monitor and mute that another mixer changed.
func (d *Device) adoptHardwareLocked() hwLevels {
	s := d.hwLevels
	for n, direction := range audio.Directions() {
		side := d.settings.Info.Side(direction)
		if side.AvailPorts == 0 {
			continue
		}
		now, ok := d.controls().Gain(direction)
		if !ok {
			continue // the card is away: keep what there was
		}
		if mine := s.gain[n]; !mine.hardware || mine.volume != now {
			s.gain[n] = sideLevel{hardware: true, volume: now, remaining: 1}
			side.Gain = now
		}
	}
	if m, ok := d.controls().(backend.Muter); ok {
		if now, ok := m.Muted(); ok && now != s.muted {
			s.muted, s.muteRide, d.settings.Info.OutputMuted, d.foundMuted = now, nil, now, false
		}
	}
	if now, ok := d.controls().Monitored(); ok && (!s.monitor || now != s.monitored) {
		s.monitor, s.monitored, d.settings.Info.MonitorGain = true, now, now
	}
	return s
}

// setting returns what the fader of a side has to do.
func (s sideLevel) setting(side *state.Side, mute bool) mixer.Setting {
	m := mixer.Setting{Gain: side.Gain, Balance: side.Balance, Mute: mute}
	if s.hardware {
		m.Gain, m.Scale, m.Mute = mixer.MaxGain, s.remaining, mute || s.remaining == 0
	}
	return m
}
