//go:build portaudio && cgo

package config

import (
	"strings"
	"testing"
)

// TestPortAudioConfig: names of devices are taken as they are.
func TestPortAudioConfig(t *testing.T) {
	c, err := Parse("x", []byte("[[device]]\nname = \"desk\"\nbackend = \"portaudio\"\ncard = \"portaudio:JACK:system\"\n"))
	if err != nil || c.Devices[1].Card.Name != "portaudio:JACK:system" || !c.UsesPortAudio() {
		t.Errorf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"card = 1":                  `is an integer, use the name of a device such as "ALSA:front"`,
		`card = ""`:                 "empty, use the name of a device",
		`fallback = ["portaudio:"]`: "empty, use the name of a device",
		"auto_port = true":          `only backend "alsa" has it`,
		`input = { tone = 1000 }`:   `only backend "null" has it`,
		`play = { volume = "Master Playback Volume" }`: `only backend "alsa" has it`,
	} {
		_, err := Parse("x", []byte("[[device]]\nname = \"desk\"\nbackend = \"portaudio\"\n"+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
