package rtp_test

import (
	"errors"
	"testing"
	"time"

	rtpheader "github.com/pion/rtp"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/servo"
)

// grandmaster is a network that knows the time of PTP, which is faster than its own.
type grandmaster struct {
	*network
	ppm    float64
	ahead  int64
	refuse error
}

func (g *grandmaster) TAI() (tai, now int64) {
	return 1_700_000_037_000_000_000 + g.ahead + g.now + int64(float64(g.now)*g.ppm*1e-6), g.now
}

func (g *grandmaster) Synchronised() error { return g.refuse }

// TestPTP: what is sent has the timestamps that the time of PTP gives, and the stream the pace of it. A jump of it ends the stream.
func TestPTP(t *testing.T) {
	to := newSender(48000, 2, 48, audio.S24BE3).described()
	to.Offset = 12345
	n := &grandmaster{network: newNetwork(), ppm: 50}
	n.keep = true
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 48, Periods: 8}
	e := start(t, wish, n.network, rtp.Options{Send: to, Net: n, PTP: true})
	e.run(30 * 48000)
	clock := servo.NewClock(48000)
	for _, tick := range e.ticks {
		clock.Observe(int64(tick.Position), tick.Time)
	}
	if estimate := clock.Estimate(); estimate.PPM() < 49.5 || estimate.PPM() > 50.5 {
		t.Errorf("PTP is 50 ppm fast, and the stream %+.2f", estimate.PPM())
	}
	for i, sent := range n.sent[0] {
		var p rtpheader.Packet
		if err := p.Unmarshal(sent.data); err != nil {
			t.Fatal(err)
		}
		end := uint32(n.sample(sent.at)) - 48 + 12345 // when it was sent, a packet after its first sample
		if off := int32(p.Timestamp - end); off < -50 || off > 50 {
			t.Fatalf("packet %d has timestamp %d, %d from the time of PTP", i, p.Timestamp, off)
		}
	}
	n.ahead = int64(time.Second)
	if _, err := e.s.Wait(); !errors.Is(err, audio.ErrGone) {
		t.Error("after a jump of the time:", err)
	}
	n.refuse = audio.ErrNoDevice
	if _, err := rtp.Open(wish, rtp.Options{Send: to, Net: n, PTP: true}); !errors.Is(err, audio.ErrNoDevice) {
		t.Error("without PTP:", err)
	}
	real, err := rtp.Open(wish, rtp.Options{Send: group(t, ""), PTP: true})
	switch {
	case err == nil:
		_ = real.Close()
	case !errors.Is(err, audio.ErrNoDevice):
		t.Error("on this machine:", err)
	default:
		t.Log("this machine:", err)
	}
}
