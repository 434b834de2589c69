package interop_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp/rtptest"
	"github.com/loopbridge/loopbridge/client/control"
)

// What FFmpeg sends comes over two networks: one loses every tenth packet, holds some back and repeats others, the other one is
// slower. No frame is missing (SMPTE ST 2022-7), and what one path has lost is counted.
func TestTwoNetworks(t *testing.T) {
	t.Parallel()
	r := newRig(t, "ffmpeg")
	s, first, second := l24, r.port(), r.port()
	sent := s.noise(6)
	at := func(port int) netip.AddrPort { return netip.AddrPortFrom(local, uint16(port)) }
	relay, err := rtptest.NewRelay(at(r.port()), nil,
		rtptest.Way{To: at(first), Seed: 1, Fault: rtptest.Fault{Loss: 0.1, Swap: 0.05, Behind: 3 * time.Millisecond, Duplicate: 0.05}},
		rtptest.Way{To: at(second), Seed: 2, Fault: rtptest.Fault{Delay: 20 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	d := r.device(fmt.Sprintf("[device.receive]\nlatency = \"500ms\"\nsecond = \"127.0.0.1:%d\"\n", second)+s.fields(first), s, "record")
	r.bound(first)
	r.bound(second)
	ffmpegSends(r, s, sent, int(relay.Addr().Port()))
	s.arrived(t, false, sent, r.records(s, d, 2*s.rate))
	now, err := control.New(r.path("lb.sock")).State(t.Context(), "net")
	if err != nil {
		t.Fatal(err)
	}
	if n := now.Hardware.Network; n == nil || n.Recovered < 50 || n.Duplicates < 20 || len(n.Paths) != 2 {
		t.Errorf("the device has seen %+v, after %+v", n, relay.Counts())
	}
}
