package interop_test

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp/rtptest"
)

// analysis is what tshark says of a stream of RTP in a capture.
type analysis struct {
	ssrc, payload string
	packets, lost int
	jitter        float64 // of RFC 3550, the highest, in ms
	problems      bool    // a sequence number or a timestamp that does not follow, or another payload in between
}

// local is this machine.
var local = netip.MustParseAddr("127.0.0.1")

// capture begins a file of datagrams to a port with an announcement (RFC 2974), from which tshark knows the payload and
// the rate.
func (r *rig) capture(s stream, port int) *rtptest.Capture {
	r.Helper()
	file, err := os.Create(r.path("capture"))
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { file.Close() })
	c := rtptest.NewCapture(file)
	c.Add(0, netip.AddrPortFrom(local, 9875), netip.MustParseAddrPort("224.2.127.254:9875"), s.announcement(port))
	return c
}

// tap captures what comes to a port of its own, and carries it on to another one.
func (r *rig) tap(s stream, to int, f rtptest.Fault) (relay *rtptest.Relay, port int) {
	r.Helper()
	port = r.port()
	relay, err := rtptest.NewRelay(netip.AddrPortFrom(local, uint16(port)), r.capture(s, port),
		rtptest.Way{To: netip.AddrPortFrom(local, uint16(to)), Fault: f, Seed: 1})
	if err != nil {
		r.Fatal(err)
	}
	return relay, port
}

// tshark returns what tshark says of the streams to a port.
func (r *rig) tshark(port int) (all []analysis) {
	r.Helper()
	p := r.start("tshark", "-n", "-r", r.path("capture"), "-d", fmt.Sprintf("udp.port==%d,rtp", port), "-q", "-z", "rtp,streams")
	p.succeeds(r)
	number := func(text string) float64 {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			r.Fatalf("tshark: %v in %s", err, p.output.String())
		}
		return n
	}
	for line := range strings.Lines(p.output.String()) {
		// Start, end, from, port, to, port, SSRC, payload, packets, lost, (percent), 3 deltas, 3 jitters, X if there are problems
		f := strings.Fields(line)
		if len(f) < 17 || f[5] != strconv.Itoa(port) {
			continue
		}
		r.Log(strings.Join(f, " "))
		all = append(all, analysis{f[6], f[7], int(number(f[8])), int(number(f[9])), number(f[16]), len(f) > 17})
	}
	return all
}

// The analysis sees each kind of fault, so it means something if it sees none.
func TestTsharkSeesFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, "tshark")
	port := r.port()
	c := r.capture(l24, port)
	from, to := netip.AddrPortFrom(local, 4000), netip.AddrPortFrom(local, uint16(port))
	faults := []func(s *rtptest.Sender, at *time.Duration){
		func(*rtptest.Sender, *time.Duration) {},
		func(s *rtptest.Sender, _ *time.Duration) { s.Sequence++ },
		func(s *rtptest.Sender, _ *time.Duration) { s.Sequence -= 2 },
		func(s *rtptest.Sender, _ *time.Duration) { s.Time++ },
		func(_ *rtptest.Sender, at *time.Duration) { *at += time.Millisecond },
	}
	for i, fault := range faults {
		s := rtptest.Sender{Type: uint8(l24.kind), SSRC: uint32(i), Rate: l24.rate, Packet: l24.packet,
			Fill: func(p []byte, _ uint64, frames int) []byte { return append(p, make([]byte, frames*l24.frame())...) }}
		for n := range 100 {
			at, packet := s.Next()
			if n == 50 {
				fault(&s, &at)
			}
			c.Add(at, from, to, packet)
		}
	}
	if err := c.Err(); err != nil {
		t.Fatal(err)
	}
	want := map[string]analysis{
		"0x00000000": {packets: 100},
		"0x00000001": {packets: 100, lost: 1, problems: true},
		"0x00000002": {packets: 100, lost: -2, problems: true},
		"0x00000003": {packets: 100, jitter: 0.001},
		"0x00000004": {packets: 100, jitter: 0.121},
	}
	for _, a := range r.tshark(port) {
		w, known := want[a.ssrc]
		delete(want, a.ssrc)
		if w.ssrc, w.payload = a.ssrc, l24.name; !known || a != w {
			t.Errorf("tshark says %+v, want %+v", a, w)
		}
	}
	if len(want) != 0 {
		t.Errorf("tshark does not see %v", want)
	}
}

// What we send is in order, complete, and described right.
func TestTsharkSeesNoFault(t *testing.T) {
	t.Parallel()
	r := newRig(t, "tshark")
	relay, port := r.tap(l24, r.port(), rtptest.Fault{})
	packets := l24.rate / l24.packet
	wePlay(r, l24, l24.noise(1), port).succeeds(r)
	r.until("a second of sound is sent", func() bool { return relay.Counts()[0].Sent >= uint64(packets) })
	if err := relay.Close(); err != nil {
		t.Fatal(err)
	}
	all := r.tshark(port)
	if len(all) != 1 {
		t.Fatalf("tshark sees %d streams", len(all))
	}
	if a := all[0]; a.payload != l24.name || a.lost != 0 || a.problems || a.packets < packets {
		t.Errorf("tshark says %+v of a second of sound", a)
	}
}
