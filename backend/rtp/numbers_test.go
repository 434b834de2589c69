package rtp_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/servo"
)

// TestMinute: a minute that one stream sends as L24 is recorded by another one bit for bit, on one clock.
func TestMinute(t *testing.T) {
	const minute = 60 * 48000
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24LE3}, Period: 48, Periods: 4}
	to := newSender(48000, 2, 48, audio.S24BE3).described()
	a := newNetwork()
	a.keep = true
	e := start(t, wish, a, rtp.Options{Send: to, Seed: 1})
	e.run(minute)
	b := newNetwork()
	for _, p := range a.sent[0] {
		b.flying = append(b.flying, rtp.Datagram{Data: p.data, At: p.at + 100_000, From: netip.MustParseAddrPort("192.0.2.1:5004")})
	}
	wish.Play, wish.Record = false, true
	e = start(t, wish, b, rtp.Options{Receive: to})
	e.run(minute - 9600)
	e.whole()
	counter := backendtest.NewCounter(wish.Format)
	last := counter.Number(e.heard[len(e.heard)-wish.Format.FrameBytes():])
	if got := uint64(len(e.heard) / wish.Format.FrameBytes()); got != minute-9600 || last+500 < got || last > got {
		t.Errorf("%d frames are recorded, the last one is number %d", got, last)
	}
	if seen := e.seen(); seen.Lost+seen.Late+seen.Concealed+seen.Restarts > 0 {
		t.Errorf("%+v", seen)
	}
}

// TestLatency: with packets of 48 frames, periods of 48 and a latency of 2 ms, a frame is read 3 ms after it was recorded: 1 ms until
// its packet is full, and 2 ms after that.
func TestLatency(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 4), n, rtp.Options{Receive: s.described(), Latency: 2 * time.Millisecond})
	e.run(48000)
	last := e.ticks[len(e.ticks)-1]
	number := int64(backendtest.NewCounter(s.format).Number(e.heard[len(e.heard)-2*48:])) // of the first frame of the last block
	recorded := s.begin + number*1e9/48000
	if took := time.Duration(last.Time - recorded); took < 2990*time.Microsecond || took > 3010*time.Microsecond {
		t.Errorf("a frame is read %v after it was recorded", took)
	}
	if _, record := delay(t, e.s); record != 96 {
		t.Errorf("the delay is %d frames", record)
	}
	if seen := e.seen(); seen.Target != 2*time.Millisecond || seen.Latency < 1990*time.Microsecond || seen.Latency > 2010*time.Microsecond {
		t.Errorf("%+v", seen)
	}
}

// TestTicksAreAtEndsOfPackets: so that a latency that is shorter than a packet is enough, wherever packets end in time.
func TestTicksAreAtEndsOfPackets(t *testing.T) {
	for _, shift := range []int64{0, 111_111, 500_000, 987_654} {
		s := newSender(48000, 1, 48, audio.S16BE)
		n := newNetwork(s)
		s.begin = n.now + shift
		e := start(t, s.recording(48, 4), n, rtp.Options{Receive: s.described(), Latency: 100 * time.Microsecond})
		e.run(2 * 48000)
		if seen := e.seen(); seen.Late+seen.Concealed > 0 {
			t.Errorf("packets %d ns later: %+v", shift, seen)
		}
		e.tail(48000)
	}
}

func delay(t *testing.T, s backend.Stream) (play, record int) {
	d, ok := backend.As[backend.Delayer](s)
	if !ok {
		t.Fatal("no Delayer")
	}
	return d.Delay()
}

// TestGaps: what is missing fades, and what comes after it does: no step is heard.
func TestGaps(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	n := newNetwork(s)
	s.begin = n.now
	s.way = func(k, _ int) (int64, bool) { return 0, k%50 == 49 }
	s.fill = func(p []byte) { copy(p, bytes.Repeat([]byte{0x40, 0}, 48)) } // half of full scale
	e := start(t, s.recording(48, 4), n, rtp.Options{Receive: s.described()})
	e.run(48000)
	before, quiet := 0, 0
	for i := 0; i < len(e.heard); i += 2 {
		x := int(int16(uint16(e.heard[i])<<8 | uint16(e.heard[i+1])))
		if step := x - before; step > 1000 || step < -1000 { // a ramp of 96 frames has steps of 170, and twice that in its middle
			t.Fatalf("frame %d is %d after %d", i/2, x, before)
		}
		if x < 0x3f00 {
			quiet++
		}
		before = x
	}
	if seen := e.seen(); quiet < 20*48 || seen.Concealed < 18*48 {
		t.Errorf("of 20 gaps %d frames are quiet; %+v", quiet, seen)
	}
}

// TestLocked: a route from a stream whose sender is 100 ppm off, over a bad network, to a device with a clock of its own is locked as
// one between two cards, and stays so.
func TestLocked(t *testing.T) {
	for _, c := range []struct {
		ppm    float64
		jitter int64
	}{{100, 200_000}, {-100, 200_000}, {100, 2_000_000}, {-100, 2_000_000}} {
		s := newSender(48000, 1, 48, audio.S16BE)
		s.ppm = c.ppm
		r := rand.New(rand.NewPCG(5, 6))
		s.way = func(int, int) (int64, bool) { return r.Int64N(c.jitter), r.IntN(100) == 0 }
		n := newNetwork(s)
		s.begin = n.now
		e := start(t, s.recording(48, 16), n, rtp.Options{Receive: s.described(), Latency: 4 * time.Millisecond})
		source, sink, route := servo.NewClock(48000), servo.NewClock(48000), servo.New(960)
		read, played, begin := 0.0, int64(0), n.now
		lockedAt, unlocks := int64(0), 0
		for n.now-begin < 180e9 {
			e.run(e.last().Position + 1)
			source.Observe(int64(e.last().Position), e.last().Time)
			for now := begin + (played+480)*1e9/48000; now <= n.now; now += 10e6 {
				played += 480
				sink.Observe(played, now)
				a, b := source.Estimate(), sink.Estimate()
				whole := math.Floor(read)
				step := route.Step(now, &a, &b, servo.Mark{Sink: played, Source: int64(whole), Fraction: read - whole})
				read += float64(step.Shift) + 480*step.Ratio
				switch {
				case step.State == servo.Locked && lockedAt == 0:
					lockedAt = now - begin
				case step.State != servo.Locked && lockedAt > 0:
					unlocks++
				}
			}
			e.heard, e.ticks = e.heard[:0], e.ticks[len(e.ticks)-1:]
		}
		state := route.State()
		if lockedAt == 0 || lockedAt > 60e9 || unlocks > 0 || math.Abs(state.PPM()-c.ppm) > 1 || math.Abs(state.Error()) > 48 {
			t.Errorf("%+g ppm, jitter %d ns: locked after %.1f s, %d cycles unlocked since; %+.2f ppm, %.1f frames off",
				c.ppm, c.jitter, float64(lockedAt)*1e-9, unlocks, state.PPM(), state.Error())
		}
		t.Logf("%+g ppm, jitter %d ns: locked after %.1f s; %+.2f ppm, %.1f frames off, %.1f..%.1f frames of latency since",
			c.ppm, c.jitter, float64(lockedAt)*1e-9, state.PPM(), state.Error(), state.Least, state.Most)
	}
}
