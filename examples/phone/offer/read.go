// Package offer is how two telephones settle on the sound of a call: each describes in SDP (RFC 8866) what it takes, one as
// an offer, the other as an answer to that (RFC 3264). Nothing here blocks.
package offer

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

// Theirs is what the other side has said in SDP, as far as a telephone understands it.
type Theirs struct {
	peer   netip.AddrPort
	laws   []voice.Law // in the order of preference
	events uint8       // payload type; 0: none
	way    sdp.Direction
	lines  []sdp.MediaName // all that is offered; the voice is at
	at     int
}

var errNoVoice = errors.New("no G.711 over RTP is offered")

// Read reads SDP (RFC 8866). An error says that there is nothing in it for a telephone.
func Read(text []byte) (Theirs, error) {
	var d sdp.SessionDescription
	if err := d.Unmarshal(text); err != nil {
		return Theirs{}, err
	}
	t := Theirs{at: -1}
	for i, m := range d.MediaDescriptions {
		t.lines = append(t.lines, m.MediaName)
		if t.at < 0 && m.MediaName.Media == "audio" && m.MediaName.Port.Value != 0 && strings.Join(m.MediaName.Protos, "/") == "RTP/AVP" {
			t.readFormats(m)
			if len(t.laws) > 0 {
				t.at = i
			}
		}
	}
	if t.at < 0 {
		return Theirs{}, errNoVoice
	}
	return t, t.readWay(&d, d.MediaDescriptions[t.at])
}

// readFormats reads which payload types mean something to us. Those of G.711 are fixed.
func (t *Theirs) readFormats(m *sdp.MediaDescription) {
	t.laws, t.events = nil, 0
	for _, format := range m.MediaName.Formats {
		switch number := atoi(format); {
		case format == "0" || format == "8":
			if law := voice.Law(number); !slices.Contains(t.laws, law) {
				t.laws = append(t.laws, law)
			}
		case t.events == 0 && mapped(m, format) == "telephone-event/8000":
			t.events = number
		}
	}
}

// mapped returns what an a=rtpmap line says of a payload type, in small letters.
func mapped(m *sdp.MediaDescription, format string) string {
	for _, a := range m.Attributes {
		if kind, what, found := strings.Cut(a.Value, " "); found && a.Key == "rtpmap" && kind == format {
			return strings.ToLower(strings.TrimSuffix(what, "/1"))
		}
	}
	return ""
}

// atoi reads a payload type; 0: it is none.
func atoi(text string) uint8 {
	n, err := strconv.ParseUint(text, 10, 7)
	if err != nil {
		return 0
	}
	return uint8(n)
}

// readWay reads where sound goes: a line of the medium is more than one of the session. The address 0.0.0.0 is how RFC 2543
// put a side on hold.
func (t *Theirs) readWay(d *sdp.SessionDescription, m *sdp.MediaDescription) error {
	t.way = sdp.DirectionSendRecv
	for _, attributes := range [][]sdp.Attribute{d.Attributes, m.Attributes} {
		for _, a := range attributes {
			if way, err := sdp.NewDirection(a.Key); err == nil {
				t.way = way
			}
		}
	}
	c := m.ConnectionInformation
	if c == nil {
		c = d.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return errors.New("no address is offered")
	}
	host, err := netip.ParseAddr(c.Address.Address)
	if err != nil || host.IsMulticast() {
		return fmt.Errorf("%q is no address to send to", c.Address.Address)
	}
	port := m.MediaName.Port.Value
	if port < 1 || port > 65535 {
		return fmt.Errorf("%d is no port", port)
	}
	t.peer = netip.AddrPortFrom(host.Unmap(), uint16(port))
	switch {
	case host.IsUnspecified() && t.way == sdp.DirectionSendRecv:
		t.way = sdp.DirectionSendOnly
	case host.IsUnspecified() && t.way == sdp.DirectionRecvOnly:
		t.way = sdp.DirectionInactive
	}
	return nil
}

// Agreement returns what both sides do, of which Ours sends with a law.
func (t *Theirs) Agreement() voice.Agreement {
	return voice.Agreement{
		Peer: t.peer, Law: t.laws[0], Events: t.events,
		Send:    t.way == sdp.DirectionSendRecv || t.way == sdp.DirectionRecvOnly,
		Receive: t.way == sdp.DirectionSendRecv || t.way == sdp.DirectionSendOnly,
	}
}
