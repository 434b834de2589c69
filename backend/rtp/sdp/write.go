package sdp

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// Write returns the description of a stream, as AES67-2018 part 8 and SMPTE ST 2022-7 have it. It has no keys, so that anybody
// may read it: an encrypted stream is said to be RTP/SAVP. The error is audio.ErrInvalid: s has no path, or values that no
// stream has.
func Write(s *session.Stream) ([]byte, error) { return write(s, false) }

// WriteSecret is Write with the key of SRTP, for a file that only those can read who may hear the stream.
func WriteSecret(s *session.Stream) ([]byte, error) { return write(s, true) }

func write(s *session.Stream, secret bool) ([]byte, error) {
	if err := fit(s); err != nil {
		return nil, err
	}
	name := oneLine(s.Name)
	if name == "" {
		name = "-" // as RFC 8866 part 5.3 has it for sessions without a name
	}
	at := s.Origin.Address
	if !at.IsValid() {
		at = netip.IPv4Unspecified()
	}
	user := strings.Join(strings.Fields(oneLine(s.Origin.User)), "_")
	if user == "" {
		user = "-"
	}
	d := sdp.SessionDescription{
		Origin: sdp.Origin{Username: user, SessionID: s.Origin.ID, SessionVersion: s.Origin.Version, NetworkType: "IN", AddressType: family(at),
			UnicastAddress: at.String()},
		SessionName:      sdp.SessionName(name),
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
	if info := sdp.Information(oneLine(s.Info)); info != "" {
		d.SessionInformation = &info
	}
	mids := []string{""}
	if len(s.Paths) == 2 {
		mids = []string{"primary", "secondary"}
		d.Attributes = []sdp.Attribute{{Key: "group", Value: "DUP primary secondary"}}
	}
	for i, mid := range mids {
		d.MediaDescriptions = append(d.MediaDescriptions, media(s, &s.Paths[i], mid, secret))
	}
	return d.Marshal()
}

// fit returns why no stream is so, or nil.
func fit(s *session.Stream) error {
	switch {
	case len(s.Paths) < 1 || len(s.Paths) > 2:
		return audio.ErrInvalid.With("a stream has one path or two, not %d", len(s.Paths))
	case s.Payload.String() == "" || s.Type > 127:
		return audio.ErrInvalid.With("a stream needs a payload, and a payload type of 0..127")
	case s.Rate < 1 || s.Channels < 1 || s.Packet < 0:
		return audio.ErrInvalid.With("a stream needs a rate and channels")
	}
	for i := range s.Paths {
		if p := &s.Paths[i]; !p.To.IsValid() || p.To.Port() == 0 || p.To.Addr().Zone() != "" {
			return audio.ErrInvalid.With("%s is not where packets can go", p.To)
		}
	}
	return nil
}

// media returns the section of a path.
func media(s *session.Stream, p *session.Path, mid string, secret bool) *sdp.MediaDescription {
	profile := "AVP"
	if s.Keys != nil {
		profile = "SAVP"
	}
	to, kind := p.To.Addr().Unmap(), fmt.Sprint(s.Type)
	address := to.String()
	if to.Is4() && to.IsMulticast() {
		address += fmt.Sprint("/", p.Hops())
	}
	m := &sdp.MediaDescription{
		MediaName:             sdp.MediaName{Media: "audio", Port: sdp.RangedPort{Value: int(p.To.Port())}, Protos: []string{"RTP", profile}, Formats: []string{kind}},
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: family(to), Address: &sdp.Address{Address: address}},
	}
	add := func(key, value string) {
		m.Attributes = append(m.Attributes, sdp.Attribute{Key: key, Value: value})
	}
	if p.From.IsValid() {
		add("source-filter", fmt.Sprintf(" incl IN %s %s %s", family(to), to, p.From.Unmap()))
	}
	add("rtpmap", fmt.Sprintf("%s %s/%d/%d", kind, s.Payload, s.Rate, s.Channels))
	if order := orderOf(s.Positions); order != "" {
		add("fmtp", kind+" channel-order="+order)
	}
	if s.Packet > 0 {
		add("ptime", ptime(s.Packet, s.Rate))
	}
	m.Attributes = append(m.Attributes, sdp.Attribute{Key: "recvonly"})
	clocks(s, add)
	if mid != "" {
		add("mid", mid)
	}
	if secret && s.Keys != nil {
		add("crypto", "1 "+suite+" inline:"+base64.StdEncoding.EncodeToString(s.Keys))
	}
	return m
}

// clocks adds the clock that a sender follows.
func clocks(s *session.Stream, add func(key, value string)) {
	switch ref := &s.Reference; {
	case ref.PTP != "" && ref.Domain >= 0 && strings.Contains(ref.PTP, ":") && !strings.HasSuffix(ref.PTP, ":traceable"):
		add("ts-refclk", fmt.Sprintf("ptp=%s:%d", ref.PTP, ref.Domain))
	case ref.PTP != "":
		add("ts-refclk", "ptp="+ref.PTP)
	case ref.Local != "":
		add("ts-refclk", "localmac="+ref.Local)
	}
	switch {
	case s.Direct:
		add("mediaclk", fmt.Sprint("direct=", s.Offset))
	case s.Reference.Local != "":
		add("mediaclk", "sender")
	}
}

// ptime returns a packet time in ms, with as few digits as say how many frames it is.
func ptime(frames, rate int) string {
	ms := 1000 * float64(frames) / float64(rate)
	if frames*1_000_000%rate == 0 { // whole µs
		return strconv.FormatFloat(ms, 'f', -1, 64)
	}
	for digits := 2; ; digits++ {
		text := strconv.FormatFloat(ms, 'f', digits, 64)
		if short, _ := strconv.ParseFloat(text, 64); math.Round(short*float64(rate)/1000) == float64(frames) || digits > 6 {
			return text
		}
	}
}

func family(a netip.Addr) string {
	if a.Unmap().Is4() {
		return "IP4"
	}
	return "IP6"
}

// Identify gives a stream an origin that follows from all that its description says: a sender that was started again has the same
// session, and one that sends something else has another, so that a version is never needed.
func Identify(s *session.Stream, at netip.Addr) error {
	s.Origin = session.Origin{User: "-", Address: at}
	text, err := Write(s)
	if err != nil {
		return err
	}
	h := fnv.New64a()
	h.Write(text)
	s.Origin.ID = h.Sum64() >> 1 // some receivers read it into 63 bits
	return nil
}
