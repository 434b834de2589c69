package state

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func TestFeatures(t *testing.T) {
	hw := HWDuplex | HWMSCodec | HWIn2Out | HWPlay | HWRecord
	if hw != 0x1F || hw.String() != "duplex+mscodec+in2out+play+record" || SWMixer.String() != "mixer" || SWFeatures(0).String() != "none" {
		t.Errorf("%s, %s", hw, SWMixer)
	}
}

func TestD23PortsFollowTheJacks(t *testing.T) {
	s := Side{ModPorts: audio.PortHeadphone | audio.PortLineOut}
	for _, c := range []struct{ avail, want audio.Ports }{
		{audio.PortHeadphone | audio.PortLineOut, audio.PortHeadphone},                     // something is in use: the lowest
		{audio.PortLineOut, audio.PortLineOut},                                             // pulled: the next
		{audio.PortHeadphone | audio.PortLineOut, audio.PortLineOut},                       // back: no switch by itself
		{audio.PortSpeaker | audio.PortLineOut, audio.PortSpeaker | audio.PortLineOut},     // the fixed one is always on
		{audio.PortSpeaker, audio.PortSpeaker},                                             //
		{0, 0},                                                                             // nothing plugged
		{audio.PortLineOut | audio.PortHeadphone | audio.PortSpeaker, audio.PortSpeaker},   //
		{audio.PortSPDIFOut | audio.PortHeadphone, audio.PortSPDIFOut},                     // SPDIF is fixed too
		{audio.PortHeadphone, audio.PortHeadphone},                                         //
		{audio.PortHeadphone | audio.PortSpeaker, audio.PortHeadphone | audio.PortSpeaker}, //
		{audio.PortHeadphone | audio.PortAux1Out, audio.PortHeadphone | audio.PortAux1Out}, //
		{audio.PortHeadphone | audio.PortLineOut, audio.PortHeadphone},                     //
	} {
		if s.Plugged(c.avail); s.Port != c.want || s.AvailPorts != c.avail {
			t.Errorf("with %s: %s in use, want %s", c.avail.Names(audio.Play), s.Port.Names(audio.Play), c.want.Names(audio.Play))
		}
	}
}
