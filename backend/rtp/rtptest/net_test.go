package rtptest_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/rtptest"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/servo"
)

// l24 is what is in the packets and in the blocks.
var l24 = audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}

// stream is a stream on a network of a test, and what it has recorded.
type stream struct {
	backend.Stream
	net    *rtptest.Net
	heard  uint64 // frames
	breaks int    // places where a frame does not follow the one before
	next   uint64
	lost   uint64
	block  []byte
	clock  *servo.Clock // that of an engine
}

// counting is a sender of frames that hold their numbers.
func counting(ppm float64) *rtptest.Sender {
	c := backendtest.NewCounter(l24)
	return &rtptest.Sender{Type: 98, SSRC: 1, Sequence: 65000, Time: 1<<32 - 1000, Rate: l24.Rate, PPM: ppm, Packet: 48,
		Fill: func(p []byte, frame uint64, frames int) []byte {
			at := len(p)
			p = append(p, make([]byte, frames*l24.FrameBytes())...)
			c.Fill(p[at:], frame)
			return p
		}}
}

// open opens a stream that records from a sender, over a path for each fault.
func open(t *testing.T, s *rtptest.Sender, latency time.Duration, faults ...rtptest.Fault) *stream {
	t.Helper()
	var links []*rtptest.Link
	d := &session.Stream{Payload: session.L24, Type: 98, Rate: l24.Rate, Channels: l24.Channels, Packet: 48}
	for i, f := range faults {
		links = append(links, rtptest.NewLink(f, uint64(i)))
		d.Paths = append(d.Paths, session.Path{To: netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 69, byte(i), 1}), 5004)})
	}
	n := rtptest.NewNet(time.Hour, links...)
	n.Add(s, links...)
	wish := backend.Config{Record: true, Format: l24, Period: 48, Periods: 8}
	o, err := rtp.Open(wish, rtp.Options{Receive: d, Latency: latency, Net: n})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	return &stream{Stream: o, net: n, clock: servo.NewClock(float64(l24.Rate)), block: make([]byte, wish.Period*wish.Periods*l24.FrameBytes())}
}

// run reads until a time has passed.
func (s *stream) run(t *testing.T, d time.Duration) {
	t.Helper()
	c := backendtest.NewCounter(l24)
	for until := s.net.Now() + int64(d); s.net.Now() < until; {
		tick, err := s.Wait()
		if err != nil {
			t.Fatal(err)
		}
		s.lost += tick.Lost
		s.clock.Observe(int64(tick.Position), tick.Time)
		block := s.block[:tick.Readable*l24.FrameBytes()]
		if _, err := s.Read(block); err != nil {
			t.Fatal(err)
		}
		for len(block) > 0 {
			bad, _ := c.Check(block, s.next)
			if bad < 0 {
				s.next += uint64(len(block) / l24.FrameBytes())
				break
			}
			s.breaks++
			block = block[bad*l24.FrameBytes():]
			s.next = c.Number(block) + 1
			block = block[l24.FrameBytes():]
		}
		s.heard += uint64(tick.Readable)
	}
}

// seen returns what the stream counts.
func (s *stream) seen(t *testing.T) backend.Network {
	t.Helper()
	n, ok := backend.As[backend.Networked](s.Stream)
	if !ok {
		t.Fatal("the stream is not Networked")
	}
	return n.Network()
}

// settle lets the stream begin, whose first frames fade in.
func (s *stream) settle(t *testing.T) {
	t.Helper()
	s.run(t, time.Second)
	s.heard, s.breaks = 0, 0
}

// jittery is the network of the tests below: 1 % loss, 2 ms of jitter, and packets that overtake each other.
var jittery = rtptest.Fault{Loss: 0.01, Jitter: 2 * time.Millisecond, Swap: 0.01, Behind: 2 * time.Millisecond, Duplicate: 0.005}

// lossesOf says which of the first packets of a link are lost, by what its seed decides.
func lossesOf(f rtptest.Fault, seed uint64, packets int) []bool {
	l := rtptest.NewLink(f, seed)
	lost := make([]bool, packets)
	for i := range lost {
		before := l.Counts().Lost
		l.Send(0, nil)
		lost[i] = l.Counts().Lost != before
	}
	return lost
}

func TestPerfectNetwork(t *testing.T) {
	s := open(t, counting(0), 4*time.Millisecond, rtptest.Fault{})
	s.settle(t)
	s.run(t, 20*time.Second)
	n := s.seen(t)
	if s.heard < 19*48000 || s.breaks != 0 || s.lost != 0 || n.Lost+n.Late+n.Reordered+n.Duplicates+n.Restarts != 0 {
		t.Errorf("of %d frames %d do not follow; %d lost; %+v", s.heard, s.breaks, s.lost, n)
	}
}

// Every loss is counted, and nothing else is one.
func TestLossesAreCounted(t *testing.T) {
	s := open(t, counting(0), 5*time.Millisecond, jittery)
	s.run(t, 20*time.Second)
	const waited = 300 // packets that may be waited for before they count as lost
	least, most := uint64(0), uint64(0)
	for i, lost := range lossesOf(jittery, 0, 20_000) {
		if lost {
			most++
		}
		if lost && i < 20_000-waited {
			least++
		}
	}
	n := s.seen(t)
	if s.lost != 0 || n.Late != 0 || n.Restarts != 0 || n.Lost < least || n.Lost > most {
		t.Errorf("%d to %d packets were lost; the stream lost %d frames, and counts %+v", least, most, s.lost, n)
	}
	if n.Reordered < 1000 || n.Duplicates < 50 || n.Duplicates > 150 {
		t.Errorf("%+v", n)
	}
}

// What one path loses the other brings: no frame is missing, as long as both never lose the same packet.
func TestTwoPaths(t *testing.T) {
	second := jittery
	second.Delay, second.Loss = time.Millisecond, 0
	for i, lost := range lossesOf(jittery, 0, 20_000) {
		if at := time.Hour + time.Duration(i+1)*time.Millisecond; !lost && i%97 == 0 {
			second.Outages = append(second.Outages, rtptest.Span{From: at - time.Microsecond, Until: at + time.Microsecond})
		}
	}
	s := open(t, counting(0), 6*time.Millisecond, jittery, second)
	s.settle(t)
	s.run(t, 18*time.Second)
	n := s.seen(t)
	if s.breaks != 0 || s.lost != 0 || n.Lost+n.Late+n.Restarts != 0 || n.Recovered < 100 {
		t.Errorf("of %d frames %d do not follow; %d lost; %+v", s.heard, s.breaks, s.lost, n)
	}
	for i, p := range n.Paths {
		if p.Lost < 100 {
			t.Errorf("path %d has lost %d", i, p.Lost)
		}
	}
}

// The stream follows the clock of its sender: an engine finds the sender's rate in its ticks.
func TestDrift(t *testing.T) {
	for _, ppm := range []float64{-100, 100} {
		f := jittery
		f.Loss = 0
		s := open(t, counting(ppm), 5*time.Millisecond, f)
		s.settle(t)
		s.run(t, time.Minute)
		e := s.clock.Estimate()
		if n := s.seen(t); s.breaks > 2 || n.Lost+n.Late+n.Restarts != 0 || !e.Locked || e.PPM() < ppm-0.5 || e.PPM() > ppm+0.5 {
			t.Errorf("a sender at %+g ppm is followed at %+.3f, locked: %v; %d breaks, %+v", ppm, e.PPM(), e.Locked, s.breaks, n)
		}
	}
}

// VLC begins with what it has read ahead, all at once, and then sends a few packets at a time.
func TestSenderThatBeginsWithABurst(t *testing.T) {
	vlc := counting(0)
	vlc.Ahead, vlc.Bunch = 1150*time.Millisecond, 50
	s := open(t, vlc, 100*time.Millisecond, rtptest.Fault{})
	s.run(t, 3*time.Second)
	s.heard, s.breaks, s.lost = 0, 0, 0
	before := s.seen(t)
	s.run(t, 10*time.Second)
	after := s.seen(t)
	if s.breaks != 0 || s.lost != 0 || after.Late != before.Late || after.Concealed != before.Concealed {
		t.Errorf("of %d frames %d do not follow, 3 s after the beginning; %d lost; %+v, then %+v", s.heard, s.breaks, s.lost, before, after)
	}
}
