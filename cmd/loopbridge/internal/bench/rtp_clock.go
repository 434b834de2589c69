package bench

import (
	"fmt"
	"math"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/rtptest"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/chart"
	"github.com/loopbridge/loopbridge/servo"
)

// RTPClock is how the engine of a stream follows a sender whose clock is off, over the network that was chosen, in a simulation.
type RTPClock struct {
	Offset   float64 `json:"offset_ppm"`
	Duration float64 `json:"duration_s"`
	Within   float64 `json:"within_1_ppm_after_s"` // from then on for good; -1: never
	PPM      float64 `json:"error_ppm_rms"`        // in the second half
	Streamed         // of the whole run
}

// clockTime is how long a sender is followed, in simulated time, but for no more than clockPackets.
const (
	clockTime    = 5 * time.Minute
	clockPackets = 300_000
)

// simulates returns for how long a sender is followed.
func (b *RTP) simulates() time.Duration { return min(clockTime, clockPackets*b.Packet) }

// look is how often the rate is looked at.
const look = 50 * time.Millisecond

// clockOffsets are by how many ppm senders are faster.
func clockOffsets() []float64 { return []float64{0, 100, -100} }

// follows simulates how senders are followed, with the network of b.
func (b *RTP) follows(r *RTPReport) error {
	for _, offset := range clockOffsets() {
		b.Progress("simulating a sender at %+g ppm", offset)
		var line thinned
		c, err := b.follow(offset, line.add)
		if err != nil {
			return err
		}
		r.Clocks = append(r.Clocks, c)
		r.lines = append(r.lines, chart.Line{Name: fmt.Sprintf("%+g ppm", offset), Points: line.done()})
	}
	return nil
}

// Plot draws how the senders of the simulation were followed: the error of the rate over time.
func (r *RTPReport) Plot(file string) error {
	c := chart.Chart{
		Title: fmt.Sprintf("senders that are off, packets of %.4g ms, jitter up to %.4g ms, %.4g %% loss", r.Packet, r.harm.Jitter.Seconds()*1e3,
			r.harm.Loss),
		X:     chart.Axis{Label: "s since the first packet", Min: 0.1, Max: r.Clocks[0].Duration, Linear: 0.1},
		Y:     chart.Axis{Label: "error of the rate, ppm", Min: -1000, Max: 1000, Linear: 0.1},
		Lines: r.lines,
	}
	return c.Save(file)
}

// simulated returns the stream of a sender at an offset, and its network.
func (b *RTP) simulated(offset float64) (backend.Stream, *rtptest.Net, error) {
	const kind = 98
	payload := session.L24
	if b.Payload == "L16" {
		payload = session.L16
	}
	described := &session.Stream{Payload: payload, Type: kind, Rate: b.Format.Rate, Channels: b.Format.Channels, Packet: b.frames(b.Packet)}
	var links []*rtptest.Link
	for i := range b.Paths {
		links = append(links, rtptest.NewLink(b.fault(), b.Harm.Seed+uint64(i)+uint64(int64(offset))))
		described.Paths = append(described.Paths, session.Path{To: loopbackPort(uint16(5004 + 2*i))})
	}
	silence := make([]byte, described.Packet*b.Format.Channels*payload.Encoding().Bytes())
	n := rtptest.NewNet(time.Hour, links...)
	n.Add(&rtptest.Sender{Type: kind, SSRC: 1, Rate: b.Format.Rate, PPM: offset, Packet: described.Packet,
		Fill: func(p []byte, _ uint64, _ int) []byte { return append(p, silence...) }}, links...)
	wish := backend.Config{Record: true, Format: b.Format, Period: b.frames(b.Period), Periods: 8}
	s, err := rtp.Open(wish, rtp.Options{Receive: described, Latency: b.Latency, Net: n})
	return s, n, err
}

func (b *RTP) follow(offset float64, show func(t, ppm float64)) (c RTPClock, err error) {
	s, n, err := b.simulated(offset)
	if err != nil {
		return c, err
	}
	defer s.Close()
	if err := s.Start(); err != nil {
		return c, err
	}
	begin := n.Now()
	block := make([]byte, 8*s.Granted().Period*b.Format.FrameBytes())
	c = RTPClock{Offset: offset, Duration: b.simulates().Seconds()}
	clock := servo.NewClock(float64(b.Format.Rate)) // that of an engine
	sum, count, next := 0.0, 0, begin+int64(look)
	for n.Now()-begin < int64(b.simulates()) {
		tick, err := s.Wait()
		if err != nil {
			return c, err
		}
		if _, err := s.Read(block[:tick.Readable*b.Format.FrameBytes()]); err != nil {
			return c, err
		}
		clock.Observe(int64(tick.Position), tick.Time)
		if n.Now() < next {
			continue
		}
		next += int64(look)
		e := clock.Estimate()
		off, at := e.PPM()-offset, float64(n.Now()-begin)/1e9
		show(at, off)
		switch {
		case math.Abs(off) > 1:
			c.Within = -1
		case c.Within <= 0:
			c.Within = at
		}
		if at > c.Duration/2 {
			sum += off * off
			count++
		}
	}
	c.PPM = math.Sqrt(sum / float64(count))
	if seen, ok := backend.As[backend.Networked](s); ok {
		c.Streamed = newStreamed(seen.Network())
	}
	return c, nil
}

func newStreamed(n backend.Network) Streamed {
	return Streamed{n.Packets, n.Lost, n.Late, n.Reordered, n.Duplicates, n.Recovered, n.Refused, n.Concealed, n.Restarts}
}
