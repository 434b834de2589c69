package rtp_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// TestSecret: an encrypted stream is heard bit for bit by who has its keys, from its beginning and when it has run for long; without
// them it is not, and what is not encrypted is refused.
func TestSecret(t *testing.T) {
	keys := make([]byte, session.KeyBytes)
	to := newSender(48000, 2, 6, audio.S24BE3).described()
	to.Keys = keys
	sending := newNetwork()
	sending.keep = true
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 48, Periods: 4}
	e := start(t, wish, sending, rtp.Options{Send: to, Seed: 4}) // the first sequence number is 55614
	e.run(3 * 48000)
	replay := func(keys []byte, from int) (*network, rtp.Options) {
		n := newNetwork()
		n.now = sending.sent[0][from].at
		for _, p := range sending.sent[0][from : from+4000] {
			n.deliver(rtp.Datagram{Data: append([]byte(nil), p.data...), At: p.at, From: netip.MustParseAddrPort("192.0.2.1:5004")})
		}
		receive := *to
		receive.Keys = keys
		return n, rtp.Options{Receive: &receive, Net: n, Timeout: 100 * time.Millisecond}
	}
	wish.Play, wish.Record = false, true
	wrap := slices.IndexFunc(sending.sent[0], func(p packet) bool { return p.data[2] == 0 && p.data[3] == 0 }) // sequence number 0
	if wrap < 8000 {
		t.Fatalf("the sequence number wraps at packet %d", wrap)
	}
	for _, from := range []int{0, wrap - 2000, wrap + 1000} {
		n, o := replay(keys, from)
		e := start(t, wish, n, o)
		e.run(23000)
		e.tail(21000)
		if seen := e.seen(); seen.Lost+seen.Concealed+seen.Restarts > 0 || seen.Refused > 2 {
			t.Errorf("%+v", seen)
		}
	}
	for name, other := range map[string][]byte{"no keys": nil, "other keys": append(keys[1:], 9)} {
		_, o := replay(other, 0)
		o.Timeout = 5 * time.Millisecond // of trying in vain
		if _, err := rtp.Open(wish, o); !errors.Is(err, audio.ErrNoDevice) {
			t.Errorf("with %s: %v", name, err)
		}
	}
	plain := newSender(48000, 2, 48, audio.S24BE3)
	n := newNetwork(plain)
	plain.begin = n.now
	o := rtp.Options{Receive: plain.described(), Net: n, Timeout: 100 * time.Millisecond}
	o.Receive.Keys = keys
	if _, err := rtp.Open(wish, o); !errors.Is(err, audio.ErrNoDevice) {
		t.Errorf("what is not encrypted: %v", err)
	}
	o.Receive.Keys = keys[1:]
	if _, err := rtp.Open(wish, o); !errors.Is(err, audio.ErrInvalid) {
		t.Errorf("keys that are too short: %v", err)
	}
}
