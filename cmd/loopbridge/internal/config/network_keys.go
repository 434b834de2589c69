package config

import (
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// networkKeys are the keys of a device's streams on the network, without what is secret.
func (d *Device) networkKeys() []key {
	r, s := d.Receive, d.Send
	if r == nil {
		r = &Receive{}
	}
	if s == nil {
		s = &Send{}
	}
	return []key{
		fixed("receive", StreamText(&r.Stream)), fixed("receive.sdp", r.SDP), fixed("receive.keys", r.Keys), fixed("receive.latency", r.Latency),
		fixed("receive.adaptive", yes(r.Adaptive)), fixed("receive.timeout", r.Timeout),
		fixed("receive.clock", clockText(r.PTP, "sender")), fixed("receive.offset", r.Stream.Offset),
		fixed("send", StreamText(&s.Stream)), fixed("send.keys", s.Keys), fixed("send.announce", yes(s.Announce)), fixed("send.always", yes(s.Always)),
		fixed("send.clock", clockText(s.PTP, "own")), fixed("send.reference", s.Reference.PTP+domainText(&s.Reference)),
	}
}

func domainText(r *session.Reference) string {
	if r.PTP == "" || r.Domain < 0 {
		return ""
	}
	return fmt.Sprintf(":%d", r.Domain)
}

func clockText(ptp bool, other string) string {
	if ptp {
		return "ptp"
	}
	return other
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// StreamText returns a stream in a line for people, "" if it has no path.
func StreamText(s *session.Stream) string {
	if len(s.Paths) == 0 {
		return ""
	}
	var paths []string
	for _, p := range s.Paths {
		text := p.To.String()
		if p.From.IsValid() {
			text += " from " + p.From.String()
		}
		if p.Device != "" {
			text += " on " + p.Device
		}
		if p.TTL > 0 {
			text += fmt.Sprintf(" ttl %d", p.TTL)
		}
		if p.DSCP > 0 {
			text += fmt.Sprintf(" dscp %d", p.DSCP)
		}
		paths = append(paths, text)
	}
	return fmt.Sprintf("%s, %s, type %d", strings.Join(paths, " and "), sdp.Form(s), s.Type)
}

// Describe gives devices whose description was not read, as for a file that an operator only compares, those of devices that
// run with the same description.
func (c *Config) Describe(from *Config) {
	for i := range c.Devices {
		d := &c.Devices[i]
		was := from.device(d.Name)
		if d.Receive == nil || d.Receive.SDP == "" || len(d.Receive.Stream.Paths) > 0 || was == nil || was.Receive == nil || was.Receive.SDP != d.Receive.SDP {
			continue
		}
		r := *d.Receive
		r.Stream = was.Receive.Stream
		d.Receive = &r
		d.Period = d.Period * was.Format.Rate / d.Format.Rate // for a time, which it mostly is
		d.Format = was.Format
	}
}
