package main

import (
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// What is not a call for a telephone is refused with the code of RFC 3261, and leaves it idle.
func TestRefusals(t *testing.T) {
	s := newExchange(t, loop.Reset).phone("a").stranger()
	const sdp = "Content-Type: application/sdp\n"
	inside := func(d *dialog) { d.theirs = "unknown" }
	for _, c := range []struct {
		name, method, more, body string
		prepare                  func(*dialog)
		want                     int
	}{
		{"without G.711", "INVITE", sdp, strings.Replace(sound(4000), "0 8 101", "9", 1), nil, 488},
		{"SDP that is cut", "INVITE", sdp, sound(4000)[:40], nil, 488},
		{"SDP that is none", "INVITE", sdp, "hello", nil, 488},
		{"another type of body", "INVITE", "Content-Type: text/plain\n", "hello", nil, 415},
		{"a body without type", "INVITE", "", sound(4000), nil, 415},
		{"an extension", "INVITE", "Require: 100rel\n" + sdp, sound(4000), nil, 420},
		{"within no call", "INVITE", sdp, sound(4000), inside, 481},
		{"a BYE of no call", "BYE", "", "", inside, 481},
		{"a BYE without tag", "BYE", "", "", nil, 481},
		{"a CANCEL of nothing", "CANCEL", "", "", nil, 481},
		{"another method", "MESSAGE", "Content-Type: text/plain\n", "hello", nil, 405},
		{"what it can", "OPTIONS", "", "", nil, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := s.dialog()
			if c.prepare != nil {
				c.prepare(d)
			}
			if got := d.asks(c.method, c.more, c.body); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
	last := s.dialog()
	last.invites(sound(4000))
	last.asks("BYE", "", "")
}

// A request that lacks what each must have is refused, or not answered at all; the telephone lives.
func TestMalformedRequests(t *testing.T) {
	s := newExchange(t, loop.Reset).phone("a").stranger()
	for _, header := range []string{"To", "From", "Call-ID", "Contact", "CSeq"} {
		t.Run("without "+header, func(t *testing.T) {
			d := s.dialog()
			d.cseq = 1
			lines := strings.SplitAfter(d.request("INVITE", "Content-Type: application/sdp\n", sound(4000)), "\r\n")
			var kept strings.Builder
			for _, line := range lines {
				if !strings.HasPrefix(line, header+":") {
					kept.WriteString(line)
				}
			}
			d.writes(kept.String())
			if got := d.reads(); !strings.HasPrefix(got, "SIP/2.0 400 ") {
				t.Errorf("%s", got)
			}
			if header != "CSeq" && header != "Call-ID" { // else the stack does not know what it would be the ACK of
				d.acknowledges("")
			}
		})
	}
	d := s.dialog()
	whole := d.request("INVITE", "Content-Type: application/sdp\n", sound(4000))
	for _, text := range []string{"\r\n\r\n", "\x00\x00", "INVITE", "INVITE sip: SIP/2.0\r\n\r\n", whole[:60], whole[:200], "SIP/2.0 200 OK\r\n\r\n", strings.Repeat("a", 60000),
		strings.Replace(whole, "Content-Length: ", "Content-Length: 9999", 1), strings.Replace(whole, "CSeq: 0", "CSeq: -1", 1)} {
		d.writes(text)
	}
	d = s.stranger().dialog() // of another socket: nothing is left to be read
	if d.invites(sound(4000)); strings.Count(s.text(), "call from") != 1 {
		t.Errorf("there were other calls:\n%s", s.text())
	}
	d.asks("BYE", "", "")
}

// While a call goes on another one is refused, and the first is not disturbed. After it the telephone is free.
func TestSecondCallIsBusy(t *testing.T) {
	s := newExchange(t, loop.Reset).phone("a").stranger()
	first := s.dialog()
	first.invites(sound(4000))
	if got := s.dialog().asks("INVITE", "Content-Type: application/sdp\n", sound(4002)); got != 486 {
		t.Errorf("a second call: %d, want 486", got)
	}
	s.until("busy: sip:stranger@")
	if strings.Contains(s.text(), "ended") {
		t.Error("the second call ended the first")
	}
	if got := first.asks("BYE", "", ""); got != 200 {
		t.Errorf("the BYE: %d", got)
	}
	s.until("ended: the other side hung up")
	last := s.dialog()
	last.invites(sound(4000))
	last.asks("BYE", "", "")
}

// A call that is given up while it rings is answered with 487 (RFC 3261 part 9), and one that we do not want with 480.
func TestCallsThatRing(t *testing.T) {
	s := newExchange(t, loop.Reset).phone("a", "-ring", "24h").stranger()
	given := s.dialog()
	given.cseq = 1
	given.writes(given.request("INVITE", "Content-Type: application/sdp\n", sound(4000)))
	for !strings.HasPrefix(given.reads(), "SIP/2.0 180 ") {
	}
	given.writes(given.request("CANCEL", "", ""))
	cancelled := ""
	servertest.Until(t, "the answer to CANCEL", func() bool {
		cancelled = given.reads()
		return strings.Contains(cancelled, "CSeq: 1 CANCEL")
	})
	if !strings.HasPrefix(cancelled, "SIP/2.0 200 ") {
		t.Errorf("CANCEL: %s", cancelled)
	}
	if got := given.final("INVITE"); got != 487 {
		t.Errorf("the INVITE: %d, want 487", got)
	}
	s.until("not answered: the other side has given up")

	refused := s.dialog()
	refused.cseq = 1
	refused.writes(refused.request("INVITE", "Content-Type: application/sdp\n", sound(4000)))
	for !strings.HasPrefix(refused.reads(), "SIP/2.0 180 ") {
	}
	s.types("hangup")
	if got := refused.final("INVITE"); got != 480 {
		t.Errorf("the INVITE: %d, want 480", got)
	}
}
