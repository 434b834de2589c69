package voice_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/loopbridge/loopbridge/examples/phone/voice"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// far is the other side of a session: a bare socket.
type far struct {
	*testing.T
	socket  *net.UDPConn
	session netip.AddrPort
	next    rtp.Header
}

// rig is a session with its other side.
type rig struct {
	*far
	*voice.Session
	heard chan rune
}

var loopback = netip.MustParseAddr("127.0.0.1")

func newRig(t *testing.T) *rig {
	heard := make(chan rune, 100)
	s, err := voice.Listen(loopback, 40*time.Millisecond, func(key rune) { heard <- key })
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		s.Run()
	}()
	t.Cleanup(func() {
		s.Close()
		<-ran
	})
	if s.Port()%2 != 0 {
		t.Errorf("the port %d is odd", s.Port())
	}
	return &rig{newFar(t, s), s, heard}
}

func newFar(t *testing.T, s *voice.Session) *far {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return &far{t, socket, netip.AddrPortFrom(loopback, uint16(s.Port())), rtp.Header{Version: 2, SSRC: 1, SequenceNumber: 0xfffe, Timestamp: 1<<32 - 160}}
}

func (f *far) address() netip.AddrPort { return f.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

// sends sends a packet of a type, and counts the sequence on.
func (f *far) sends(kind uint8, payload []byte) {
	f.Helper()
	f.next.PayloadType = kind
	data, err := (&rtp.Packet{Header: f.next, Payload: payload}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.sendsRaw(data)
	f.next.SequenceNumber++
}

func (f *far) sendsRaw(data []byte) {
	f.Helper()
	if _, err := f.socket.WriteToUDPAddrPort(data, f.session); err != nil {
		f.Fatal(err)
	}
}

// gets returns the next packet of the session.
func (f *far) gets() rtp.Packet {
	f.Helper()
	buffer := make([]byte, 2000)
	var p rtp.Packet
	err := f.socket.SetReadDeadline(time.Now().Add(servertest.Hang))
	if err == nil {
		var n int
		if n, err = f.socket.Read(buffer); err == nil {
			err = p.Unmarshal(buffer[:n])
		}
	}
	if err != nil {
		f.Fatal(err)
	}
	return p
}

// settled waits until a session has taken or refused so many packets.
func (r *rig) settled(packets uint64) voice.Counts {
	r.Helper()
	servertest.Until(r.T, "the packets", func() bool { c := r.Counts(); return c.Received+c.Refused >= packets })
	return r.Counts()
}

// both ways, with µ-law and events of type 96.
func (r *rig) agree() {
	r.Agree(voice.Agreement{Peer: r.address(), Law: voice.MuLaw, Events: 96, Send: true, Receive: true})
}

// block is one of a constant sample.
func block(sample int16) []byte {
	var all []byte
	for range voice.Block {
		all = binary.LittleEndian.AppendUint16(all, uint16(sample))
	}
	return all
}

// What is sent counts on without a gap, has a marker after a pause, and is G.711: 0 and -32124 are 0xff and 0x00 in µ-law.
func TestPacketsOfSound(t *testing.T) {
	r := newRig(t)
	r.Send(block(0), true) // nobody is known who wants it
	r.agree()
	r.Send(block(0), true)
	r.Send(block(-32124), false)
	first, second := r.gets(), r.gets()
	if !first.Marker || second.Marker || second.SequenceNumber != first.SequenceNumber+1 || second.Timestamp != first.Timestamp+160 || second.SSRC != first.SSRC {
		t.Errorf("%+v, then %+v", first.Header, second.Header)
	}
	if !bytes.Equal(first.Payload, bytes.Repeat([]byte{0xff}, 160)) || !bytes.Equal(second.Payload, bytes.Repeat([]byte{0x00}, 160)) {
		t.Errorf("the payloads are % x and % x", first.Payload[:4], second.Payload[:4])
	}
	r.Agree(voice.Agreement{Peer: r.address(), Law: voice.ALaw}) // on hold
	r.Send(block(0), false)
	r.Agree(voice.Agreement{Peer: r.address(), Law: voice.ALaw, Send: true})
	r.Send(block(0), false)
	third := r.gets()
	if !third.Marker || third.PayloadType != 8 || third.SequenceNumber != second.SequenceNumber+1 || third.Timestamp != second.Timestamp+320 || third.Payload[0] != 0xd5 {
		t.Errorf("after a hold: %+v % x", third.Header, third.Payload[:4])
	}
	r.Send(block(0), true)
	if fourth := r.gets(); !fourth.Marker || int32(fourth.Timestamp-third.Timestamp) < 160 {
		t.Errorf("after a pause: %+v", fourth.Header)
	}
	if c := r.Counts(); c.Sent != 4 {
		t.Errorf("%d packets are counted", c.Sent)
	}
}

// Packets go to where packets come from, and from then on nobody else is heard.
func TestSoundIsSymmetric(t *testing.T) {
	r := newRig(t)
	elsewhere, stranger := newFar(t, r.Session), newFar(t, r.Session)
	r.Agree(voice.Agreement{Peer: netip.AddrPortFrom(loopback, 9), Law: voice.MuLaw, Send: true, Receive: true})
	elsewhere.sends(0, []byte{0x00, 0xff})
	r.settled(1)
	r.Send(block(0), true)
	elsewhere.gets()
	stranger.sends(0, []byte{0x7f})
	if c := r.settled(2); c.Received != 1 || c.Refused != 1 {
		t.Errorf("%+v", c)
	}
	r.Agree(voice.Agreement{Peer: stranger.address(), Law: voice.MuLaw, Send: true, Receive: true}) // another place
	r.Send(block(0), false)
	stranger.gets()
}

// What is no RTP of the session is refused, whatever it is.
func TestPacketsThatAreNone(t *testing.T) {
	r := newRig(t)
	r.sends(0, []byte{0xff}) // before the answer
	r.settled(1)
	r.agree()
	for _, data := range [][]byte{{}, {0x80}, bytes.Repeat([]byte{0}, 172), bytes.Repeat([]byte{0xff}, 172), make([]byte, 5000), []byte("OPTIONS sip:a SIP/2.0\r\n\r\n")} {
		r.sendsRaw(data)
	}
	r.sends(9, []byte{1})
	r.sends(97, []byte{1, 0, 0, 0})
	r.sends(96, []byte{1, 0})        // an event that is cut
	r.sends(96, []byte{16, 0, 0, 0}) // a flash: no key
	r.sends(0, nil)
	if c := r.settled(12); c.Refused != 9 || c.Received != 3 {
		t.Errorf("%+v", c)
	}
	if len(r.heard) != 0 {
		t.Errorf("%c was heard", <-r.heard)
	}
}

// Received sound is heard after the delay; what is lost is silent and counted, over the ends of all numbers, from one
// sender and the next.
func TestReceivedSound(t *testing.T) {
	r := newRig(t)
	r.agree()
	loud := bytes.Repeat([]byte{0x00}, 160) // -32124
	for packet := range 5 {
		if packet == 2 {
			r.next.SequenceNumber++
		} else {
			r.sends(0, loud)
		}
		r.next.Timestamp += 160
	}
	r.settled(4)
	got := make([]byte, 320)
	for packet := 3; packet < 5; packet++ { // two packets behind the newest, all before is left out
		r.Receive(got)
		if !bytes.Equal(got, block(-32124)) {
			t.Errorf("packet %d is % x …", packet, got[:4])
		}
	}
	r.next.SSRC, r.next.SequenceNumber, r.next.Timestamp = 2, 17, 5
	r.sends(8, bytes.Repeat([]byte{0xd5}, 320))
	r.settled(5)
	if r.Receive(got); !bytes.Equal(got, block(8)) {
		t.Errorf("the next sender says % x …, want 8, the smallest of A-law", got[:4])
	}
	if c := r.Counts(); c.Lost != 1 || c.Refused != 0 || c.Concealed != 0 {
		t.Errorf("%+v", c)
	}
	r.Agree(voice.Agreement{Peer: r.address(), Law: voice.MuLaw, Send: true}) // we are not to hear
	for range 3 {
		r.next.Timestamp += 160
		r.sends(0, loud)
	}
	r.settled(8)
	for range 4 {
		if r.Receive(got); bytes.Equal(got, block(-32124)) {
			t.Error("sound is heard that was not agreed on")
		}
	}
	if c := r.Counts(); c.Concealed != 0 {
		t.Errorf("what was not to come counts as missing: %+v", c)
	}
}

func TestSoundAllocatesNothing(t *testing.T) {
	r := newRig(t)
	r.agree()
	said, heard := block(1000), block(0)
	if n := testing.AllocsPerRun(50, func() {
		r.Send(said, false)
		r.Receive(heard)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
