package node

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
)

// The loop of a device, and its mixer node, have its volumes: those of the play and record side, as OSS 4 has them, 0 to 100
// for left and right, and as the mixer of OSS 3. A loop between programs has none: EINVAL, as in OSS.

// volumes are those of a device.
type volumes struct {
	engine func() (*loop.Engine, error) // ErrInvalid: there is none
}

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

// get returns the volume of a side of the device, ErrInvalid if there is none.
func (m volumes) get(d audio.Direction) (int, error) {
	engine, err := m.engine()
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

// set sets it, and returns what it is.
func (m volumes) set(d audio.Direction, v int) (int, error) {
	if _, err := m.get(d); err != nil {
		return v, err
	}
	gain, balance := gainOf(level(v), level(v>>8))
	if err := m.patch(state.PlayGain.On(d), gain, state.PlayBalance.On(d), balance); err != nil {
		return v, err
	}
	return m.get(d)
}

// level returns the gain of a volume in the low byte.
func level(v int) int { return min(v&0xFF, 100) * most / 100 }

// patch sets fields of the device: pairs of a state.Field and an int.
func (m volumes) patch(pairs ...any) error {
	engine, err := m.engine()
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
