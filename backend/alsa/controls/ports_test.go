package controls

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

const (
	play, record = audio.Play, audio.Record
	speaker      = audio.PortSpeaker
	headphone    = audio.PortHeadphone
	mic, lineIn  = audio.PortMicrophone, audio.PortLineIn
)

// TestPortsOfCards: D23, the ports that are found by name, after a plug of everything.
func TestPortsOfCards(t *testing.T) {
	for _, c := range []struct {
		name         string
		list         []Element
		index        int
		play, record string // avail; mod
	}{
		{"hda-micro", cardHDAMicro(), 0, "speaker; none", "microphone; none"},
		{"hda-duplex", cardHDADuplex(), 10, "speaker+line_out; none", "microphone+line_in; none"},
		{"laptop", cardLaptop(), 0, "speaker+spdif_out; speaker+headphone+spdif_out", "microphone; microphone+line_in; one"},
		{"AC97", cardAC97(), 0, "speaker+headphone; speaker+headphone",
			"microphone+line_in+cd+aux1_in+aux2_in+codec_loopb_in; microphone+line_in+cd+aux1_in+aux2_in+codec_loopb_in; one"},
		{"ES1370", cardES1370(), 0, "speaker; none", "microphone+line_in+cd+aux1_in; microphone+line_in+cd+aux1_in"},
		{"SigmaTel", cardSigmaTel(), 0, "speaker; none",
			"microphone+line_in+cd+aux1_in+aux2_in+codec_loopb_in; microphone+line_in+cd+aux1_in+aux2_in+codec_loopb_in; one"},
		{"usb interface", cardUSBInterface(), 0, "speaker; none", "microphone+line_in+spdif_in+codec_loopb_in; microphone+line_in+spdif_in+codec_loopb_in; one"},
		{"usb-audio", cardUSB(), 0, "speaker; none", "microphone; none"},
		{"headset", cardHeadset(), 0, "headphone; headphone", "microphone; microphone"},
		{"dummy", cardDummy(), 0, "speaker; none", "microphone+line_in+cd; microphone+line_in+cd"},
		{"Loopback", cardLoopback(), 0, "speaker; none", "microphone; none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := cardOf(t, c.list, Names{Index: c.index})
			for d, want := range map[audio.Direction]string{play: c.play, record: c.record} {
				avail, mod, exclusive := m.Ports(d)
				got := avail.Names(d) + "; " + mod.Names(d)
				if exclusive {
					got += "; one"
				}
				if got != want {
					t.Errorf("%s: got %s, want %s", d, got, want)
				}
			}
		})
	}
}

// TestSelect: what is written for a port, as "control=values" of what differs from 0.
func TestSelect(t *testing.T) {
	for _, c := range []struct {
		name  string
		list  []Element
		d     audio.Direction
		ports audio.Ports
		want  string
	}{
		{"hda-micro", cardHDAMicro(), play, speaker, "Master Playback Switch=[1 1]"},
		{"laptop speaker", cardLaptop(), play, speaker,
			"Speaker Playback Volume=[87 87] Speaker Playback Switch=[1 1] Master Playback Switch=[1] PCM Playback Volume=[255 255]"},
		{"laptop mic", cardLaptop(), record, mic, "Capture Switch=[1 1]"},
		{"AC97 headphone", cardAC97(), play, headphone, "Headphone Playback Switch=[1] Headphone Playback Volume=[31 31] PCM Playback Switch=[1]"},
		{"AC97 line", cardAC97(), record, lineIn, "Capture Switch=[1] Capture Source=[4 4]"},
		{"ES1370", cardES1370(), play, speaker, "Master Playback Switch=[1 1] PCM Switch=[1 1] PCM Playback Switch=[1 1] PCM Volume=[25 25]"},
		{"ES1370 mic and line", cardES1370(), record, mic | lineIn,
			"Line Volume=[25 25] Line Switch=[1 1] Line Capture Route=[1 0 0 1] Mic Volume=[25] Mic Switch=[1] Mic Capture Switch=[1 1]"},
		{"SigmaTel", cardSigmaTel(), play, speaker, "Master Playback Switch=[1] PCM Playback Switch=[1] PCM Playback Volume=[23 23]"},
		{"usb interface", cardUSBInterface(), play, speaker, "PCM Playback Switch=[1]"},
		{"usb interface", cardUSBInterface(), record, lineIn, "PCM Capture Switch=[1] PCM Capture Source=[1]"},
		{"usb-audio", cardUSB(), play, speaker, "Audio Output Volume Control Playback Switch=[1]"},
		{"headset", cardHeadset(), record, mic, "Headset Capture Switch=[1] Headset Capture Volume=[35]"},
		{"dummy", cardDummy(), record, lineIn, "Line Volume=[100 100] Line Capture Switch=[1 1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, f := cardOf(t, c.list, Names{})
			if err := m.Select(c.d, c.ports); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range f.list {
				if v := f.values[e.ID]; !slices.Equal(v, e.all(e.Min)) {
					got = append(got, fmt.Sprintf("%s=%v", e.ID, v))
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), c.want)
			}
			if on, err := m.Selected(c.d); on != c.ports || err != nil {
				t.Errorf("Selected is %s, %v", on.Names(c.d), err)
			}
		})
	}
}

// TestSelectSwitches: the ports not asked for go off, before the others go on.
func TestSelectSwitches(t *testing.T) {
	m, f := cardOf(t, cardLaptop(), Names{})
	f.others("Headphone Jack", 1)
	f.others("Auto-Mute Mode", 1)
	for c := range m.Changes() {
		if c.Ports == headphone {
			break
		}
	}
	for _, ports := range []audio.Ports{speaker, headphone, speaker | headphone, speaker} {
		f.writes = nil
		if err := m.Select(play, ports); err != nil {
			t.Fatal(err)
		}
		if got, _ := m.Selected(play); got != ports {
			t.Errorf("%s became %s", ports.Names(play), got.Names(play))
		}
		off := slices.Index(f.writes, mixerID("Speaker Playback Switch"))
		on := slices.Index(f.writes, mixerID("Headphone Playback Switch"))
		if ports == headphone && !(0 <= off && off < on) {
			t.Errorf("the order is %v", f.writes)
		}
	}
	if got := f.get("Auto-Mute Mode"); got[0] != 0 {
		t.Errorf("the driver still mutes the speaker by itself")
	}
}

func TestSelectRefuses(t *testing.T) {
	m, f := cardOf(t, cardLaptop(), Names{})
	for _, c := range []struct {
		d     audio.Direction
		ports audio.Ports
		want  string
	}{
		{play, 0, "play.port = none: use one or more of the ports that are plugged in: speaker+spdif_out"},
		{play, headphone, "play.port = headphone: use one or more of the ports that are plugged in: speaker+spdif_out"},
		{play, speaker | 1<<9, "play.port = speaker+0x200: use one or more of the ports that are plugged in: speaker+spdif_out"},
		{record, lineIn, "record.port = line_in: use one or more of the ports that are plugged in: microphone"},
	} {
		if err := m.Select(c.d, c.ports); !errors.Is(err, audio.ErrInvalid) || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	f.others("Line Jack", 1)
	<-m.Changes()
	err := m.Select(record, mic|lineIn)
	if want := "record.port = microphone+line_in: this card has one at a time; use one of microphone+line_in"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(f.writes) != 0 {
		t.Errorf("refused, and written: %v", f.writes)
	}
}

// TestSelectPutsBack: where a control cannot be set, all is as before.
func TestSelectPutsBack(t *testing.T) {
	m, f := cardOf(t, cardLaptop(), Names{})
	f.set("Headphone Playback Switch", 1, 1)
	f.refuse = mixerID("Speaker Playback Switch")
	if err := m.Select(play, speaker); !errors.Is(err, audio.ErrPermission) {
		t.Fatalf("got %v", err)
	}
	for name, want := range map[string]int64{"Headphone Playback Switch": 1, "Speaker Playback Volume": 0, "PCM Playback Volume": 0, "Master Playback Switch": 0} {
		if got := f.get(name); got[0] != want {
			t.Errorf("%s is %v", name, got)
		}
	}
}

// TestPortsByConfiguration binds what no naming could find.
func TestPortsByConfiguration(t *testing.T) {
	which := Names{
		Play: SideNames{Ports: map[audio.Ports]PortNames{
			speaker: {Switch: "PCM Playback Switch,1", Volume: "PCM Volume,1"}, headphone: {Switch: "Mono Playback Switch", Jack: "none"},
		}, Volume: "PCM Volume"},
		Record: SideNames{Ports: map[audio.Ports]PortNames{mic: {Switch: "Mic Bypass Capture Switch"}}},
	}
	m, f := cardOf(t, cardES1370(), which)
	if avail, mod, exclusive := m.Ports(play); avail != speaker|headphone || mod != avail || exclusive {
		t.Errorf("ports: %v %v %v", avail, mod, exclusive)
	}
	f.set("Mono Playback Switch", 1)
	if err := m.Select(play, speaker); err != nil {
		t.Fatal(err)
	}
	if f.get("Mono Playback Switch")[0] != 0 || f.values[mixerID("PCM Playback Switch,1")][1] != 1 || f.values[mixerID("PCM Volume,1")][1] != 25 {
		t.Errorf("not switched")
	}
	if l, err := m.Level(play); err != nil || l.High != 12 {
		t.Errorf("the gain is %v, %v", l, err)
	}
	if err := m.Select(record, mic); err != nil || f.get("Mic Bypass Capture Switch")[0] != 1 {
		t.Errorf("%v", err)
	}
}

func TestConfigurationIsRefused(t *testing.T) {
	for want, c := range map[string]SideNames{
		`play.ports.speaker.switch: the card has no control "Speakre"; it has "Master Playback Volume", "Master Playback Switch", "Capture Volume", "Capture Switch"`: {Ports: map[audio.Ports]PortNames{speaker: {Switch: "Speakre"}}},
		`play.ports.speaker.switch: control "Capture Volume" is a volume, and has to be a switch`:                                                                     {Ports: map[audio.Ports]PortNames{speaker: {Switch: "Capture Volume"}}},
		`play.ports.speaker.source: control "" has no name`:                                                                                                           {Ports: map[audio.Ports]PortNames{speaker: {Item: "Line"}}},
		`play.ports.speaker.jack: the card has no jack "Line Jack"; it has "Mic Phantom Jack", "Speaker Phantom Jack"`:                                                {Ports: map[audio.Ports]PortNames{speaker: {Jack: "Line Jack"}}},
		`play.volume: control "X,y": use the name that amixer controls shows, and a comma and its index if that is not 0`:                                             {Volume: "X,y"},
		`play.ports.speaker+headphone: that is not one port of speaker+headphone+line_out+spdif_out+aux1_out+aux2_out`:                                                {Ports: map[audio.Ports]PortNames{3: {}}},
	} {
		if _, err := New(newFakeCard(cardHDAMicro()), Names{Play: c}); !errors.Is(err, audio.ErrInvalid) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	_, err := New(newFakeCard(cardAC97()), Names{Record: SideNames{Ports: map[audio.Ports]PortNames{lineIn: {Source: "Mic Select", Item: "Line"}}}})
	if want := `record.ports.line_in.item: control "Mic Select" has no item "Line"; it has "Mic1", "Mic2"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
