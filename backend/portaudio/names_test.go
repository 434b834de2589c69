package portaudio

import (
	"errors"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func TestFind(t *testing.T) {
	devices := []Device{
		{HostAPI: "ALSA", Name: "HDA Intel PCH: ALC892 Analog (hw:0,0)", Play: Side{Channels: 2}, Record: Side{Channels: 2}},
		{HostAPI: "ALSA", Name: "HDA Intel PCH: HDMI 0 (hw:0,3)", Play: Side{Channels: 8}},
		{HostAPI: "ALSA", Name: "front", Play: Side{Channels: 2}},
		{HostAPI: "ALSA", Name: "Front desk", Record: Side{Channels: 1}},
		{HostAPI: "ALSA", Name: "default", Play: Side{Channels: 32, Default: true}, Record: Side{Channels: 32, Default: true}},
		{HostAPI: "JACK", Name: "system", Play: Side{Channels: 2, Default: true}, Record: Side{Channels: 2, Default: true}},
		{HostAPI: "JACK", Name: "front", Play: Side{Channels: 2}},
		{HostAPI: "OSS", Name: "/dev/dsp"},
	}
	const play, record, both, either = audio.Play, audio.Record, audio.Play | audio.Record, audio.Direction(0)
	for _, test := range []struct {
		name string
		want audio.Direction
		at   int    // -1: none
		says string // part of the error
		err  error
	}{
		{"portaudio:ALSA:front", play, 2, "", nil},
		{"ALSA:front", play, 2, "", nil},
		{"alsa:FRONT", play, 2, "", nil},
		{"JACK:front", play, 6, "", nil},
		{"front", play, -1, `fits 2 devices: "ALSA:front", "JACK:front"; say more`, audio.ErrInvalid},
		{"front", record, 3, "", nil},
		{"ALSA:Front d", record, 3, "", nil},
		{"hw:0,0", both, 0, "", nil},
		{"(hw:0,3)", play, 1, "", nil},
		{"alc892", either, 0, "", nil},
		{"HDMI", record, -1, "8 channels to play and 0 to record", audio.ErrNoDevice},
		{"HDA", play, -1, "fits 2 devices", audio.ErrInvalid},
		{"HDA", record, 0, "", nil},
		{"auto", both, 4, "", nil},
		{"portaudio:auto", play, 4, "", nil},
		{"JACK:", play, 5, "", nil},
		{"JACK:sytsem", play, -1, `nearest names: "JACK:system", "JACK:front"`, audio.ErrNoDevice},
		{"surround", play, -1, "nearest names: ", audio.ErrNoDevice},
		{"PulseAudio:x", play, -1, "no devices of PulseAudio", audio.ErrNoDevice},
		{"OSS:dsp", play, -1, "0 channels to play", audio.ErrNoDevice},
	} {
		i, err := Find(devices, test.name, test.want)
		switch {
		case test.at >= 0 && (err != nil || i != test.at):
			t.Errorf("%s to %v: %d, %v, want %d", test.name, test.want, i, err, test.at)
		case test.at < 0 && (!errors.Is(err, test.err) || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s to %v: %d, %v, want %q", test.name, test.want, i, err, test.says)
		}
	}
	for _, name := range []string{"auto", "x", "ALSA:x", "ALSA:"} {
		if _, err := Find(nil, name, play); !errors.Is(err, audio.ErrNoDevice) {
			t.Errorf("%s of none: %v", name, err)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		name, part string
		want       int
	}{
		{"system", "system", 0}, {"my SYSTEM 1", "system", 0}, {"system", "sytsem", 2}, {"abc", "xyz", 3}, {"", "ab", 2}, {"front", "frnt", 1}, {"frnt", "front", 1}, {"ab", "", 0},
	} {
		if got := distance(test.name, test.part); got != test.want {
			t.Errorf("from %q to %q: %d, want %d", test.name, test.part, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	for wish, want := range map[audio.Encoding]audio.Encoding{
		audio.U8: audio.U8, audio.S16LE: audio.S16LE, audio.S16BE: audio.S16LE, audio.S24LE: audio.S24LE3, audio.S24BE3: audio.S24LE3,
		audio.S32BE: audio.S32LE, audio.FloatLE: audio.FloatLE, audio.FloatBE: audio.FloatLE, audio.Float64LE: audio.S32LE,
		audio.MuLaw: audio.S16LE, audio.ALaw: audio.S16LE,
	} {
		if got := nearest(wish, "ALSA"); got != want {
			t.Errorf("%v is nearest to %v, want %v", got, wish, want)
		}
		if got := nearest(wish, "JACK"); got != audio.FloatLE {
			t.Errorf("%v for JACK", got)
		}
	}
}
