package rtp_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// sample returns which sample of a clock of PTP is recorded at a time of the network.
func (g *grandmaster) sample(at int64) int64 {
	now := g.now
	defer func() { g.now = now }()
	g.now = at
	tai, _ := g.TAI()
	return int64(audio.MulDiv(uint64(tai), 48000, 1e9))
}

const offset = 963214424 // of mediaclk:direct

// studio is a sender whose timestamps are a time of PTP, and what a receiver has to know of it.
func studio(ppm float64) (*grandmaster, *sender, rtp.Options) {
	s := newSender(48000, 2, 48, audio.S24BE3)
	g := &grandmaster{network: newNetwork(s), ppm: ppm}
	s.ppm, s.begin = ppm, g.now
	s.stamp = offset + uint32(g.sample(g.now))
	d := s.described()
	d.Offset, d.Direct = offset, true
	d.Reference = session.Reference{PTP: "IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0", Domain: 0}
	return g, s, rtp.Options{Receive: d, Net: g, PTP: true, Latency: 5 * time.Millisecond}
}

// late returns how many frames before its tick the newest one that was heard was recorded.
func (g *grandmaster) late(e *engine, s *sender) int64 {
	last := e.heard[len(e.heard)-s.format.FrameBytes():]
	return g.sample(e.last().Time) - g.sample(s.begin) - int64(backendtest.NewCounter(s.format).Number(last))
}

// TestReceiversPlayAtOnce: with the time of PTP every receiver has a sample as long after it was recorded, to the sample, however long
// its packets are on their way, whenever it begins, and whatever its period is.
func TestReceiversPlayAtOnce(t *testing.T) {
	for _, c := range []struct {
		ppm    float64
		way    int64 // ns
		begins int64
		period int
	}{
		{0, 0, 0, 48}, {50, 300_000, 1_234_567, 48}, {50, 3 * millisecond, 77 * millisecond, 77}, {-50, 2 * millisecond, 5 * millisecond, 480},
	} {
		g, s, o := studio(c.ppm)
		r := rand.New(rand.NewPCG(1, 2))
		s.way = func(int, int) (int64, bool) { return c.way + r.Int64N(millisecond), false }
		g.now += c.begins
		e := start(t, s.recording(c.period, 8), g.network, o)
		e.run(20 * 48000)
		seen, late := e.seen(), g.late(e, s)
		if want := int64(240 + 48); late < want-1 || late > want+1 {
			t.Errorf("%+v: the sample was recorded %d frames before its tick, want %d", c, late, want)
		}
		if seen.Lost+seen.Late+seen.Restarts+e.lost != 0 || seen.Reference != "PTP (CLOCK_TAI)" {
			t.Errorf("%+v: %+v", c, seen)
		}
		e.whole()
	}
}

// TestRestOfPTP: a stream that stops and starts again has samples where they were.
func TestRestOfPTP(t *testing.T) {
	g, s, o := studio(20)
	e := start(t, s.recording(48, 8), g.network, o)
	for _, pause := range []int64{0, 30 * millisecond, 3000 * millisecond} {
		e.run(48000)
		if err := e.s.Stop(); err != nil {
			t.Fatal(err)
		}
		g.now += pause
		if err := e.s.Start(); err != nil {
			t.Fatal(err)
		}
		e.heard = nil
		e.run(48000)
		if late := g.late(e, s); late < 287 || late > 289 {
			t.Errorf("after a pause of %v: %d frames late, want 288", time.Duration(pause), late)
		}
		e.whole()
		if err := e.s.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := e.s.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if seen := e.seen(); seen.Restarts != 0 {
		t.Errorf("%+v", seen)
	}
}

// TestForeignClock: a sender whose timestamps are of another clock, or another domain, is refused with a sentence, at once or when it
// takes the place of the right one. Packets that only come too late are counted.
func TestForeignClock(t *testing.T) {
	for _, by := range []int32{-3600 * 48000, -14400, 14400, 1 << 30} {
		g, s, o := studio(0)
		s.stamp += uint32(by)
		side := "ahead of"
		if by < 0 {
			side = "behind"
		}
		_, err := rtp.Open(s.recording(48, 8), o)
		if !errors.Is(err, audio.ErrIO) || !strings.Contains(err.Error(), side+" the time of PTP") {
			t.Errorf("%d frames off: %v", by, err)
		}
		s.stamp -= uint32(by)
		e := start(t, s.recording(48, 8), g.network, o)
		e.run(48000)
		s.stamp, s.ssrc = s.stamp+uint32(by), s.ssrc+1
		err = nil
		for range 1000 {
			if _, err = e.s.Wait(); err != nil {
				break
			}
		}
		if !errors.Is(err, audio.ErrIO) || !strings.Contains(err.Error(), side+" the time of PTP") {
			t.Errorf("%d frames off, later: %v", by, err)
		}
	}
	g, s, o := studio(0)
	s.way = func(k, _ int) (int64, bool) { return 50 * millisecond, false }
	e := start(t, s.recording(48, 8), g.network, o)
	e.run(4 * 48000)
	if seen := e.seen(); seen.Late < 3900 || seen.Restarts > 0 {
		t.Errorf("all packets are too late: %+v", seen)
	}
}

// TestPTPOptions: what makes no sense is said.
func TestPTPOptions(t *testing.T) {
	_, s, o := studio(0)
	o.Adaptive = true
	if _, err := rtp.Open(s.recording(48, 8), o); !errors.Is(err, audio.ErrInvalid) {
		t.Error("adaptive:", err)
	}
	_, s, o = studio(0)
	o.Receive.Direct = false
	if _, err := rtp.Open(s.recording(48, 8), o); !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), "mediaclk") {
		t.Error("no mediaclk:direct:", err)
	}
}

// TestOvertakenAtTheStart: a packet that overtakes others before the stream begins is not lost when they come.
func TestOvertakenAtTheStart(t *testing.T) {
	for first := range 8 {
		for _, clock := range []bool{true, false} {
			g, s, o := studio(0)
			o.PTP = clock
			s.way = func(k, _ int) (int64, bool) {
				if k%8 == first {
					return 0, false
				}
				return 4 * millisecond, false
			}
			e := start(t, s.recording(48, 8), g.network, o)
			e.run(2 * 48000)
			if seen := e.seen(); seen.Lost+seen.Late+seen.Concealed > 0 {
				t.Errorf("packets overtake others from number %d on, PTP %v: %+v", first, clock, seen)
			}
		}
	}
}
