package main

import (
	"fmt"

	"github.com/loopbridge/loopbridge/backend/alsa"
)

// ofBackend reports keys that only another backend has.
func (b *binder) ofBackend(path, backend string) {
	for key, of := range map[string]string{
		"freewheel": nullBackend, "input": nullBackend, "output": nullBackend,
		"card": alsaBackend, "fallback": alsaBackend, "required": alsaBackend, "auto_port": alsaBackend, "restore": alsaBackend,
		"volume": alsaBackend, "monitor": alsaBackend,
	} {
		if _, given := b.index.places[join(path, key)]; given && backend != "" && backend != of {
			b.wrong(join(path, key), fmt.Sprintf("only backend %q has it, leave it out", of))
		}
	}
}

// setCard takes the name of a card, which need not be there.
func setCard(to *string) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, `the name of a card such as "id:PCH", or "auto"`)
		}
		if _, err := alsa.ParseIdentity(s); err != nil {
			return `no name of a card, use "auto", "id:ID", "usb:VENDOR:PRODUCT" or with ":SERIAL", "path:PATH" or "hw:NUMBER", all of them with ",N" for another PCM than the first`
		}
		*to = s
		return ""
	}
}

// cards takes a list of them; "null" is always the last.
func (b *binder) cards(path string, v any, to *[]string) string {
	const use = `an array of cards such as ["id:HDMI", "null"]`
	list, ok := v.([]any)
	if !ok {
		return wrongType(v, use)
	}
	*to = nil
	for i, v := range list {
		var name string
		if v == nullDevice {
			if i+1 < len(list) {
				b.wrong(element(path, i), "never fails, so that nothing can come behind it, make it the last one")
			}
			continue
		}
		if reason := setCard(&name)(v); reason != "" {
			b.wrong(element(path, i), reason)
		}
		*to = append(*to, name)
	}
	return ""
}
