package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// split is what the hardware does of the gains and the monitor of an Info, and so what is
// left for software.
type split struct {
	gain    [2]share
	monitor bool // all of it is the hardware's
}

// share is a side's.
type share struct {
	hardware bool
	volume   int     // as Controls.Gain reads it
	rest     float32 // amplitude that is left, 0..1
}

// divide gives the hardware its part of next, as far as it is not what it was, or anew.
// The caller holds mu.
func (d *desk) divide(next *audio.Info, anew bool) (split, error) {
	s := d.split
	if d.controls == nil {
		return s, nil
	}
	for n, direction := range directions() {
		gain := next.Side(direction).Gain
		if next.Side(direction).AvailPorts == 0 || !anew && gain == d.info.Side(direction).Gain {
			continue
		}
		s.gain[n] = share{}
		if _, ok := d.controls.Gain(direction); !ok {
			continue
		}
		rest, err := d.controls.SetGain(direction, gain)
		if err != nil {
			return d.split, err
		}
		volume, ok := d.controls.Gain(direction)
		s.gain[n] = share{hardware: ok, volume: volume, rest: rest}
	}
	if anew || next.MonitorGain != d.info.MonitorGain {
		done, err := d.controls.Monitor(next.MonitorGain)
		if err != nil {
			return d.split, err
		}
		s.monitor = done
	}
	return s, nil
}

// heard takes over the gains that a hand at another mixer has set. With again the hardware
// gets those of before instead, and software does what it refuses. The caller holds mu.
func (d *desk) heard(again bool) split {
	if again {
		s, err := d.divide(&d.info, true)
		if err != nil {
			return split{}
		}
		return s
	}
	s := d.split
	for n, direction := range directions() {
		side := d.info.Side(direction)
		if d.controls == nil || side.AvailPorts == 0 {
			continue
		}
		now, ok := d.controls.Gain(direction)
		if !ok {
			continue // the card is away: what is left stays as it is until it is back
		}
		if mine := s.gain[n]; !mine.hardware || mine.volume != now {
			s.gain[n] = share{hardware: true, volume: now, rest: 1}
			side.Gain = now
		}
	}
	return s
}

// setting is what is left for the fader of a side.
func (s share) setting(side *audio.Side, mute bool) mixer.Setting {
	m := mixer.Setting{Gain: side.Gain, Balance: side.Balance, Mute: mute}
	if s.hardware {
		m.Gain, m.Scale, m.Mute = mixer.MaxGain, s.rest, mute || s.rest == 0
	}
	return m
}
