package controls

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/loopbridge/loopbridge/audio"
)

// twoCodecs is the HD Audio card of the laboratory: a speaker and a microphone at PCM 0, line
// out and line in at PCM 2, and the controls of both.
func twoCodecs(t *testing.T) (fstest.MapFS, []Element) {
	t.Helper()
	root := fstest.MapFS{}
	for _, n := range []string{"0", "1"} {
		text, err := os.ReadFile("testdata/codec" + n)
		if err != nil {
			t.Fatal(err)
		}
		root["proc/asound/card3/codec#"+n] = &fstest.MapFile{Data: text}
	}
	list := jacks("Line Out Phantom Jack", "Line Phantom Jack", "Mic Phantom Jack", "Speaker Phantom Jack")
	for _, index := range []string{"", ",10"} {
		list = append(list, toggle(2, "Master Playback Switch"+index, "Capture Switch"+index)...)
		list = append(list, volume(2, 74, dB(-7400, 100, false), "Master Playback Volume"+index, "Capture Volume"+index)...)
	}
	return root, list
}

// TestCodecOfPCM: the controls and jacks of a PCM are those of its codec, unless the
// configuration says otherwise.
func TestCodecOfPCM(t *testing.T) {
	const speakers, lines = audio.PortSpeaker, audio.PortLineOut
	for _, c := range []struct {
		name         string
		card, device int
		index        int
		play, record audio.Ports
		moves        string
	}{
		{"first codec", 3, 0, OwnIndex, speakers, mic, ""},
		{"second codec", 3, 2, OwnIndex, lines, lineIn, ",10"},
		{"named for the first", 3, 0, 10, speakers, mic, ",10"},
		{"named for the second", 3, 2, 0, lines, lineIn, ""},
		{"the whole card", 3, -1, 0, speakers | lines, mic | lineIn, ""},
		{"no codec has the PCM", 3, 7, OwnIndex, speakers | lines, mic | lineIn, ""},
		{"no HD Audio", 1, 2, OwnIndex, speakers | lines, mic | lineIn, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, list := twoCodecs(t)
			which := Names{Index: c.index}
			which.choose(codecsOf(root, c.card), c.device)
			m, f := cardOf(t, list, which)
			for d, want := range map[audio.Direction]audio.Ports{play: c.play, record: c.record} {
				if avail, _, _ := m.Ports(d); avail != want {
					t.Errorf("its ports are %s, want %s", avail.Names(d), want.Names(d))
				}
				if _, err := m.SetGain(d, 128, Above); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.SetMuted(false); err != nil {
				t.Fatal(err)
			}
			want := []ID{mixerID("Capture Volume" + c.moves), mixerID("Master Playback Switch" + c.moves), mixerID("Master Playback Volume" + c.moves)}
			slices.SortFunc(f.writes, compareIDs)
			if !slices.Equal(f.writes, want) {
				t.Errorf("it has set %v, want %v", f.writes, want)
			}
		})
	}
}

// TestParseCodec: what a kernel may show that is none of ours.
func TestParseCodec(t *testing.T) {
	for text, want := range map[string]codec{
		"": {index: -1},
		"  Control: name=\"IEC958 Playback Switch\", index=16, device=0\n  Control: name=\"Mic, index=3\", index=1\n": {index: 1},
		"  Control: name=\"no index\"\n  Device: name=\"none\"\n  Pin Default 0x1: Line Out":                          {index: -1},
		"  Device: name=\"HDMI 0\", type=\"HDMI\", device=3\n  Device: name=\"HDMI 0\", type=\"HDMI\", device=3\n":    {index: -1, devices: []int{3}},
		"  Pin Default 0x411111f0: [N/A] Speaker at Ext Rear\n  Pin Default 0x02214030: [Jack] HP Out at Ext Front\n  Pin Default 0x90a60940: [Fixed] Mic at Int N/A\n": {
			index: -1, play: audio.PortHeadphone, record: audio.PortMicrophone},
	} {
		if got := parseCodec(text); got.index != want.index || !slices.Equal(got.devices, want.devices) || got.play != want.play || got.record != want.record {
			t.Errorf("%s: %+v, want %+v", strings.TrimSpace(text), got, want)
		}
	}
}
