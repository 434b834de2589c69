package offer_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/examples/phone/offer"
	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

// session is SDP with media lines, and what follows them.
func session(lines ...string) []byte {
	head := []string{"v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0"}
	return []byte(strings.Join(append(head, lines...), "\r\n") + "\r\n")
}

func TestOffersAreUnderstood(t *testing.T) {
	peer := netip.MustParseAddrPort("192.0.2.9:4000")
	both := voice.Agreement{Peer: peer, Law: voice.MuLaw, Send: true, Receive: true}
	with := func(change func(*voice.Agreement)) voice.Agreement {
		a := both
		change(&a)
		return a
	}
	for _, c := range []struct {
		name  string
		lines []string
		want  voice.Agreement
	}{
		{"µ-law", []string{"m=audio 4000 RTP/AVP 0"}, both},
		{"the first law that is known", []string{"m=audio 4000 RTP/AVP 9 18 8 0"}, with(func(a *voice.Agreement) { a.Law = voice.ALaw })},
		{"events of any type", []string{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/8000"}, with(func(a *voice.Agreement) { a.Events = 96 })},
		{"events with a number of channels", []string{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 Telephone-Event/8000/1"}, with(func(a *voice.Agreement) { a.Events = 96 })},
		{"events of another rate", []string{"m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/48000"}, both},
		{"an address of the medium", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP6 2001:db8::1"}, with(func(a *voice.Agreement) { a.Peer = netip.MustParseAddrPort("[2001:db8::1]:4000") })},
		{"on hold", []string{"m=audio 4000 RTP/AVP 0", "a=sendonly"}, with(func(a *voice.Agreement) { a.Send = false })},
		{"only hearing", []string{"m=audio 4000 RTP/AVP 0", "a=recvonly"}, with(func(a *voice.Agreement) { a.Receive = false })},
		{"neither", []string{"m=audio 4000 RTP/AVP 0", "a=inactive"}, with(func(a *voice.Agreement) { a.Send, a.Receive = false, false })},
		{"a line of the medium counts more", []string{"a=inactive", "m=audio 4000 RTP/AVP 0", "a=sendrecv"}, both},
		{"on hold as RFC 2543 has it", []string{"m=audio 4000 RTP/AVP 0", "c=IN IP4 0.0.0.0"}, with(func(a *voice.Agreement) { a.Send, a.Peer = false, netip.MustParseAddrPort("0.0.0.0:4000") })},
		{"video first", []string{"m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0"}, both},
		{"a refused medium first", []string{"m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 0"}, both},
	} {
		t.Run(c.name, func(t *testing.T) {
			theirs, err := offer.Read(session(c.lines...))
			if err != nil || theirs.Agreement() != c.want {
				t.Errorf("%+v, %v, want %+v", theirs.Agreement(), err, c.want)
			}
		})
	}
}

func TestOffersThatAreNoneForATelephone(t *testing.T) {
	for name, text := range map[string][]byte{
		"nothing":           nil,
		"no SDP":            []byte("hello"),
		"no medium":         session(),
		"video alone":       session("m=video 5000 RTP/AVP 96"),
		"other encodings":   session("m=audio 4000 RTP/AVP 9 96", "a=rtpmap:96 opus/48000/2"),
		"events alone":      session("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"),
		"encrypted":         session("m=audio 4000 RTP/SAVP 0"),
		"refused":           session("m=audio 0 RTP/AVP 0"),
		"no port":           session("m=audio 70000 RTP/AVP 0"),
		"a group":           session("m=audio 4000 RTP/AVP 0", "c=IN IP4 239.0.0.1/32"),
		"a name":            session("m=audio 4000 RTP/AVP 0", "c=IN IP4 phone.example"),
		"no address at all": []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"),
	} {
		if theirs, err := offer.Read(text); err == nil {
			t.Errorf("%s is understood as %+v", name, theirs.Agreement())
		}
	}
}

// An answer has the lines of its offer: one law, the same events, the other way round, all else refused.
func TestAnswers(t *testing.T) {
	us := offer.Ours{Address: netip.MustParseAddrPort("198.51.100.1:6000"), ID: 7, Version: 2}
	theirs, err := offer.Read(session("m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 8 0 97", "a=rtpmap:97 telephone-event/8000", "a=sendonly", "m=audio 4002 RTP/AVP 0"))
	if err != nil {
		t.Fatal(err)
	}
	want := "v=0|o=- 7 2 IN IP4 198.51.100.1|s=-|c=IN IP4 198.51.100.1|t=0 0|m=video 0 RTP/AVP 96|" +
		"m=audio 6000 RTP/AVP 8 97|a=rtpmap:8 PCMA/8000|a=rtpmap:97 telephone-event/8000|a=fmtp:97 0-15|a=ptime:20|a=recvonly|m=audio 0 RTP/AVP 0|"
	if got := strings.ReplaceAll(string(us.Answer(theirs)), "\r\n", "|"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// What one telephone offers, another one understands.
func TestOurOffersAreUnderstood(t *testing.T) {
	for _, address := range []string{"198.51.100.1:6000", "[2001:db8::1]:6000"} {
		us := offer.Ours{Address: netip.MustParseAddrPort(address)}
		theirs, err := offer.Read(us.Offer([]voice.Law{voice.ALaw, voice.MuLaw}))
		want := voice.Agreement{Peer: us.Address, Law: voice.ALaw, Events: 101, Send: true, Receive: true}
		if err != nil || theirs.Agreement() != want {
			t.Errorf("%+v, %v, want %+v", theirs.Agreement(), err, want)
		}
	}
}

// Whatever the text: no panic, and an answer to what is understood is understood, with as many media.
func FuzzRead(f *testing.F) {
	f.Add(session("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=sendonly"))
	f.Add(session("m=video 5000/2 RTP/AVP 96", "b=AS:64", "m=audio 4000 RTP/AVP 8", "c=IN IP6 ::1"))
	f.Add([]byte("v=0\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		theirs, err := offer.Read(text)
		if err != nil {
			return
		}
		a := theirs.Agreement()
		if !a.Peer.IsValid() || a.Peer.Port() == 0 || a.Peer.Addr().IsMulticast() || a.Law != voice.MuLaw && a.Law != voice.ALaw || a.Events > 127 {
			t.Fatalf("%+v of %q", a, text)
		}
		us := offer.Ours{Address: netip.MustParseAddrPort("198.51.100.1:6000")}
		answer := us.Answer(theirs)
		back, err := offer.Read(answer)
		if err != nil {
			t.Fatalf("the answer %q to %q: %v", answer, text, err)
		}
		if b := back.Agreement(); b.Send != a.Receive || b.Receive != a.Send || b.Law != a.Law || b.Events != a.Events {
			t.Fatalf("%+v is answered with %+v", a, b)
		}
	})
}
