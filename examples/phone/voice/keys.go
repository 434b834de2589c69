package voice

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// keys are the telephone events of RFC 4733 that a telephone has keys for, by their numbers.
const keys = "0123456789*#ABCD"

// How long a key is pressed, and how long none is before the next.
const (
	pressed  = 8 * Packet // 160 ms
	released = 4 * Packet
)

const volume = 10 // of events that we send: dBm0, without the sign

// heardKey follows the events of the other side, of which each comes in many packets.
type heardKey struct {
	begun bool
	stamp uint32 // of the event, or of its last part
	most  uint16 // the longest duration seen of that
}

// take reads the payload of an event packet, and returns a key at the first packet of an event. Long events come in parts
// (RFC 4733 2.5.1.3), which are one event.
func (h *heardKey) take(stamp uint32, payload []byte) (key rune, fresh bool) {
	if len(payload) < 4 || int(payload[0]) >= len(keys) {
		return 0, false
	}
	duration := binary.BigEndian.Uint16(payload[2:])
	ahead := int32(stamp - h.stamp)
	switch {
	case h.begun && ahead == 0:
		h.most = max(h.most, duration)
		return 0, false
	case h.begun && ahead < 0:
		return 0, false
	}
	goesOn := h.begun && h.most == 0xffff && ahead == 0xffff
	*h = heardKey{begun: true, stamp: stamp, most: duration}
	return rune(keys[payload[0]]), !goesOn
}

// Dial sends keys as telephone events, one after the other, and no sound meanwhile. It blocks as long as that takes, or
// until ctx ends. An error says that a key is none of 0 to 9, *, #, A to D, or that the other side takes no events. One
// goroutine at a time may call it.
func (s *Session) Dial(ctx context.Context, digits string) error {
	digits = strings.ToUpper(digits)
	for _, key := range digits {
		if !strings.ContainsRune(keys, key) {
			return fmt.Errorf("%q is no key of a telephone; they are %s", key, keys)
		}
	}
	tick := time.NewTicker(Packet)
	defer tick.Stop()
	for _, key := range digits {
		if err := s.press(ctx, tick.C, byte(strings.IndexRune(keys, key))); err != nil {
			return err
		}
	}
	return nil
}

// press sends one event: packets with a growing duration, the last of them three times.
func (s *Session) press(ctx context.Context, tick <-chan time.Time, event byte) error {
	stamp, err := s.beginEvent()
	if err != nil {
		return err
	}
	defer s.endEvent()
	const packets = int(pressed / Packet)
	for n := 1; n <= packets+2; n++ {
		payload := [4]byte{event, volume}
		if n >= packets {
			payload[1] |= 0x80 // the end
		}
		binary.BigEndian.PutUint16(payload[2:], uint16(min(n, packets)*Block))
		s.sendEvent(stamp, n == 1, payload[:])
		if n > packets {
			continue // repetitions need no time
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.endEvent()
	for range released / Packet {
		select {
		case <-tick:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
