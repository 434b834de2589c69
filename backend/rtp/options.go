package rtp

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// What Options have if nothing else is said.
const (
	DefaultLatency = 4 * time.Millisecond
	DefaultTimeout = time.Second
)

// MaxPeriods is the most that a stream can have.
const MaxPeriods = 1024

// Options are what a stream has beyond backend.Config.
type Options struct {
	// Receive is what is recorded, and the clock; nil: nothing, and the clock is that of the machine.
	Receive *session.Stream
	// Send is what is played; nil: nothing.
	Send *session.Stream
	// Latency is how long after its arrival the first frame of a packet is recorded, or more exactly: by how much packets may be
	// later than the earliest ones. 0: DefaultLatency.
	Latency time.Duration
	// Adaptive makes Latency the least one: what comes later makes it longer, up to session.MaxLatency, and after a while without that it
	// becomes shorter again.
	Adaptive bool
	// Timeout is how long nothing may come until the stream fails with audio.ErrGone, and how long Open waits for the first
	// packets. 0: DefaultTimeout.
	Timeout time.Duration
	// PTP makes a stream follow the clock of PTP, and Net has to be Atomic. What it sends has timestamps of RFC 7273,
	// mediaclk:direct=Send.Offset. What it receives has those of Receive.Offset, and is recorded Latency, a packet and a period after it
	// was sampled, however long it was on its way: all receivers with the same numbers play the same sample at the same time. Not with
	// Adaptive.
	PTP bool
	// Thread: the engine has a thread to itself whatever the stream says, as one behind backend/standby has. Wait then blocks that
	// thread, with its priority, instead of parking: that would wake up another thread first, each time.
	Thread bool
	// Seed makes SSRC, first sequence number and first timestamp of what is sent; 0: they are random, as RFC 3550 wants it.
	Seed uint64
	// Net is the network and the time of the stream, which closes it; nil: that of the machine.
	Net Net
}

// withDefaults returns o with its unset values.
func (o Options) withDefaults() Options {
	if o.Latency == 0 {
		o.Latency = DefaultLatency
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Send != nil && o.Send.Packet == 0 {
		send := *o.Send
		send.Packet = max(1, send.Rate/1000) // 1 ms, which any device of AES67 takes
		o.Send = &send
	}
	return o
}

// validate checks a wish and options. ErrUnsupported: the options lack a direction of the wish.
func validate(c backend.Config, o Options) error {
	if err := c.Format.Validate(); err != nil {
		return err
	}
	switch rate := c.Format.Rate; {
	case rate < session.MinRate || rate > session.MaxRate:
		return audio.ErrInvalid.With("a rate of %d Hz is out of range; use %d..%d", rate, session.MinRate, session.MaxRate)
	case c.Period < 1 || c.Period > rate:
		return audio.ErrInvalid.With("period %d frames is out of range; at %d Hz use 1..%d", c.Period, rate, rate)
	case c.Periods < 2 || c.Periods > MaxPeriods:
		return audio.ErrInvalid.With("periods %d is out of range; use 2..%d", c.Periods, MaxPeriods)
	case c.Play && o.Send == nil:
		return audio.ErrUnsupported.With("play: the stream has nowhere to send to")
	case c.Record && o.Receive == nil:
		return audio.ErrUnsupported.With("record: the stream receives nothing")
	case o.PTP && o.Receive != nil && !o.Receive.Direct:
		return audio.ErrInvalid.With("timestamps of the sender are no time of PTP: its description lacks mediaclk:direct")
	case o.PTP && o.Receive != nil && o.Adaptive:
		return audio.ErrInvalid.With("a latency that adapts itself is not the same for all receivers; leave out either that or PTP")
	case o.Latency < 0 || o.Latency > session.MaxLatency:
		return audio.ErrInvalid.With("a latency of %v is out of range; use up to %v", o.Latency, session.MaxLatency)
	case o.Timeout < time.Millisecond:
		return audio.ErrInvalid.With("a timeout of %v is too short; use 1ms or more", o.Timeout)
	}
	for _, s := range []*session.Stream{o.Receive, o.Send} {
		if s != nil {
			if err := fits(s, c.Format); err != nil {
				return err
			}
		}
	}
	if o.Send != nil {
		return sendable(o.Send)
	}
	return nil
}

// fits checks one direction against the format of the blocks.
func fits(s *session.Stream, f audio.Format) error {
	switch {
	case s.Payload.Encoding() == 0:
		return audio.ErrInvalid.With("a stream has the payload L16, L24, PCMU or PCMA")
	case s.Rate != f.Rate || s.Channels != f.Channels:
		return audio.ErrInvalid.With("the stream on the network has %d Hz and %d channels, and the device %d and %d; "+
			"set rate and channels of the device to those of the stream", s.Rate, s.Channels, f.Rate, f.Channels)
	case s.Type > 127:
		return audio.ErrInvalid.With("payload type %d is out of range; use 96..127, or a number of RFC 3551", s.Type)
	case len(s.Paths) < 1 || len(s.Paths) > 2:
		return audio.ErrInvalid.With("a stream has one path, or two that carry the same; this one has %d", len(s.Paths))
	case s.Packet < 0 || s.Packet > session.LongestPacket(s.Rate):
		return audio.ErrInvalid.With("a packet of %d frames is out of range; at %d Hz use up to %d", s.Packet, s.Rate, session.LongestPacket(s.Rate))
	}
	for _, p := range s.Paths {
		if !p.To.IsValid() {
			return audio.ErrInvalid.With("a path of the stream has no address")
		}
	}
	return nil
}

// sendable checks that packets fit into datagrams.
func sendable(s *session.Stream) error {
	frame := s.Channels * s.Payload.Encoding().Bytes()
	if s.Packet*frame <= session.MaxPayload {
		return nil
	}
	most := session.MaxPayload / frame
	return audio.ErrInvalid.With("packets of %d frames, each of %d bytes, are longer than %d bytes; make them %v or less",
		s.Packet, frame, session.MaxPayload, time.Duration(most)*time.Second/time.Duration(s.Rate))
}
