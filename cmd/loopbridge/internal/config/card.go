package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/backend/portaudio"
	"github.com/loopbridge/loopbridge/resample"
)

// ofBackend reports keys that belong to other backends.
func (b *binder) ofBackend(path string, backend Backend) {
	cards := []Backend{ALSA, PortAudio}
	for key, of := range map[string][]Backend{
		"freewheel": {Null}, "input": {Null}, "output": {Null},
		"card": cards, "fallback": cards, "required": cards,
		"auto_port": {ALSA}, "control_index": {ALSA}, "restore": {ALSA}, "volume": {ALSA}, "monitor": {ALSA},
		"play card": cards, "record card": cards,
	} {
		if at := join(path, strings.Fields(key)...); b.given(at) && backend != "" && !slices.Contains(of, backend) {
			b.wrong(at, notOf(of...))
		}
	}
}

// ofSideCards reports keys that are for a card of its own that records, and what is said twice of the card that
// plays.
func (b *binder) ofSideCards(path string) {
	for _, key := range []string{"card", "fallback"} {
		if at := join(path, "play", key); b.given(at) && b.given(join(path, key)) {
			b.wrong(at, key+" of the device says the same, leave one out")
		}
	}
	for _, key := range []string{"fallback", "latency", "resampler"} {
		if at := join(path, "record", key); b.given(at) && !b.given(join(path, "record", "card")) {
			b.wrong(at, "only a card of its own that records has it, set record.card or leave it out")
		}
	}
}

// notOf returns the problem with a key that only these backends have.
func notOf(backends ...Backend) string {
	if len(backends) > 1 {
		return fmt.Sprintf("only backends %q and %q have it, leave it out", backends[0], backends[1])
	}
	return fmt.Sprintf("only backend %q has it, leave it out", backends[0])
}

const aPortAudioDevice = `the name of a device such as "ALSA:front", or "auto"; loopbridge devices shows them`

// setCard accepts the name of a card or of a PortAudio device, which need not be there.
func setCard(to *string, backend *Backend) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		switch {
		case !ok && *backend == PortAudio:
			return wrongType(v, aPortAudioDevice)
		case !ok:
			return wrongType(v, `the name of a card such as "id:PCH", or "auto"`)
		case *backend == PortAudio && strings.TrimPrefix(s, portaudio.Prefix) == "":
			return "empty, use " + aPortAudioDevice
		case *backend == ALSA:
			if _, err := card.ParseIdentity(s); err != nil {
				return `not the name of a card, use "auto", "id:ID", "usb:VENDOR:PRODUCT" or with ":SERIAL", "path:PATH" or "hw:NUMBER", ` +
					`all of them with ",N" for another PCM than the first`
			}
		}
		*to = s
		return ""
	}
}

// cards accepts a list of cards; "null" always comes last.
func (b *binder) cards(path string, v any, to *[]string, backend *Backend) string {
	const use = `an array of cards such as ["id:HDMI", "null"]`
	list, ok := v.([]any)
	if !ok {
		return wrongType(v, use)
	}
	*to = nil
	for i, v := range list {
		var name string
		if v == NullDevice {
			if i+1 < len(list) {
				b.wrong(element(path, i), "never fails, so nothing after it is ever used, make it the last one")
			}
			continue
		}
		if reason := setCard(&name, backend)(v); reason != "" {
			b.wrong(element(path, i), reason)
		}
		*to = append(*to, name)
	}
	return ""
}

// playCard returns the keys of the play side for its card, which is the device's.
func (b *binder) playCard(path string, d *Device) []field {
	to := &d.Card
	return []field{
		{"card", setCard(&to.Name, &d.Backend)},
		{"fallback", func(v any) string { return b.cards(join(path, "fallback"), v, &to.Fallback, &d.Backend) }},
	}
}

// recordCard returns the keys of the record side for a card of its own.
func (b *binder) recordCard(path string, d *Device) []field {
	to := &d.RecordCard
	return []field{
		{"card", setCard(&to.Name, &d.Backend)},
		{"fallback", func(v any) string { return b.cards(join(path, "fallback"), v, &to.Fallback, &d.Backend) }},
		{"latency", setDuration(&to.Latency, minLatency, maxLatency, "1ms..4s")},
		{"resampler", setOneOf(&to.Quality, resample.Qualities()...)},
	}
}

// cardSide returns the keys of a direction that only a card has, for its controls.
func (b *binder) cardSide(path string, backend Backend, d audio.Direction, to *controls.SideNames) []field {
	// only accepts a value only for a card.
	only := func(f func(any) string) func(any) string {
		if backend != "" && backend != ALSA {
			return func(any) string { return notOf(ALSA) }
		}
		return f
	}
	return []field{
		{"volume", only(setControl(&to.Volume))},
		{"controls", func(v any) string {
			to.Ports = map[audio.Ports]controls.PortNames{}
			var fields []field
			for port := range audio.AllPorts(d).All() {
				name := port.Names(d)
				fields = append(fields, field{name, only(func(v any) string {
					var c controls.PortNames
					b.table(join(join(path, "controls"), name), v, []field{
						{"switch", setControl(&c.Switch)},
						{"volume", setControl(&c.Volume)},
						{"source", setControl(&c.Source)},
						{"item", setControl(&c.Item)},
						{"jack", setControl(&c.Jack)},
					})
					to.Ports[port] = c
					return ""
				})})
			}
			b.table(join(path, "controls"), v, fields)
			return ""
		}},
	}
}

// setControl accepts the name of a control of a card, or of an item of one. The card checks it
// when it is opened.
func setControl(to *string) func(any) string {
	const use = `the name of a control as "amixer controls" shows it, such as "Speaker Playback Switch"`
	return setText(to, "no control, use ", use, func(s string) bool { _, err := controls.ParseID(s); return err == nil })
}

// setHardware accepts what applies the gains of a card: software, or hardware as far as it can.
func setHardware(to *bool) func(any) string {
	return setChoice(to, []string{"software", "hardware"}, false, true)
}
