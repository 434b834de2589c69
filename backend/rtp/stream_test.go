package rtp_test

import (
	"testing"

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
