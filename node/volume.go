package node

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/node/oss"
)

// The loop of a device has its volumes: those of the play and record side, as OSS 4 has them, 0 to 100 for left and right,
// and as the mixer of OSS 3. A loop between programs has none: EINVAL, as in OSS.

// middle is the balance that leaves both channels alone, and most the gain that is unity.
const (
	middle = 32
	most   = 255
)

// levels returns what a gain and a balance leave of left and right.
func levels(gain, balance int) (left, right int) {
	left, right = gain, gain
	if balance > middle {
		left = gain * (2*middle - balance) / middle
	}
	if balance < middle {
		right = gain * balance / middle
	}
	return left, right
}

// gainOf is the reverse.
func gainOf(left, right int) (gain, balance int) {
	switch {
	case left == right:
		return left, middle
	case left < right:
		return right, 2*middle - middle*left/right
	}
	return left, middle * right / left
}

// percent packs a volume of OSS: left in the low byte, right in the next.
func percent(left, right int) int {
	scale := func(v int) int { return (v*100 + most/2) / most }
	return scale(left) | scale(right)<<8
}

// volume returns the volume of a side of the device, ErrInvalid if there is none.
func (f *dspFile) volume(d audio.Direction) (int, error) {
	engine, err := f.dsp.engine()
	if err != nil {
		return 0, err
	}
	i := engine.Info()
	side := i.Side(d)
	if side.BufferBytes == 0 {
		return 0, audio.ErrInvalid
	}
	return percent(levels(side.Gain, side.Balance)), nil
}

// setVolume sets it, and returns what it is.
func (f *dspFile) setVolume(d audio.Direction, v int) (int, error) {
	if _, err := f.volume(d); err != nil {
		return v, err
	}
	left, right := min(v&0xFF, 100)*most/100, min(v>>8&0xFF, 100)*most/100
	gain, balance := gainOf(left, right)
	if err := f.setDevice(state.PlayGain.On(d), gain, state.PlayBalance.On(d), balance); err != nil {
		return v, err
	}
	return f.volume(d)
}

// setDevice sets fields of the device.
func (f *dspFile) setDevice(pairs ...any) error {
	engine, err := f.dsp.engine()
	if err != nil {
		return err
	}
	var p state.Patch
	for i := 0; i < len(pairs); i += 2 {
		if err := p.Set(pairs[i].(state.Field), uint32(pairs[i+1].(int))); err != nil {
			return err
		}
	}
	_, err = engine.Set(p)
	return err
}

// mixer answers the calls of OSS 3 that give a number, and those that set one when set is true.
func (f *dspFile) mixer(channel, v int, set bool) (int, error) {
	engine, err := f.dsp.engine()
	if err != nil {
		return 0, err
	}
	i := engine.Info()
	direction := map[int]audio.Direction{oss.MixVolume: audio.Play, oss.MixPCM: audio.Play, oss.MixRecord: audio.Record}
	switch channel {
	case oss.MixDevices, oss.MixStereo:
		mask := 0
		for c, d := range direction {
			if i.Side(d).BufferBytes > 0 {
				mask |= 1 << c
			}
		}
		if i.HW&state.HWIn2Out != 0 && channel == oss.MixDevices {
			mask |= 1 << oss.MixMonitor
		}
		return mask, nil
	case oss.MixRecordable, oss.MixRecording, oss.MixCaps:
		return 0, nil
	case oss.MixMonitor:
		if set {
			if err := f.setDevice(state.MonitorGain, min(v&0xFF, 100)*most/100); err != nil {
				return v, err
			}
			i = engine.Info()
		}
		return percent(i.MonitorGain, i.MonitorGain), nil
	}
	d := direction[channel]
	switch {
	case d == 0:
		return v, audio.ErrInvalid
	case set:
		return f.setVolume(d, v)
	}
	return f.volume(d)
}
