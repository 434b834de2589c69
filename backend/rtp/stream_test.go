package rtp_test

import (
	"encoding/binary"
	"testing"
	"time"

	rtpheader "github.com/pion/rtp"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
)

// TestContract runs the conformance suite on a simulated network.
func TestContract(t *testing.T) {
	format := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
		s := newSender(48000, 2, 48, audio.S16BE)
		n := newNetwork(s)
		s.begin = n.now
		return rtp.Open(wish, rtp.Options{Receive: s.described(), Send: s.described(), Net: n})
	}, backend.Config{Format: format, Period: 96, Periods: 4})
}

// TestContractOfSender is the same for a stream with a clock of its own.
func TestContractOfSender(t *testing.T) {
	format := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	to := newSender(48000, 2, 48, audio.S16BE).described()
	backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
		return rtp.Open(wish, rtp.Options{Send: to, Net: newNetwork()})
	}, backend.Config{Format: format, Period: 96, Periods: 4})
}

// TestEveryFrameComes: what comes in time is recorded bit for bit, each frame once, whatever payload and packets are, over wraps of
// sequence numbers and timestamps.
func TestEveryFrameComes(t *testing.T) {
	for _, c := range []struct {
		name           string
		coded          audio.Encoding
		rate, channels int
		packet, period int
	}{
		{"L24", audio.S24BE3, 48000, 2, 48, 48},
		{"L16", audio.S16BE, 44100, 2, 44, 441},
		{"short packets", audio.S24BE3, 48000, 8, 6, 48},
		{"long packets", audio.S16BE, 48000, 1, 960, 240},
		{"odd packets", audio.S16BE, 96000, 3, 77, 96},
		{"telephone", audio.MuLaw, 8000, 1, 160, 80},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSender(c.rate, c.channels, c.packet, c.coded)
			n := newNetwork(s)
			s.begin = n.now
			e := start(t, s.recording(c.period, 4), n, rtp.Options{Receive: s.described()})
			e.run(uint64(3 * c.rate))
			same, of := e.exact()
			if missing := of - same; missing > c.rate/10 { // the beginning
				t.Errorf("%d of %d frames are not in order", missing, of)
			}
			e.tail(same - c.rate)
			seen := e.seen()
			if seen.Lost+seen.Late+seen.Concealed+seen.Duplicates+seen.Restarts+e.lost > 0 {
				t.Errorf("%+v, and %d frames of a late engine", seen, e.lost)
			}
		})
	}
}

// tail fails unless the last frames heard are in order without exception.
func (e *engine) tail(frames int) {
	e.t.Helper()
	f := e.s.Granted().Format
	part := e.heard[len(e.heard)-frames*f.FrameBytes():]
	c := backendtest.NewCounter(f)
	if bad, err := c.Check(part, c.Number(part)); bad >= 0 {
		e.t.Error(err)
	}
}

// TestWhatIsSent: packets hold the frames of each position, in order, and one receiver records what another stream has sent.
func TestWhatIsSent(t *testing.T) {
	for _, c := range []struct {
		name           string
		coded          audio.Encoding
		packet, period int
	}{{"a packet a period", audio.S24BE3, 48, 48}, {"many", audio.S16BE, 6, 240}, {"longer than a period", audio.S16BE, 320, 96}} {
		t.Run(c.name, func(t *testing.T) {
			to := newSender(48000, 2, c.packet, c.coded)
			n := newNetwork()
			n.keep = true
			wish := backend.Config{Play: true, Format: to.format, Period: c.period, Periods: 4}
			e := start(t, wish, n, rtp.Options{Send: to.described(), Seed: 7})
			e.run(48000)
			if sent := e.seen().Sent; len(n.sent[0]) != 48000/c.packet || sent != uint64(len(n.sent[0])) {
				t.Errorf("%d packets, counted as %d", len(n.sent[0]), sent)
			}
			counter := backendtest.NewCounter(to.format)
			var first, p rtpheader.Packet
			for i, sent := range n.sent[0] {
				if err := p.Unmarshal(sent.data); err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					first = p
				}
				if p.SequenceNumber != first.SequenceNumber+uint16(i) || p.Timestamp != first.Timestamp+uint32(i*c.packet) ||
					p.SSRC != first.SSRC || p.PayloadType != to.kind || p.Marker {
					t.Fatalf("packet %d: %+v after %+v", i, p.Header, first.Header)
				}
				if _, err := counter.Check(p.Payload, uint64(i*c.packet)); err != nil {
					t.Fatalf("packet %d: %v", i, err)
				}
			}
		})
	}
}

// TestStopped: what comes while a stream is stopped is of no concern to it. It starts again at once, however long that was.
func TestStopped(t *testing.T) {
	s := newSender(48000, 2, 48, audio.S24BE3)
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(48, 8), n, rtp.Options{Receive: s.described()})
	for _, pause := range []int64{1, 50, 150, 5000, 200_000} {
		e.run(48000)
		if err := e.s.Stop(); err != nil {
			t.Fatal(err)
		}
		n.now += pause * millisecond
		if pause > 10_000 { // the kernel keeps only some
			s.k = int((n.now - s.begin) / millisecond)
			n.flying, n.here = n.flying[:0], 0
		}
		if err := e.s.Start(); err != nil {
			t.Fatal(err)
		}
		e.heard = nil
		e.run(48000)
		e.whole()
		if seen := e.seen(); seen.Lost+seen.Late+seen.Concealed+seen.Restarts > 0 {
			t.Errorf("stopped for %d ms: %+v", pause, seen)
		}
	}
}

// TestMixedPackets: some programs send what they have in packets of the longest possible length, and a rest (FFmpeg).
func TestMixedPackets(t *testing.T) {
	s := newSender(48000, 2, 1, audio.S16BE)
	s.until = 1 // what follows is sent by hand
	n := newNetwork()
	lengths, block := []int{365, 294, 365}, 1024
	seq, first := uint16(7), 0
	for k := range 200 {
		for _, frames := range lengths {
			s.packet = frames
			p := make([]byte, 12+4*frames)
			p[0], p[1], p[11] = 0x80, s.kind, 5
			binary.BigEndian.PutUint16(p[2:], seq)
			binary.BigEndian.PutUint32(p[4:], uint32(first))
			backendtest.NewCounter(s.format).Fill(p[12:], uint64(first))
			n.deliver(rtp.Datagram{Data: p, At: n.now + int64((k+1)*block)*1e9/48000, From: s.from})
			seq++
			first += frames
		}
	}
	e := start(t, s.recording(480, 8), n, rtp.Options{Receive: s.described(), Latency: 14500 * time.Microsecond})
	e.run(180 * 1024)
	if seen := e.seen(); seen.Late+seen.Lost+seen.Concealed+seen.Restarts > 0 {
		t.Errorf("%+v", seen)
	}
	e.whole()
}

// TestOwnPackets: a stream that sends to the group that it hears does not take itself for its sender, not even when that is silent.
func TestOwnPackets(t *testing.T) {
	s := newSender(48000, 2, 48, audio.S24BE3)
	s.way = func(k, _ int) (int64, bool) { return 0, k > 1000 && k < 1100 }
	n := newNetwork(s)
	n.back = true
	s.begin = n.now
	wish := s.recording(48, 8)
	wish.Play = true
	e := start(t, wish, n, rtp.Options{Receive: s.described(), Send: s.described(), Seed: 1})
	e.run(3 * 48000)
	if seen := e.seen(); seen.Restarts != 0 || seen.SSRC != s.ssrc || seen.Refused < 2900 || seen.Lost != 99 {
		t.Errorf("%+v", seen)
	}
	e.tail(48000)
}

// TestRoundedTimestamps: timestamps that are off by a frame or two make no gap between packets that follow each other, and frames stay
// in their places.
func TestRoundedTimestamps(t *testing.T) {
	s := newSender(44100, 2, 360, audio.S16BE)
	s.round = func(k int) int { return []int{0, 1, -1, 0, 0, 1, 1}[k%7] }
	n := newNetwork(s)
	s.begin = n.now
	e := start(t, s.recording(441, 8), n, rtp.Options{Receive: s.described()})
	e.run(3 * 44100)
	if seen := e.seen(); seen.Late+seen.Lost+seen.Concealed+seen.Restarts > 0 {
		t.Errorf("%+v", seen)
	}
	e.whole()
}
