package voice

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Agreement is what offer and answer have settled on.
type Agreement struct {
	Peer   netip.AddrPort // where the other side wants its packets
	Law    Law            // of the packets that we send; we understand both
	Events uint8          // payload type of telephone events; 0: the other side takes none
	// Send and Receive say in which directions sound goes: one of them is false while a side is on hold.
	Send, Receive bool
}

// Counts say what became of the packets of a session.
type Counts struct {
	Sent     uint64 // packets
	Received uint64 // packets of sound and events from the other side
	Lost     int64  // packets that never came (RFC 3550 A.3)
	Refused  uint64 // packets of strangers, of unknown types, or no RTP at all
	JitterCounts
}

// Session is the sound of one call, on a socket of its own: RTP is symmetric (RFC 4961), sent from where it is received.
//
//	method                                      caller           blocks             allocates
//	Run                                         a goroutine      until Close        yes
//	Dial                                        a goroutine      for the keys       yes
//	Send, Receive, Agree, Port, Counts, Close   any              no                 no
type Session struct {
	socket *net.UDPConn
	heard  func(key rune)

	mu        sync.Mutex
	agreed    Agreement
	settled   bool           // Agree was called
	peer      netip.AddrPort // where packets go: where they come from, once they do
	latched   bool           // a packet has come from peer
	sender    sender
	reception reception
	key       heardKey
	jitter    *Jitter
	counts    Counts
}

// Listen opens a session on a free port of an address, even if there is one (RFC 3550 part 11). Delay is that of the
// jitter buffer. Each key of the other side is told to heard, on the goroutine of Run. Close the session.
func Listen(address netip.Addr, delay time.Duration, heard func(key rune)) (*Session, error) {
	var socket *net.UDPConn
	for range 16 {
		if socket != nil {
			socket.Close()
		}
		var err error
		if socket, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 0))); err != nil {
			return nil, err
		}
		if socket.LocalAddr().(*net.UDPAddr).Port%2 == 0 {
			break
		}
	}
	return &Session{
		socket: socket, heard: heard, jitter: NewJitter(int(delay * Rate / time.Second)),
		sender: sender{began: time.Now(), source: rand.Uint32(), sequence: uint16(rand.Uint32()), base: rand.Uint32()},
	}, nil
}

// Port is where the session receives.
func (s *Session) Port() int { return s.socket.LocalAddr().(*net.UDPAddr).Port }

// Agree begins to receive and send, or changes how that is done from the next packet on.
func (s *Session) Agree(a Agreement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.settled || a.Peer != s.agreed.Peer {
		s.peer, s.latched = a.Peer, false
	}
	if !a.Receive {
		s.jitter.Restart() // what does not come is not missing
	}
	s.agreed, s.settled = a, true
}

// Counts returns what was counted so far.
func (s *Session) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.Lost, c.JitterCounts = s.reception.lost(), s.jitter.Counts()
	return c
}

// Receive fills a block with what is to be heard now.
func (s *Session) Receive(block []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jitter.Take(block)
}

// Close ends Run. What was counted stays.
func (s *Session) Close() { s.socket.Close() }

// Run takes packets until Close.
func (s *Session) Run() {
	buffer := make([]byte, 1<<11) // longer packets are cut, and no RTP that we asked for
	for {
		n, from, err := s.socket.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // of a packet that could not be delivered
		}
		if key, pressed := s.take(buffer[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port())); pressed {
			s.heard(key)
		}
	}
}

// take sorts a packet, and returns a key that the other side has just pressed.
func (s *Session) take(data []byte, from netip.AddrPort) (key rune, pressed bool) {
	var p rtp.Packet
	broken := p.Unmarshal(data) != nil || p.Version != 2
	s.mu.Lock()
	defer s.mu.Unlock()
	sound := p.PayloadType == uint8(MuLaw) || p.PayloadType == uint8(ALaw)
	event := p.PayloadType == s.agreed.Events && s.agreed.Events != 0
	if broken || !s.settled || !sound && !event || s.latched && from != s.peer {
		s.counts.Refused++
		return 0, false
	}
	s.peer, s.latched = from, true
	s.counts.Received++
	if s.reception.take(p.SSRC, p.SequenceNumber) {
		s.jitter.Restart()
		s.key = heardKey{}
	}
	if event {
		return s.key.take(p.Timestamp, p.Payload)
	}
	if s.agreed.Receive {
		s.jitter.Put(p.Timestamp, Law(p.PayloadType).decode(p.Payload))
	}
	return 0, false
}
