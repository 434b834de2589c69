package node

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/node/oss"
)

// The mixer of OSS 3 has more channels than a device has volumes: vol and pcm are the gain and balance of playing, rec, igain
// and the inputs those of recording, and imix the monitor gain. Which input is recorded is its port.

// sideOf returns the side of the device that a channel sets; 0: neither.
func sideOf(channel int) audio.Direction {
	switch channel {
	case oss.MixVolume, oss.MixPCM:
		return audio.Play
	case oss.MixRecord, oss.MixGain, oss.MixMic, oss.MixLine, oss.MixCD:
		return audio.Record
	}
	return 0
}

// inputs returns the port of each channel that is an input.
func inputs() map[int]audio.Ports {
	return map[int]audio.Ports{oss.MixMic: audio.PortMicrophone, oss.MixLine: audio.PortLineIn, oss.MixCD: audio.PortCD}
}

// inputMask returns the channels of ports.
func inputMask(ports audio.Ports) (mask int) {
	for channel, port := range inputs() {
		if ports&port != 0 {
			mask |= 1 << channel
		}
	}
	return mask
}

// mixer answers the calls that give a number of a channel or a mask, and those that set one when set is true.
func (m volumes) mixer(channel, v int, set bool) (int, error) {
	engine, err := m.engine()
	if err != nil {
		return 0, err
	}
	i := engine.Info()
	switch channel {
	case oss.MixDevices, oss.MixStereo:
		return channels(&i, channel == oss.MixDevices), nil
	case oss.MixCaps:
		return 0, nil // a device may have one input at a time all the same: see record
	case oss.MixRecordable:
		return inputMask(i.Record.AvailPorts), nil
	case oss.MixRecording:
		if set {
			if err := m.record(v, &i.Record); err != nil {
				return v, err
			}
			i = engine.Info()
		}
		return inputMask(i.Record.Port), nil
	case oss.MixIn:
		if set {
			if err := m.patch(state.MonitorGain, level(v)); err != nil {
				return v, err
			}
			i = engine.Info()
		}
		return percent(i.MonitorGain, i.MonitorGain), nil
	}
	side := sideOf(channel)
	switch {
	case side == 0, inputs()[channel] != 0 && i.Record.AvailPorts&inputs()[channel] == 0:
		return v, audio.ErrInvalid
	case set:
		return m.set(side, v)
	}
	return m.get(side)
}

// channels returns those that the device has; the monitor has one volume for both ears.
func channels(i *state.Info, all bool) (mask int) {
	if i.Play.BufferBytes > 0 {
		mask |= 1<<oss.MixVolume | 1<<oss.MixPCM
	}
	if i.Record.BufferBytes > 0 {
		mask |= 1<<oss.MixRecord | 1<<oss.MixGain | inputMask(i.Record.AvailPorts)
	}
	if i.HW&state.HWIn2Out != 0 && all {
		mask |= 1 << oss.MixIn
	}
	return mask
}

// record chooses inputs. As in OSS, a program adds the one that it wants to those that are in use; where the device has one at a
// time, it is the added one. A mask of none, or of what there is not, leaves them.
func (m volumes) record(mask int, now *state.Side) error {
	var want audio.Ports
	for channel, port := range inputs() {
		if mask&(1<<channel) != 0 {
			want |= port & now.AvailPorts
		}
	}
	if want == 0 || want == now.Port {
		return nil
	}
	field := state.PlayPort.On(audio.Record)
	err := m.patch(field, int(want))
	if added := want &^ now.Port; err != nil && added != 0 && added != want {
		err = m.patch(field, int(added&-added))
	}
	return err
}
