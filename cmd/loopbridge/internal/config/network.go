package config

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// Receive is [device.receive]: the stream that a device of the network records.
type Receive struct {
	Stream   session.Stream // without a path: its SDP was not read
	SDP      string         // the file that describes it; "": none
	Keys     string         // the file with the key of SRTP, read when the device is opened; "": none
	Latency  time.Duration  // of the jitter buffer; 0: the backend's
	Adaptive bool
	Timeout  time.Duration // without packets, until the device is gone; 0: the backend's
	PTP      bool          // the clock is that of PTP, not of the packets that come
}

// Send is [device.send]: the stream that a device of the network plays.
type Send struct {
	Stream   session.Stream
	Keys     string // as for Receive
	Announce bool   // by SAP
	Always   bool   // silence while nobody plays
	PTP      bool   // its clock is that of PTP

	// Reference is what its description says of that clock; the zero value: that it keeps TAI.
	Reference session.Reference
}

// Limits of streams on the network.
const (
	minTimeout   = 10 * time.Millisecond
	maxTimeout   = 8 * time.Second // of the supervisor in backend/standby, less some
	maxInterface = 15              // bytes of a name
	// netPeriod is the period of a device of the network that sets none: it wakes up 200 times a second.
	netPeriod = 5 * time.Millisecond
	// netBuffer is for how long an engine may be late that sets no periods. It costs memory, and no latency: what has come is in the
	// jitter buffer until it is read.
	netBuffer = 200 * time.Millisecond
	// dynamic is the payload type of linear samples if none is given.
	dynamic = 98
)

const (
	anEndpoint  = `an IP address and a port, such as "239.69.1.1:5004"`
	aHost       = `an IP address, such as "192.168.1.10"`
	anInterface = `the name of a network interface, such as "eth1"`
	anSDP       = `the path of a description (SDP), or its text`
	aReference  = `a clock of PTP, such as "IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0"`
	aPacket     = `a duration such as "1ms" or a number of frames, more than 0 and up to 50ms`
)

// FollowsPTP reports whether the clock of a device of the network is that of PTP.
func (d *Device) FollowsPTP() bool {
	return d.Receive != nil && d.Receive.PTP || d.Send != nil && d.Send.PTP
}

// packetTime is the length of a packet as written: a duration, or frames if count is not 0.
type packetTime struct {
	duration time.Duration
	count    int64
}

func (p *packetTime) set(v any) string {
	switch v := v.(type) {
	case int64:
		if v < 1 || v > session.MaxRate {
			return "out of range, use " + aPacket
		}
		p.count = v
		return ""
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return p.set(n)
		}
		if d, err := time.ParseDuration(v); err != nil || d <= 0 || d > session.MaxPacket {
			return "not the length of a packet, use " + aPacket
		} else {
			p.duration = d
		}
		return ""
	}
	return wrongType(v, aPacket)
}

// frames returns the nearest number of frames at a rate, 0 for none.
func (p *packetTime) frames(rate int) int {
	if p.count > 0 {
		return int(p.count)
	}
	return int(math.Round(p.duration.Seconds() * float64(rate)))
}

// hand is a stream that is written by hand.
type hand struct {
	payload session.Payload
	kind    int
	packet  packetTime
	paths   [2]session.Path
}

func newHand() *hand {
	return &hand{payload: session.L24, kind: -1, packet: packetTime{duration: time.Millisecond}}
}

// fields returns the keys that both directions have.
func (h *hand) fields() []field {
	return []field{
		{"address", setEndpoint(&h.paths[0].To)},
		{"interface", setInterface(&h.paths[0].Device)},
		{"second", setEndpoint(&h.paths[1].To)},
		{"second_interface", setInterface(&h.paths[1].Device)},
		{"payload", setOneOf(&h.payload, session.Payloads()...)},
		{"payload_type", setInt(&h.kind, 0, 127)},
		{"packet", h.packet.set},
	}
}

// stream returns the stream at a rate.
func (h *hand) stream(f audio.Format) session.Stream {
	s := session.Stream{Payload: h.payload, Type: uint8(h.kind), Rate: f.Rate, Channels: f.Channels, Positions: f.Positions, Packet: h.packet.frames(f.Rate)}
	s.Reference.Domain = -1
	switch {
	case h.kind >= 0:
	case h.payload == session.PCMU: // RFC 3551 table 4
		s.Type = 0
	case h.payload == session.PCMA:
		s.Type = 8
	default:
		s.Type = dynamic
	}
	for _, p := range h.paths {
		if p.To.IsValid() {
			s.Paths = append(s.Paths, p)
		}
	}
	return s
}

// receive binds [device.receive]. finish completes it when the device's rate and channels are known.
func (b *binder) receive(path string, v any, to **Receive) (finish func(d *Device)) {
	r, h, described := &Receive{}, newHand(), false
	epoch := 0
	fields := append(h.fields(),
		field{"sdp", func(v any) string { described = true; return b.setDescription(r, join(path, "sdp"))(v) }},
		field{"source", setHost(&h.paths[0].From)},
		field{"second_source", setHost(&h.paths[1].From)},
		field{"latency", setDuration(&r.Latency, 0, session.MaxLatency, "0s..2s")},
		field{"adaptive", setBool(&r.Adaptive)},
		field{"timeout", setDuration(&r.Timeout, minTimeout, maxTimeout, "10ms..8s")},
		field{"clock", setChoice(&r.PTP, []string{"sender", "ptp"}, false, true)},
		field{"offset", setInt(&epoch, 0, math.MaxUint32)},
		field{"keys", b.setFileOf(&r.Keys, aKeyFile)},
	)
	b.table(path, v, fields)
	*to = r
	if described {
		for _, f := range append(h.fields(), field{key: "source"}, field{key: "second_source"}) {
			if at := join(path, f.key); b.given(at) && f.key != "interface" && f.key != "second_interface" {
				b.wrong(at, "the description in sdp says that, leave one out")
			}
		}
		for i := range r.Stream.Paths {
			r.Stream.Paths[i].Device = h.paths[i].Device
		}
	} else if !b.given(join(path, "address")) {
		b.missing(path, "address", anEndpoint+", or sdp")
	}
	if at := join(path, "offset"); b.given(at) && !r.PTP {
		b.wrong(at, `is for clock = "ptp", leave it out`)
	} else if b.given(at) && described {
		b.wrong(at, "the description in sdp says that, leave it out")
	}
	if at := join(path, "adaptive"); r.Adaptive && r.PTP {
		b.wrong(at, `with clock = "ptp" all receivers have the same latency, leave it out`)
	}
	if at := join(path, "clock"); r.PTP && described && len(r.Stream.Paths) > 0 {
		switch {
		case !r.Stream.Direct:
			b.wrong(at, "the description in sdp lacks mediaclk:direct, so that its timestamps are no time of PTP; leave it out")
		case r.Stream.Reference.PTP == "":
			b.wrong(at, "the description in sdp names another clock than PTP (ts-refclk), leave it out")
		}
	}
	b.second(path, h, "source")
	return func(d *Device) {
		if !described {
			r.Stream = h.stream(d.Format)
			r.Stream.Direct, r.Stream.Offset = r.PTP, uint32(epoch)
			b.packet(path, &r.Stream, false)
		}
	}
}

// send binds [device.send].
func (b *binder) send(path string, v any, to **Send) (finish func(d *Device)) {
	s, h, ttl, dscp := &Send{}, newHand(), 0, 0
	b.require(path, v, "address", anEndpoint)
	b.table(path, v, append(h.fields(),
		field{"ttl", setInt(&ttl, 1, 255)},
		field{"dscp", setInt(&dscp, 0, 63)},
		field{"announce", setBool(&s.Announce)},
		field{"always", setBool(&s.Always)},
		field{"clock", setChoice(&s.PTP, []string{"own", "ptp"}, false, true)}, // before reference
		field{"reference", func(v any) string {
			text, ok := v.(string)
			if !ok {
				return wrongType(v, aReference)
			}
			if !s.PTP {
				return `is for clock = "ptp", leave it out`
			}
			ref, err := sdp.ParsePTP(text)
			if err != nil {
				return err.Error() + ", use " + aReference
			}
			s.Reference = ref
			return ""
		}},
		field{"keys", b.setFileOf(&s.Keys, aKeyFile)},
	))
	*to = s
	b.second(path, h, "interface")
	if to := h.paths[0].To; s.Announce && to.IsValid() && to.Addr().Is6() {
		b.wrong(join(path, "announce"), "streams are announced by IPv4 alone, leave it out and pass on what \"loopbridge device sdp\" prints")
	}
	return func(d *Device) {
		s.Stream = h.stream(d.Format)
		for i := range s.Stream.Paths {
			s.Stream.Paths[i].TTL, s.Stream.Paths[i].DSCP = ttl, dscp
		}
		b.packet(path, &s.Stream, true)
	}
}

// second reports keys of a second path that is not there.
func (b *binder) second(path string, h *hand, also string) {
	for _, key := range []string{"second_interface", "second_" + also} {
		if at := join(path, key); b.given(at) && !b.given(join(path, "second")) && !b.given(join(path, "sdp")) {
			b.wrong(at, "there is no second path, add second")
			return
		}
	}
	if h.paths[0].To == h.paths[1].To && h.paths[0].To.IsValid() && h.paths[0].Device == h.paths[1].Device && h.paths[0].From == h.paths[1].From {
		b.wrong(join(path, "second"), "is the same path as address, use another group, interface or source")
	}
}

// packet reports packets that are too long, and those that a network would divide.
func (b *binder) packet(path string, s *session.Stream, sends bool) {
	bytes := s.Payload.Encoding().Bytes() * s.Channels
	at := join(path, "packet")
	switch {
	case s.Packet < 1:
		b.wrong(at, fmt.Sprintf("is less than a frame at %d Hz, use more", s.Rate))
	case s.Packet > session.LongestPacket(s.Rate):
		b.wrong(at, fmt.Sprintf("out of range, use 1..%d frames at %d Hz (up to 50ms)", session.LongestPacket(s.Rate), s.Rate))
	case sends && s.Packet*bytes > session.MaxPayload:
		if !b.given(at) {
			at = path
		}
		b.wrong(at, fmt.Sprintf("%d channels of %d frames are more than %d bytes, use packet = %q or less", s.Channels, s.Packet, session.MaxPayload,
			fmt.Sprint(session.MaxPayload/max(bytes, 1))))
	}
}

// network completes a device of the backend RTP, or reports keys that only that has.
func (b *binder) network(path string, d *Device, finish []func(*Device)) {
	if d.Backend != RTP {
		for _, key := range []string{"receive", "send"} {
			if at := join(path, key); b.given(at) && d.Backend != "" {
				b.wrong(at, notOf(RTP))
			}
		}
		return
	}
	if r := d.Receive; r != nil && len(r.Stream.Paths) > 0 { // it was read
		for _, k := range []struct {
			name     string
			mine, is *int
		}{{"rate", &d.Format.Rate, &r.Stream.Rate}, {"channels", &d.Format.Channels, &r.Stream.Channels}} {
			if at := join(path, k.name); b.given(at) && *k.mine != *k.is {
				b.wrong(at, fmt.Sprintf("the description in receive.sdp has %d, leave it out", *k.is))
			}
			*k.mine = *k.is
		}
		d.Format.Positions = r.Stream.Positions
	}
	if d.Format.Rate < session.MinRate || d.Format.Rate > session.MaxRate {
		b.wrong(join(path, "rate"), fmt.Sprintf("out of range, use %d..%d for a device of the network", session.MinRate, session.MaxRate))
		return
	}
	for _, f := range finish {
		f(d)
	}
	if d.Receive == nil && d.Send == nil && !b.given(join(path, "receive")) && !b.given(join(path, "send")) {
		b.missing(path, "receive", "a table of what the device records, or send")
	}
	if d.Send != nil && d.Receive != nil {
		if at := join(path, "send", "clock"); d.Send.PTP != d.Receive.PTP && b.given(at) {
			b.wrong(at, "a device has one clock: set it in receive, or give what is sent a device of its own")
		}
		d.Send.PTP = d.Receive.PTP
	}
	d.Record, d.Play = d.Record || d.Receive != nil, d.Play || d.Send != nil
	if !b.given(join(path, "format")) && (d.Receive != nil && d.Receive.Stream.Payload == session.L24 || d.Send != nil && d.Send.Stream.Payload == session.L24) {
		d.Format.Encoding = audio.S24LE3
	}
}

// directed reports loops, routes and recorders of a direction that a device of the network has not.
func (b *binder) directed(c *Config) {
	for i := range c.Devices {
		d, path := &c.Devices[i], element("device", i)
		if d.Backend != RTP || b.partial {
			continue
		}
		path = join(path, "name")
		if d.Play && d.Send == nil {
			b.wrong(path, "a loop or a route plays on it, which needs [device.send]")
		}
		if d.Record && d.Receive == nil {
			b.wrong(path, "a loop, a route or a recorder records from it, which needs [device.receive]")
		}
	}
}

// setDescription accepts the path of a description, or a description.
func (b *binder) setDescription(to *Receive, at string) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, anSDP)
		}
		text := []byte(s)
		if !strings.HasPrefix(strings.TrimSpace(s), "v=") {
			if reason := b.setFileOf(&to.SDP, anSDP)(v); reason != "" {
				return reason
			}
			if b.probe == nil {
				return ""
			}
			file, err := files.Open("description", to.SDP)
			if err != nil {
				return err.Error()
			}
			defer file.Close()
			if text, err = io.ReadAll(io.LimitReader(file, maxFile)); err != nil {
				return err.Error()
			}
		}
		d, err := sdp.Parse(text)
		if err != nil {
			return err.Error()
		}
		if d.Secure && d.Keys == nil && !b.given(strings.TrimSuffix(at, "sdp")+"keys") {
			return "the stream is encrypted, and its key is missing: add keys"
		}
		to.Stream = d.Stream
		return ""
	}
}

const aKeyFile = `the path of a file with the key of SRTP, 30 bytes in base64`

// setFileOf accepts a path, relative to the folder of the configuration.
func (b *binder) setFileOf(to *string, use string) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, use)
		}
		if s == "" || strings.ContainsAny(s, "\x00\n") || strings.HasSuffix(s, "/") {
			return "not a file, use " + use
		}
		if !filepath.IsAbs(s) {
			if b.file == "" {
				return "not an absolute path, use " + use
			}
			s = filepath.Join(filepath.Dir(b.file), s)
		}
		*to = filepath.Clean(s)
		return ""
	}
}

func setEndpoint(to *netip.AddrPort) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, anEndpoint)
		}
		at, err := netip.ParseAddrPort(s)
		if err != nil || at.Port() == 0 || at.Addr().Zone() != "" {
			return "not an address, use " + anEndpoint
		}
		*to = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
		return ""
	}
}

func setHost(to *netip.Addr) func(any) string {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return wrongType(v, aHost)
		}
		at, err := netip.ParseAddr(s)
		if err != nil || at.IsMulticast() || at.IsUnspecified() {
			return "not the address of a host, use " + aHost
		}
		*to = at.Unmap()
		return ""
	}
}

func setInterface(to *string) func(any) string {
	return setText(to, "not an interface, use ", anInterface, func(s string) bool {
		return s != "" && len(s) <= maxInterface && !strings.ContainsAny(s, "/ \t\n\x00")
	})
}
