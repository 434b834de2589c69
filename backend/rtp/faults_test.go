package rtp_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/servo"
)

const millisecond = int64(time.Millisecond)

// TestBadNetwork: 1 % of the packets are lost, all are up to 2 ms late and out of order. No engine is late by that, every loss
// is counted, and each frame that came is heard in its place.
func TestBadNetwork(t *testing.T) {
	s := newSender(48000, 2, 48, audio.S24BE3)
	r := rand.New(rand.NewPCG(1, 2))
	lost, last := uint64(0), 0
	s.way = func(k, _ int) (int64, bool) {
		gone := k > 100 && r.IntN(100) == 0
		if gone {
			lost++
			last = k
		}
		return r.Int64N(2 * millisecond), gone
	}
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described(), Latency: 4 * time.Millisecond})
	e.run(60 * 48000)
	lostBefore, lastBefore, jitter := lost, last, e.seen().Jitter
	s.way = nil
	e.run(61 * 48000)
	seen := e.seen()
	if seen.Lost != lostBefore || seen.Late != 0 || e.lost != 0 || seen.Concealed != 48*lostBefore || seen.Restarts != 0 {
		t.Errorf("%d packets lost up to packet %d; %+v; %d frames of a late engine", lostBefore, lastBefore, seen, e.lost)
	}
	if seen.Reordered < 1000 || jitter < time.Millisecond/3 || jitter > 2*time.Millisecond {
		t.Errorf("a jitter of 2 ms and packets out of order, but %v, and %+v", jitter, seen)
	}
	e.placed()
}

// placed fails unless all frames heard that are of the counter, far from what is missing, are in the same place of the stream.
func (e *engine) placed() {
	e.t.Helper()
	f := e.s.Granted().Format
	c := backendtest.NewCounter(f)
	size := f.FrameBytes()
	places := map[uint64]int{}
	for i := size; i+size <= len(e.heard); i += size {
		number := c.Number(e.heard[i:])
		if bad, _ := c.Check(e.heard[i-size:i+size], number-1); bad >= 0 {
			continue // missing, or on a ramp
		}
		places[(number-uint64(i/size))&(c.Span()-1)]++
	}
	exact, most := 0, 0
	for _, n := range places {
		exact, most = exact+n, max(most, n)
	}
	if exact-most > exact/1000 || most < len(e.heard)/size/2 {
		e.t.Errorf("%d of %d frames are at other places", exact-most, exact)
	}
}

// TestTwoPaths: what one path loses the other brings, so that no frame is missing (SMPTE ST 2022-7).
func TestTwoPaths(t *testing.T) {
	s := newSender(48000, 2, 48, audio.S24BE3)
	s.paths = 2
	r := rand.New(rand.NewPCG(1, 2))
	var lost [2]uint64
	s.way = func(k, path int) (int64, bool) {
		gone := k > 100 && k%2 == path && r.IntN(50) == 0
		if gone {
			lost[path]++
		}
		return int64(path)*millisecond + r.Int64N(2*millisecond), gone
	}
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described(), Latency: 4 * time.Millisecond})
	e.run(20 * 48000)
	before := lost
	s.way = nil
	e.run(21 * 48000)
	seen := e.seen()
	if seen.Lost+seen.Late+seen.Concealed+seen.Duplicates+seen.Restarts != 0 || seen.Recovered != before[0]+before[1] ||
		seen.Paths[0].Lost != before[0] || seen.Paths[1].Lost != before[1] || seen.Refused > 4 {
		t.Errorf("lost %v, and %+v", before, seen)
	}
	if seen.Packets < 20900 || seen.Packets > 21100 {
		t.Errorf("%d packets in 21 s", seen.Packets)
	}
	e.tail(20 * 48000)
}

// TestPathThatIsThereLater: sockets open one after the other. What was sent before the second one was there it has not lost. But a
// path that never brings anything has lost all.
func TestPathThatIsThereLater(t *testing.T) {
	for missing, want := range map[int][2]uint64{20: {0, 0}, math.MaxInt: {1700, 2000}} {
		s := newSender(48000, 2, 48, audio.S24BE3)
		s.paths = 2
		s.way = func(k, path int) (int64, bool) { return 0, path == 1 && k < missing }
		n := newNetwork(s)
		s.begin = n.now
		e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described(), Latency: 4 * time.Millisecond})
		e.run(2 * 48000)
		seen := e.seen()
		if lost := seen.Paths[1].Lost; seen.Paths[0].Lost != 0 || lost < want[0] || lost > want[1] || seen.Recovered != lost || seen.Lost != 0 {
			t.Errorf("the second path brings nothing for %d packets: %+v", missing, seen)
		}
	}
}

// TestDuplicatesAndLate: what comes twice is counted and heard once; what comes too late is counted and not heard.
func TestDuplicatesAndLate(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	n := newNetwork(s)
	s.begin = n.now
	late := 0
	s.way = func(k, _ int) (int64, bool) {
		if k < 1000 || k%100 != 0 {
			return 0, false
		}
		late++
		return 30 * millisecond, false
	}
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described()})
	for p := uint64(4800); p <= 3*48000; p += 4800 {
		e.run(p)
		n.deliver(rtp.Datagram{Data: s.make(s.k - 1), At: n.now, From: s.from})
	}
	seen := e.seen()
	if seen.Late < 19 || seen.Late > uint64(late) || seen.Lost != 0 || seen.Concealed != 48*seen.Late || seen.Restarts != 0 {
		t.Errorf("%d packets were late: %+v", late, seen)
	}
	if seen.Duplicates < 29 || seen.Duplicates > 30 {
		t.Errorf("30 packets came twice: %+v", seen)
	}
	e.placed()
}

// TestFaster: the ticks of a stream have the rate of its sender, to a part in a million.
func TestFaster(t *testing.T) {
	for _, ppm := range []float64{-100, 100, 0} {
		s := newSender(48000, 1, 48, audio.S16BE)
		s.ppm = ppm
		r := rand.New(rand.NewPCG(3, 4))
		s.way = func(int, int) (int64, bool) { return int64(r.ExpFloat64() * 200e3), r.IntN(100) == 0 }
		n := newNetwork(s)
		s.begin = n.now
		e := start(t, s.recording(48, 16), n, rtp.Options{Receive: s.described(), Latency: 8 * time.Millisecond})
		e.run(60 * 48000)
		clock := servo.NewClock(48000)
		for _, tick := range e.ticks[len(e.ticks)/2:] {
			clock.Observe(int64(tick.Position), tick.Time)
		}
		if estimate := clock.Estimate(); !estimate.Locked || estimate.PPM() < ppm-1 || estimate.PPM() > ppm+1 {
			t.Errorf("a sender of %+g ppm is followed at %+.2f ppm; locked: %v", ppm, estimate.PPM(), estimate.Locked)
		}
		if seen := e.seen(); e.lost+seen.Late+seen.Restarts > 0 {
			t.Errorf("%+v, and %d frames of a late engine", seen, e.lost)
		}
	}
}

// TestSenderBeginsAnew: with other timestamps, or as another source, a sender is heard again soon. Positions go on.
func TestSenderBeginsAnew(t *testing.T) {
	for name, change := range map[string]func(*sender){
		"another source":    func(s *sender) { s.ssrc, s.seq, s.stamp = 77, 12345, 999 },
		"timestamps ahead":  func(s *sender) { s.stamp += 1 << 30 },
		"timestamps behind": func(s *sender) { s.stamp -= 1 << 30 },
		"a bit ahead":       func(s *sender) { s.stamp += 20000 },
		"a bit behind":      func(s *sender) { s.stamp -= 20000 },
		"sequence":          func(s *sender) { s.seq += 30000 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSender(48000, 1, 48, audio.S16BE)
			n := newNetwork(s)
			s.begin = n.now
			e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described()})
			e.run(48000)
			change(s)
			e.run(3 * 48000)
			seen := e.seen()
			if seen.Restarts != 1 || seen.Concealed > 4800 || seen.Concealed == 0 || e.lost > 0 {
				t.Errorf("%+v", seen)
			}
			e.tail(48000)
			for i, tick := range e.ticks[1:] {
				if tick.Time-e.ticks[i].Time > 2*millisecond || tick.Position-e.ticks[i].Position > 96 {
					t.Fatalf("tick %+v follows %+v", tick, e.ticks[i])
				}
			}
		})
	}
}

// TestLongerWay: packets that all come 20 ms later from some moment on are heard again, 20 ms later.
func TestLongerWay(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	n := newNetwork(s)
	s.begin = n.now
	s.way = func(k, _ int) (int64, bool) {
		if k < 2000 {
			return 0, false
		}
		return 20 * millisecond, false
	}
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described()})
	e.run(5 * 48000)
	if seen := e.seen(); seen.Restarts != 1 || seen.Late < 100 || seen.Late > 200 || e.lost > 0 {
		t.Errorf("%+v", seen)
	}
	e.tail(48000)
}

// TestSilentSender: a stream whose sender is silent for longer than its timeout is gone; a shorter silence is concealed.
func TestSilentSender(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	s.way = func(k, _ int) (int64, bool) { return 0, k >= 1000 && k < 1100 }
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described(), Timeout: 200 * time.Millisecond})
	e.run(2 * 48000)
	if seen := e.seen(); seen.Lost != 100 || seen.Concealed != 4800 {
		t.Errorf("%+v", seen)
	}
	s.until = s.k
	silent := n.now
	for {
		_, err := e.s.Wait()
		if err == nil {
			continue
		}
		if !errors.Is(err, audio.ErrGone) || n.now-silent < 200*millisecond || n.now-silent > 210*millisecond {
			t.Errorf("%v after %v", err, time.Duration(n.now-silent))
		}
		break
	}
}

// TestLateEngine: an engine that is late by less than its buffer loses nothing, however long packets have waited for it. One that is
// later loses what does not fit, and says how much.
func TestLateEngine(t *testing.T) {
	s := newSender(48000, 2, 48, audio.S16BE)
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 100), n, rtp.Options{Receive: s.described()})
	e.run(48000)
	cycle := 0
	n.late = func() int64 {
		if cycle++; cycle%50 == 0 {
			return 80 * millisecond
		}
		return 0
	}
	e.run(5 * 48000)
	if seen := e.seen(); seen.Late+seen.Lost+seen.Concealed+e.lost > 0 {
		t.Errorf("%+v, and %d frames of the engine", seen, e.lost)
	}
	e.tail(4 * 48000)
	n.late = func() int64 { return 150 * millisecond }
	e.run(5*48000 + 48*150)
	n.late = nil
	e.run(6 * 48000)
	if e.lost == 0 || e.lost > 48*60 {
		t.Errorf("an engine that came 150 ms late, with a buffer of 100, lost %d frames", e.lost)
	}
	if got := uint64(len(e.heard)/4) + e.lost; got != e.ticks[len(e.ticks)-1].Position {
		t.Errorf("%d frames were heard or lost up to position %d", got, e.ticks[len(e.ticks)-1].Position)
	}
	e.tail(24000)
}

// TestAdaptive: the latency follows what packets need, up and down, and is never shorter than asked for.
func TestAdaptive(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	r := rand.New(rand.NewPCG(1, 2))
	jitter := millisecond
	s.way = func(int, int) (int64, bool) { return r.Int64N(jitter), false }
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described(), Latency: 3 * time.Millisecond, Adaptive: true})
	second := uint64(48000)
	e.run(5 * second)
	if seen := e.seen(); seen.Target != 3*time.Millisecond || seen.Concealed != 0 {
		t.Errorf("%+v", seen)
	}
	jitter = 20 * millisecond
	e.run(10 * second)
	grown := e.seen()
	if grown.Target < 19*time.Millisecond || grown.Target > 24*time.Millisecond || grown.Late > 0 || grown.Concealed < 48*16 {
		t.Errorf("with 20 ms of jitter: %+v", grown)
	}
	e.run(30 * second)
	if seen := e.seen(); seen.Target != grown.Target || seen.Concealed != grown.Concealed {
		t.Errorf("%+v, and then %+v", grown, seen)
	}
	e.tail(int(15 * second))
	jitter = millisecond
	e.run(80 * second)
	if seen := e.seen(); seen.Target < 3*time.Millisecond || seen.Target > 4*time.Millisecond || seen.Lost+seen.Late+seen.Restarts > 0 {
		t.Errorf("with 1 ms again: %+v", seen)
	}
}

// TestNetworkTakesNothing: a stream that cannot send counts it, and is gone after its timeout.
func TestNetworkTakesNothing(t *testing.T) {
	to := newSender(48000, 2, 48, audio.S16BE)
	n := newNetwork()
	wish := to.recording(48, 8)
	wish.Play, wish.Record = true, false
	e := start(t, wish, n, rtp.Options{Send: to.described(), Timeout: 300 * time.Millisecond})
	e.run(48000)
	n.refuse = true
	e.run(48000 + 4800)
	n.refuse = false
	e.run(3 * 48000)
	if seen := e.seen(); seen.Failed != 100 || seen.Sent != 2900 {
		t.Errorf("%+v", seen)
	}
	n.refuse = true
	begin := n.now
	for {
		tick, err := e.s.Wait()
		if err != nil {
			if after := n.now - begin; !errors.Is(err, audio.ErrGone) || after < 300*millisecond || after > 310*millisecond {
				t.Errorf("%v after %v", err, time.Duration(after))
			}
			return
		}
		if _, err := e.s.Write(e.block[:tick.Writable*4]); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSenderPauses: a sender that stands still for 300 ms and then sends what it owes is heard without a gap, if the latency is longer.
func TestSenderPauses(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	s.way = func(k, _ int) (int64, bool) {
		if k >= 1000 && k < 1300 {
			return int64(1300-k) * millisecond, false
		}
		return 0, false
	}
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(480, 8), n, rtp.Options{Receive: s.described(), Latency: 400 * time.Millisecond})
	e.run(4 * 48000)
	if seen := e.seen(); seen.Late+seen.Lost+seen.Concealed+seen.Restarts+e.lost > 0 {
		t.Errorf("%+v, and %d frames of the engine", seen, e.lost)
	}
	e.whole()
}

// TestWrongRate: a sender of another rate than the stream is said to have ends it with a sentence, and not in restarts for ever.
func TestWrongRate(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	s.ppm = -81250 // 44100 Hz
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(480, 8), n, rtp.Options{Receive: s.described()})
	for e.net.now < 30e9 {
		if _, err := e.s.Wait(); err != nil {
			if !errors.Is(err, audio.ErrIO) || !strings.Contains(err.Error(), "44100") {
				t.Error(err)
			}
			return
		}
	}
	t.Errorf("nothing is said in 30 s; %+v", e.seen())
}

// TestFlood: a flood of strangers is taken in parts, each no more than a cycle can bear.
func TestFlood(t *testing.T) {
	s := newSender(48000, 1, 48, audio.S16BE)
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described()})
	e.run(4800)
	for range 5000 {
		n.deliver(rtp.Datagram{Data: []byte("this is no packet of RTP"), At: n.now, From: s.from})
	}
	before, cycles := e.seen().Refused, 0
	for e.seen().Refused < before+5000 {
		was := e.seen().Refused
		e.run(uint64(4800 + 48*(cycles+1)))
		if took := e.seen().Refused - was; took > 100 {
			t.Fatalf("a cycle of 1 ms has taken %d datagrams", took)
		}
		cycles++
	}
	e.run(48000)
	e.tail(24000)
}
