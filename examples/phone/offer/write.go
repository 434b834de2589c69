package offer

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

// eventType is the payload type of telephone events that we offer: any dynamic one, but others use 101 too.
const eventType = 101

// Ours is what our side of a call says of itself.
type Ours struct {
	Address netip.AddrPort // where sound is received
	ID      uint64         // of the call's SDP
	Version uint64         // it grows whenever something else is said
}

// Offer writes what we propose: laws in the order of preference, and events.
func (o *Ours) Offer(laws []voice.Law) []byte {
	return o.write(nil, -1, laws, eventType, sdp.DirectionSendRecv)
}

// Answer writes what we take of an offer (RFC 3264): one law, events if they are offered, the other way round what sound
// does, and no other medium.
func (o *Ours) Answer(t Theirs) []byte {
	way := map[sdp.Direction]sdp.Direction{sdp.DirectionSendOnly: sdp.DirectionRecvOnly, sdp.DirectionRecvOnly: sdp.DirectionSendOnly}[t.way]
	if way == 0 {
		way = t.way
	}
	return o.write(t.lines, t.at, t.laws[:1], t.events, way)
}

// write writes SDP with our medium in place of the line at, and the others refused.
func (o *Ours) write(lines []sdp.MediaName, at int, laws []voice.Law, events uint8, way sdp.Direction) []byte {
	kind := "IP4"
	if o.Address.Addr().Is6() {
		kind = "IP6"
	}
	host := o.Address.Addr().String()
	d := sdp.SessionDescription{
		Origin:                sdp.Origin{Username: "-", SessionID: o.ID, SessionVersion: o.Version, NetworkType: "IN", AddressType: kind, UnicastAddress: host},
		SessionName:           "-",
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: host}},
		TimeDescriptions:      []sdp.TimeDescription{{}},
	}
	voiceLine := o.medium(laws, events, way)
	if at < 0 {
		d.MediaDescriptions = append(d.MediaDescriptions, voiceLine)
	}
	for i, line := range lines {
		if i == at {
			d.MediaDescriptions = append(d.MediaDescriptions, voiceLine)
			continue
		}
		line.Port = sdp.RangedPort{} // refused
		d.MediaDescriptions = append(d.MediaDescriptions, &sdp.MediaDescription{MediaName: line})
	}
	text, err := d.Marshal()
	if err != nil {
		return nil // it has no values that cannot be written
	}
	return text
}

// medium is the line of our sound, with its attributes.
func (o *Ours) medium(laws []voice.Law, events uint8, way sdp.Direction) *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{Media: "audio", Port: sdp.RangedPort{Value: int(o.Address.Port())}, Protos: []string{"RTP", "AVP"}}}
	kind := func(number uint8, attributes ...sdp.Attribute) {
		m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(number)))
		m.Attributes = append(m.Attributes, attributes...)
	}
	for _, law := range laws {
		kind(uint8(law), sdp.NewAttribute("rtpmap", strconv.Itoa(int(law))+" "+law.String()+"/8000"))
	}
	if events != 0 {
		number := strconv.Itoa(int(events))
		kind(events, sdp.NewAttribute("rtpmap", number+" telephone-event/8000"), sdp.NewAttribute("fmtp", number+" 0-15"))
	}
	ptime := strconv.Itoa(int(voice.Packet.Milliseconds()))
	m.Attributes = append(m.Attributes, sdp.NewAttribute("ptime", ptime), sdp.NewPropertyAttribute(strings.ToLower(way.String())))
	return m
}
