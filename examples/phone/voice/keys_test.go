package voice_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/examples/phone/voice"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// event is the payload of an event packet.
func event(number byte, duration uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{number, 10}, duration)
}

// A key is heard once, at the first packet of it that comes, however many follow.
func TestKeysAreHeard(t *testing.T) {
	r := newRig(t)
	r.agree()
	ctx := servertest.Guard(t)
	for key := range byte(16) {
		r.next.Timestamp += 1600
		for n := range uint16(3) {
			r.sends(96, event(key, 160*n))
		}
	}
	r.next.Timestamp -= 1600
	r.sends(96, event(14, 640)) // late, of the key before
	r.next.Timestamp += 3200
	r.sends(96, event(1, 0xffff))
	r.next.Timestamp += 0xffff // the same key is still pressed
	r.sends(96, event(1, 160))
	r.next.Timestamp += 0xffff
	r.sends(96, event(1, 160))
	r.next.Timestamp += 0xffff
	r.sends(96, event(11, 160)) // the last
	r.next.SSRC, r.next.Timestamp = 2, r.next.Timestamp-80
	r.sends(96, event(10, 160)) // of another sender
	var heard strings.Builder
	for !strings.HasSuffix(heard.String(), "11#*") {
		select {
		case key := <-r.heard:
			heard.WriteRune(key)
		case <-ctx.Done():
			t.Fatalf("%q was heard", heard.String())
		}
	}
	if heard.String() != "0123456789*#ABCD11#*" {
		t.Errorf("%q was heard", heard.String())
	}
}

// A key is an event in packets: one timestamp, a marker on the first, durations that grow, the end three times, no sound
// meanwhile. The next key has another timestamp, and sound goes on after it.
func TestKeysAreSent(t *testing.T) {
	r := newRig(t)
	r.agree()
	ctx := servertest.Guard(t)
	dialled := make(chan struct{})
	go func() {
		defer close(dialled)
		if err := r.Dial(ctx, "5d"); err != nil {
			t.Error(err)
		}
	}()
	var before uint32
	for i, number := range []byte{5, 15} {
		ends, last := 0, uint16(0)
		var stamp uint32
		for n := 0; ends < 3; n++ {
			p := r.gets()
			if n == 0 {
				stamp = p.Timestamp
				r.Send(block(0), false) // it is not sent
			}
			end, duration := p.Payload[1]&0x80 != 0, binary.BigEndian.Uint16(p.Payload[2:])
			if p.PayloadType != 96 || p.Payload[0] != number || p.Marker != (n == 0) || p.Timestamp != stamp || duration < last || duration == last && ends == 0 {
				t.Fatalf("packet %d of key %d is %+v % x", n, number, p.Header, p.Payload)
			}
			if last = duration; end {
				ends++
			}
		}
		if last != 1280 || i > 0 && int32(stamp-before) < 1280 {
			t.Errorf("key %d began %d after the one before, and lasts %d", number, stamp-before, last)
		}
		before = stamp
	}
	<-dialled
	r.Send(block(0), false)
	if p := r.gets(); p.PayloadType != 0 || !p.Marker || int32(p.Timestamp-before) <= 0 {
		t.Errorf("sound goes on with %+v", p.Header)
	}
}

func TestKeysThatCannotBeSent(t *testing.T) {
	r := newRig(t)
	r.agree()
	if err := r.Dial(servertest.Guard(t), "12x"); err == nil || !strings.Contains(err.Error(), "'X' is no key") {
		t.Errorf("x: %v", err)
	}
	r.Agree(voice.Agreement{Peer: r.address(), Law: voice.MuLaw, Send: true, Receive: true})
	if err := r.Dial(servertest.Guard(t), "1"); err == nil || !strings.Contains(err.Error(), "takes no telephone events") {
		t.Errorf("without events: %v", err)
	}
	if c := r.Counts(); c.Sent != 0 {
		t.Errorf("%d packets were sent", c.Sent)
	}
}
