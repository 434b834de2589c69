package voice

import (
	"errors"
	"time"

	"github.com/pion/rtp"
)

// sender is the header of the packets that a session sends.
type sender struct {
	began    time.Time // of base
	base     uint32
	source   uint32 // SSRC
	sequence uint16
	stamp    uint32 // of the next block
	begun    bool
	paused   bool   // the next block follows silence
	event    bool   // an event is sent in place of sound
	free     uint32 // after the last event
}

// now is the timestamp of this moment.
func (h *sender) now() uint32 {
	return h.base + uint32(time.Since(h.began)/(time.Second/Rate))
}

// resume brings the timestamp of the next block to this moment, unless it is there: nothing was sent for a while. RFC 3551
// 4.1 wants a marker on the first packet after it.
func (h *sender) resume() {
	if now := h.now(); !h.begun || int32(now-h.stamp) > 0 {
		h.stamp = now
	}
	h.begun, h.paused = true, true
}

// Send sends a block of Block frames. Fresh says that it does not follow the one before without a gap. Packets keep the
// pace of the caller, and their timestamps count the frames.
func (s *Session) Send(block []byte, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := &s.sender
	if fresh || !h.begun {
		h.resume()
	}
	stamp := h.stamp
	h.stamp += Block
	if !s.agreed.Send || h.event {
		h.paused = true
		return
	}
	var payload [Block]byte
	s.agreed.Law.encode(payload[:], block)
	s.sendLocked(uint8(s.agreed.Law), stamp, h.paused, payload[:])
	h.paused = false
}

// sendLocked sends a packet, if it is known where to. A packet that the system does not take is a lost packet.
func (s *Session) sendLocked(kind uint8, stamp uint32, marker bool, payload []byte) {
	if !s.peer.IsValid() {
		return
	}
	var packet [12 + Block]byte
	p := rtp.Packet{Payload: payload, Header: rtp.Header{
		Version: 2, Marker: marker, PayloadType: kind, SequenceNumber: s.sender.sequence, Timestamp: stamp, SSRC: s.sender.source,
	}}
	n, err := p.MarshalTo(packet[:])
	if err != nil {
		return // it fits
	}
	s.sender.sequence++
	if _, err := s.socket.WriteToUDPAddrPort(packet[:n], s.peer); err == nil {
		s.counts.Sent++
	}
}

var errNoEvents = errors.New("the other side takes no telephone events now")

// beginEvent stops the sound for an event, and returns the event's timestamp.
func (s *Session) beginEvent() (stamp uint32, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.agreed.Events == 0 || !s.agreed.Send {
		return 0, errNoEvents
	}
	h := &s.sender
	if !h.begun {
		h.resume()
		h.free = h.stamp
	}
	if nobodyPlays := int32(h.now()-h.stamp) > 10*Block; nobodyPlays {
		h.resume()
	}
	if int32(h.free-h.stamp) > 0 {
		h.stamp = h.free
	}
	h.event, h.free = true, h.stamp+uint32((pressed+released)*Rate/time.Second)
	return h.stamp, nil
}

func (s *Session) sendEvent(stamp uint32, first bool, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sendLocked(s.agreed.Events, stamp, first, payload)
}

// endEvent lets the sound go on.
func (s *Session) endEvent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sender.event = false
}
