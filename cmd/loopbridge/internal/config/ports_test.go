package config

import (
	"reflect"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/loop/device"
)

func TestParsePorts(t *testing.T) {
	pairs := map[audio.Ports][]int{audio.PortSpeaker: {1, 2}, audio.PortHeadphone: {4, 3}}
	for _, c := range []struct {
		doc          string
		play, record bool
		want         device.Ports
	}{
		{"", false, false, device.Ports{}},
		{"[device.play]\nports = { headphone = [4, 3], speaker = [1, 2] }", true, false, device.Ports{Play: device.PortMap{Channels: pairs}}},
		{"play = { port = \"Headphone + speaker\", ports = { headphone = [4, 3], speaker = [1, 2] } }", true, false,
			device.Ports{Play: device.PortMap{Channels: pairs, Use: audio.PortSpeaker | audio.PortHeadphone}}},
		{"play.port = \"line_out\"\n[device.record.ports]\nsunvts = [2, 2, 2]", true, true, device.Ports{
			Play: device.PortMap{Use: audio.PortLineOut}, Record: device.PortMap{Channels: map[audio.Ports][]int{audio.PortSunVTS: {2, 2, 2}}},
		}},
	} {
		got, err := Parse("test", []byte("[[device]]\nname = \"null\"\nchannels = 4\n"+c.doc))
		if err != nil {
			t.Errorf("%s: %v", c.doc, err)
			continue
		}
		want := DefaultNull()
		want.Format.Channels, want.Play, want.Record, want.Ports = 4, c.play, c.record, c.want
		if !reflect.DeepEqual(got.Devices[0], want) {
			t.Errorf("%s: %+v, want %+v", c.doc, got.Devices[0], want)
		}
	}
}

// A card has ports of its own: which is in use is a set, and what they are is said where
// their names do not say it.
func TestParseControlsOfCard(t *testing.T) {
	got, err := Parse("test", []byte(`
[[device]]
name = "main"
backend = "alsa"
volume = "hardware"
control_index = 10
[device.play]
port = "line_out"
volume = "Amp Playback Volume"
gain = 255
controls.line_out = { switch = "Amp Playback Switch,1", jack = "none" }
[device.record.controls]
line_in = { source = "Input", item = "Line", volume = "Line Capture Volume" }
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Card{Name: "auto", Controls: controls.Options{Volume: true, Names: controls.Names{
		Index: 10,
		Play: controls.SideNames{Volume: "Amp Playback Volume", Ports: map[audio.Ports]controls.PortNames{
			audio.PortLineOut: {Switch: "Amp Playback Switch,1", Jack: "none"},
		}},
		Record: controls.SideNames{Ports: map[audio.Ports]controls.PortNames{
			audio.PortLineIn: {Source: "Input", Item: "Line", Volume: "Line Capture Volume"},
		}},
	}}}
	if err := want.Port.Set(state.PlayPort, uint32(audio.PortLineOut)); err != nil {
		t.Fatal(err)
	}
	last := got.Devices[len(got.Devices)-1]
	if !reflect.DeepEqual(last.Card, want) {
		t.Errorf("%+v, want %+v", last.Card, want)
	}
	if gain, given := last.State.Get(state.PlayGain); !given || gain != 255 {
		t.Error("the card's volume stays as it is found, and gain = 255 was said")
	}
}
