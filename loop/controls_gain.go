package loop

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// split is what the hardware does of the gains and the monitor of an Info, and so what is
// left for software.
type split struct {
	gain      [2]share
	monitor   bool // all of it is the hardware's
	monitored int  // as Controls.Monitored reads it
}

// share is a side's.
type share struct {
	hardware bool
	volume   int     // as Controls.Gain reads it
	rest     float32 // amplitude that is left, 0..1
}

// divide gives the hardware its part of next, as far as p sets it or it is not what it was
// with now; all of it where now is nil. With an error software does what the hardware has
// refused. The caller holds mu.
func (d *desk) divide(now, next *audio.Info, p audio.Patch) (s split, err error) {
	s = d.split
	if d.controls == nil {
		return s, nil
	}
	for n, direction := range directions() {
		gain := next.Side(direction).Gain
		_, given := p.Get(audio.PlayGain.On(direction)) // for a volume beyond the gains
		if next.Side(direction).AvailPorts == 0 || now != nil && !given && gain == now.Side(direction).Gain {
			continue
		}
		s.gain[n] = share{}
		if _, ok := d.controls.Gain(direction); !ok {
			continue
		}
		rest, failed := d.controls.SetGain(direction, gain)
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		volume, ok := d.controls.Gain(direction)
		s.gain[n] = share{hardware: ok, volume: volume, rest: rest}
	}
	if now == nil || next.MonitorGain != now.MonitorGain {
		var failed error
		s.monitor, failed = d.controls.Monitor(next.MonitorGain)
		s.monitored, _ = d.controls.Monitored()
		err = errors.Join(err, failed)
	}
	return s, err
}

// heard takes over the gains that a hand at another mixer has set. The caller holds mu.
func (d *desk) heard() split {
	s := d.split
	if d.controls == nil {
		return s
	}
	for n, direction := range directions() {
		side := d.info.Side(direction)
		if side.AvailPorts == 0 {
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
	if now, ok := d.controls.Monitored(); ok && (!s.monitor || now != s.monitored) {
		s.monitor, s.monitored, d.info.MonitorGain = true, now, now
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
