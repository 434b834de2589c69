package config

import (
	"fmt"
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/device"
)

// side binds [device.play] or [device.record]. Ports map each port to channels; port, gain and
// balance are initial values.
func (b *binder) side(path string, v any, d audio.Direction, device *Device) (m device.PortMap) {
	channels := device.Format.Channels
	known := true // every port that port refers to is valid
	fields := []field{
		{"gain", setField(&device.State, state.PlayGain.On(d))},
		{"balance", setField(&device.State, state.PlayBalance.On(d))},
		{"ports", func(v any) string {
			before := len(b.problems)
			reason := b.ports(join(path, "ports"), v, d, channels, &m)
			known = reason == "" && len(b.problems) == before
			return reason
		}},
		{"port", func(v any) string {
			if !known {
				return ""
			}
			if device.Backend == ALSA && m.Channels == nil {
				return setCardPort(&device.Card.Port, d)(v)
			}
			return setPort(&m.Use, d, m.Ports(d))(v)
		}},
	}
	controls := &device.Card.Controls.Names.Play
	if d == audio.Play {
		fields = append(fields, b.playCard(path, device)...)
	} else {
		fields = append(fields, b.recordCard(path, device)...)
		controls = &device.Card.Controls.Names.Record
	}
	b.table(path, v, append(fields, b.cardSide(path, device.Backend, d, controls)...))
	return m
}

// setField accepts a number or a boolean in the range of a field of the state.
func setField(to *state.Patch, f state.Field) func(any) string {
	use := "use " + f.Range()
	if f.Kind() == state.KindFlag {
		use = "use true or false"
	}
	usual := state.NewInfo(audio.DefaultFormat(), 0, state.Rules{})
	return func(v any) string {
		n, ok := v.(int64)
		if truth, isTruth := v.(bool); isTruth && f.Kind() == state.KindFlag {
			if ok = true; truth {
				n = 1
			}
		} else if f.Kind() == state.KindFlag {
			ok = false
		}
		switch {
		case !ok:
			return "is " + kindOf(v) + ", " + use
		case n == int64(f.Get(&usual)) && f.Short() != "gain": // the default; the gain of a card can be any
		case n < 0 || n > math.MaxUint32 || to.Set(f, uint32(n)) != nil:
			return "out of range, " + use
		}
		return ""
	}
}

// ports binds { speaker = [1, 2], headphone = [3, 4] }.
func (b *binder) ports(path string, v any, d audio.Direction, channels int, to *device.PortMap) string {
	if table, ok := v.(map[string]any); ok && len(table) == 0 {
		return fmt.Sprintf("has no port, use ports such as { %s = [1, 2] }", audio.Ports(1).Names(d))
	}
	to.Channels = map[audio.Ports][]int{}
	owner := map[int]string{} // of each playback channel
	first, width := "", 0
	var fields []field
	for port := range audio.AllPorts(d).All() {
		name := port.Names(d)
		fields = append(fields, field{name, func(v any) string {
			list, reason := b.channels(join(path, name), v, channels)
			if reason != "" {
				return reason
			}
			for i, channel := range list {
				if other, taken := owner[channel]; taken && d == audio.Play {
					b.wrong(element(join(path, name), i), "already a channel of "+other+", use another one")
				} else if channel != 0 {
					owner[channel] = name
				}
			}
			if first == "" {
				first, width = name, len(list)
			}
			to.Channels[port] = list
			if len(list) != width {
				return fmt.Sprintf("has %s and %s %d, use equally many", console.Count(len(list), "channel"), first, width)
			}
			return ""
		}})
	}
	b.table(path, v, fields)
	return ""
}

// channels binds [1, 2], counted from 1. It reports anything else and returns 0 for it.
func (b *binder) channels(path string, v any, most int) (list []int, reason string) {
	use := fmt.Sprintf("use channels of 1..%d, such as [1, 2]", most)
	elements, ok := v.([]any)
	switch {
	case !ok:
		return nil, "is " + kindOf(v) + ", " + use
	case len(elements) == 0:
		return nil, "has no channels, " + use
	case len(elements) > audio.MaxChannels:
		return nil, fmt.Sprintf("has %d channels, use at most %d", len(elements), audio.MaxChannels)
	}
	list = make([]int, len(elements))
	for i, e := range elements {
		if reason := setInt(&list[i], 1, most)(e); reason != "" {
			b.wrong(element(path, i), reason)
		}
	}
	return list, ""
}

// setPort accepts one or more of the existing ports: "speaker+headphone".
func setPort(to *audio.Ports, d audio.Direction, all audio.Ports) func(any) string {
	use := "use one or more of " + all.Names(d)
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return "is " + kindOf(v) + ", " + use
		}
		port, err := audio.ParsePorts(d, s)
		switch {
		case err != nil:
			return "unknown, " + use
		case port == 0:
			return "a port must be in use, " + use
		case port&^all != 0:
			return (port &^ all).Names(d) + " is not available, " + use
		}
		*to = port
		return ""
	}
}

// setCardPort accepts ports that a card may have.
func setCardPort(to *state.Patch, d audio.Direction) func(any) string {
	return func(v any) string {
		var ports audio.Ports
		if reason := setPort(&ports, d, audio.AllPorts(d))(v); reason != "" {
			return reason
		}
		if err := to.Set(state.PlayPort.On(d), uint32(ports)); err != nil {
			return err.Error()
		}
		return ""
	}
}
