package audio

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The bits are those of audio(7I) and must never change.
func TestPortsHaveTheirNames(t *testing.T) {
	for _, c := range []struct {
		d    Direction
		p    Ports
		bits uint32
		text string
	}{
		{Play, 0, 0, "none"},
		{Play, PortSpeaker, 0x01, "speaker"},
		{Play, PortHeadphone, 0x02, "headphone"},
		{Play, PortLineOut, 0x04, "line_out"},
		{Play, PortSPDIFOut, 0x08, "spdif_out"},
		{Play, PortAux1Out, 0x10, "aux1_out"},
		{Play, PortAux2Out, 0x20, "aux2_out"},
		{Play, PortLineOut | PortHeadphone, 0x06, "headphone+line_out"},
		{Play, PortSpeaker | 0x140, 0x141, "speaker+0x140"},
		{Record, PortMicrophone, 0x01, "microphone"},
		{Record, PortLineIn, 0x02, "line_in"},
		{Record, PortCD, 0x04, "cd"},
		{Record, PortSPDIFIn, 0x08, "spdif_in"},
		{Record, PortAux1In, 0x10, "aux1_in"},
		{Record, PortAux2In, 0x20, "aux2_in"},
		{Record, PortCodecLoopIn, 0x40, "codec_loopb_in"},
		{Record, PortSunVTS, 0x80, "sunvts"},
	} {
		if uint32(c.p) != c.bits || c.p.Names(c.d) != c.text {
			t.Errorf("%s port %#x is %q, want %#x, %q", c.d, uint32(c.p), c.p.Names(c.d), c.bits, c.text)
		}
	}
}

// One by one, in their order, and all of them have names.
func TestPortsOneByOne(t *testing.T) {
	for _, c := range []struct {
		p    Ports
		d    Direction
		want string
	}{
		{AllPorts(Play), Play, "speaker headphone line_out spdif_out aux1_out aux2_out"},
		{AllPorts(Record), Record, "microphone line_in cd spdif_in aux1_in aux2_in codec_loopb_in sunvts"},
		{PortLineOut | PortSpeaker, Play, "speaker line_out"},
		{1<<31 | PortSpeaker, Play, "speaker 0x80000000"},
		{0, Play, ""},
	} {
		var names []string
		for port := range c.p.All() {
			names = append(names, port.Names(c.d))
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%#x: %s, want %s", uint32(c.p), got, c.want)
		}
	}
	for port := range AllPorts(Record).All() {
		if port != PortMicrophone {
			t.Error(port)
		}
		break
	}
}

func TestParsePorts(t *testing.T) {
	for text, want := range map[string]Ports{
		"none": 0, "0": 0, "0x3": 3, "3": 3, "0X10": 16, "Headphone + LINE_OUT": 6, "speaker+speaker": 1,
		"speaker+0x140": 0x141, "4294967295": math.MaxUint32, "1e1": 10,
	} {
		if p, err := ParsePorts(Play, text); p != want || err != nil {
			t.Errorf("%q: %#x, %v; want %#x", text, p, err, want)
		}
	}
	for _, text := range []string{"", "+", "speaker+", "microphone", "none+speaker", "-1", "0x100000000", "4294967296", "0x", "nan", "1.5", "0xg", "speaker,headphone"} {
		p, err := ParsePorts(Play, text)
		if p != 0 || !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "speaker, headphone, line_out, spdif_out, aux1_out or aux2_out") {
			t.Errorf("%q: %#x, %v; want EINVAL with the names", text, p, err)
		}
	}
}

func TestPortsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Ports(rapid.Uint32().Draw(t, "ports"))
		for d := Play; d <= Record; d++ {
			if back, err := ParsePorts(d, p.Names(d)); back != p || err != nil {
				t.Fatalf("%#x is %q, back %#x, %v", p, p.Names(d), back, err)
			}
		}
	})
}
