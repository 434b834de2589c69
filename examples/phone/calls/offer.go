package calls

import (
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

// offer writes what we propose: laws in the order of preference, and events.
func (o *ours) offer(laws []voice.Law) []byte {
	return o.write(nil, -1, laws, eventType, sdp.DirectionSendRecv)
}

// answer writes what we take of an offer (RFC 3264): one law, events if they are offered, the other way round what sound
// does, and no other medium.
func (o *ours) answer(t theirs) []byte {
	way := map[sdp.Direction]sdp.Direction{sdp.DirectionSendOnly: sdp.DirectionRecvOnly, sdp.DirectionRecvOnly: sdp.DirectionSendOnly}[t.way]
	if way == 0 {
		way = t.way
	}
	return o.write(t.lines, t.at, t.laws[:1], t.events, way)
}

// write writes SDP with our medium in place of the line at, and the others refused.
func (o *ours) write(lines []sdp.MediaName, at int, laws []voice.Law, events uint8, way sdp.Direction) []byte {
	kind := "IP4"
	if o.address.Addr().Is6() {
		kind = "IP6"
	}
	host := o.address.Addr().String()
	d := sdp.SessionDescription{
		Origin:                sdp.Origin{Username: "-", SessionID: o.id, SessionVersion: o.version, NetworkType: "IN", AddressType: kind, UnicastAddress: host},
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
func (o *ours) medium(laws []voice.Law, events uint8, way sdp.Direction) *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{Media: "audio", Port: sdp.RangedPort{Value: int(o.address.Port())}, Protos: []string{"RTP", "AVP"}}}
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
