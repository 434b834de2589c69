package sdp

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// maxPacket is the longest packet, in ms: what RTP audio has in practice, and more than AES67 (4 ms).
const maxPacket = 200

// static returns what a payload type means without a rtpmap (RFC 3551 table 4).
func static(number int) (mapping string) {
	switch number {
	case 0:
		return "PCMU/8000/1"
	case 8:
		return "PCMA/8000/1"
	case 10:
		return "L16/44100/2"
	case 11:
		return "L16/44100/1"
	}
	return ""
}

// payload takes the first payload type that can be played.
func (r *reader) payload(media int, d *Description) error {
	line, why := r.media[media], "it has no payload type"
	formats := r.session.MediaDescriptions[media].MediaName.Formats
	if len(formats) > 128 {
		return r.wrong(line, "has more payload types than there are")
	}
	mappings := map[string]attribute{}
	for _, a := range r.attributes(media, "rtpmap") {
		kind, rest, _ := strings.Cut(a.value, " ")
		if _, known := mappings[kind]; !known {
			mappings[kind] = attribute{strings.TrimSpace(rest), a.line}
		}
	}
	for _, text := range formats {
		number, err := strconv.ParseUint(text, 10, 7)
		if err != nil {
			return r.wrong(r.media[media], text+" is no payload type, which is 0..127")
		}
		mapping, at := static(int(number)), r.media[media]
		if a, given := mappings[text]; given {
			mapping, at = a.value, a.line
		}
		reason := mapped(mapping, text, d)
		if reason == "" {
			d.Type = uint8(number)
			return nil
		}
		line, why = at, reason
	}
	return r.wrong(line, why)
}

// mapped reads a mapping such as L24/48000/2, and says why it cannot be played, or "".
func mapped(mapping, number string, d *Description) (reason string) {
	if mapping == "" {
		return "payload type " + number + " has no rtpmap that says what it is"
	}
	words := strings.Split(mapping, "/")
	d.Payload = 0
	for _, p := range session.Payloads() {
		if strings.EqualFold(p.String(), words[0]) {
			d.Payload = p
		}
	}
	if d.Payload == 0 {
		return words[0] + " cannot be played, only L16, L24, PCMU and PCMA can"
	}
	if len(words) < 2 || len(words) > 3 {
		return "has no rate, as in L24/48000/2"
	}
	var err error
	if d.Rate, err = strconv.Atoi(words[1]); err != nil || d.Rate < audio.MinRate || d.Rate > audio.MaxRate {
		return fmt.Sprintf("the rate must be %d..%d Hz", audio.MinRate, audio.MaxRate)
	}
	d.Channels = 1
	if len(words) == 3 {
		if d.Channels, err = strconv.Atoi(words[2]); err != nil || d.Channels < 1 || d.Channels > audio.MaxChannels {
			return fmt.Sprintf("there must be 1..%d channels", audio.MaxChannels)
		}
	}
	return ""
}

// packet reads ptime, in ms with a fraction (AES67-2018 part 8.1), or the framecount of older Ravenna devices.
func (r *reader) packet(media int, d *Description) error {
	if a, given := r.attribute(media, "framecount"); given {
		if n, err := strconv.Atoi(a.value); err == nil && n > 0 && n*1000 <= maxPacket*d.Rate {
			d.Packet = n
		}
	}
	a, given := r.attribute(media, "ptime")
	if !given {
		return nil
	}
	ms, err := strconv.ParseFloat(a.value, 64)
	if err != nil || !(ms > 0 && ms <= maxPacket) {
		return r.wrong(a.line, fmt.Sprintf("the packet time must be more than 0 and at most %d ms", maxPacket))
	}
	if d.Packet = int(math.Round(ms * float64(d.Rate) / 1000)); d.Packet == 0 {
		return r.wrong(a.line, fmt.Sprintf("is less than a frame at %d Hz", d.Rate))
	}
	return nil
}

// paths reads where packets go, and who may send them.
func (r *reader) paths(media int, d *Description) error {
	m, line := r.session.MediaDescriptions[media], r.find(media, "c=")
	c := m.ConnectionInformation
	if c == nil {
		c, line = r.session.ConnectionInformation, r.find(-1, "c=")
	}
	if c == nil || c.Address == nil {
		return r.wrong(r.media[media], "there is no line c= that says where packets go")
	}
	to, ttl, reason := connection(c)
	if reason != "" {
		return r.wrong(line, reason)
	}
	p := session.Path{To: netip.AddrPortFrom(to, uint16(m.MediaName.Port.Value)), TTL: ttl}
	sources, err := r.sources(media, to)
	if err != nil {
		return err
	}
	if len(sources) > 0 {
		p.From = sources[0]
	}
	d.Paths = []session.Path{p}
	for _, a := range r.attributes(media, "ssrc-group") {
		if words := strings.Fields(a.value); len(words) != 3 || words[0] != "DUP" {
			continue
		}
		if len(sources) != 2 {
			return r.wrong(a.line, "the two copies come from one address, which cannot be merged; give each a source of its own")
		}
		p.From = sources[1]
		d.Paths = append(d.Paths, p)
	}
	return nil
}

// connection reads 239.69.1.1/32: an address, the TTL of IPv4, and how many addresses there are.
func connection(c *sdp.ConnectionInformation) (to netip.Addr, ttl int, reason string) {
	words := strings.Split(c.Address.Address, "/")
	to, err := netip.ParseAddr(words[0])
	switch {
	case err != nil:
		return to, 0, "is no address; names are not looked up"
	case to.Is4() != (c.AddressType == "IP4"):
		return to, 0, "is no address of " + c.AddressType
	}
	numbers := words[1:]
	for _, n := range numbers {
		if v, err := strconv.Atoi(n); err != nil || v < 0 || v > 255 {
			return to, 0, "the TTL must be 0..255"
		}
	}
	if to.Is4() && len(numbers) > 0 {
		ttl, _ = strconv.Atoi(numbers[0])
		numbers = numbers[1:]
	}
	if len(numbers) > 1 || len(numbers) == 1 && numbers[0] != "1" {
		return to, 0, "has several addresses, which is not one stream"
	}
	return to, ttl, ""
}

// sources reads who may send to an address (RFC 4570).
func (r *reader) sources(media int, to netip.Addr) (all []netip.Addr, err error) {
	for _, a := range r.attributes(media, "source-filter") {
		words := strings.Fields(a.value)
		if len(words) < 5 || words[1] != "IN" {
			return nil, r.wrong(a.line, "must be as in incl IN IP4 239.69.1.1 192.168.1.10")
		}
		if words[0] != "incl" || words[3] != "*" && words[3] != to.String() {
			continue
		}
		for _, word := range words[4:] {
			from, err := netip.ParseAddr(word)
			if err != nil || from.Is4() != to.Is4() {
				return nil, r.wrong(a.line, word+" is no address of a sender")
			}
			all = append(all, from)
		}
		return all, nil
	}
	return nil, nil
}

// origin reads the line o=.
func origin(o *sdp.Origin) session.Origin {
	at, _ := netip.ParseAddr(o.UnicastAddress) // a name: not known
	return session.Origin{User: o.Username, ID: o.SessionID, Version: o.SessionVersion, Address: at}
}
