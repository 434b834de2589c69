package rtp_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// network is one whose time passes only in Sleep, and at once: up to until, and then as much as late says.
type network struct {
	now     int64
	late    func() int64
	wake    chan struct{}
	senders []*sender
	flying  []rtp.Datagram // ordered by arrival
	here    int            // how many of them have been taken
	sent    [2][]packet
	refuse  bool // takes nothing
	keep    bool // what is sent
	back    bool // what is sent comes back
	closed  bool
}

// packet is one that a stream has sent.
type packet struct {
	data []byte
	at   int64
}

func newNetwork(senders ...*sender) *network {
	return &network{now: 123_456_789, wake: make(chan struct{}, 1), senders: senders}
}

func (n *network) Now() int64 { return n.now }

func (n *network) Sleep(until int64) (bool, error) {
	if until == rtp.Never {
		<-n.wake
		return true, nil
	}
	select {
	case <-n.wake:
		return true, nil
	default:
	}
	if n.late != nil {
		until += n.late()
	}
	n.now = max(n.now, until)
	return false, nil
}

func (n *network) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (n *network) Receive(into []rtp.Datagram) (int, error) {
	for _, s := range n.senders {
		s.send(n)
	}
	flying, count := n.flying[n.here:], 0
	for count < len(into) && count < len(flying) && flying[count].At <= n.now {
		into[count] = flying[count]
		count++
	}
	if n.here += count; n.here == len(n.flying) {
		n.flying, n.here = n.flying[:0], 0
	}
	return count, nil
}

// deliver lets a datagram come.
func (n *network) deliver(d rtp.Datagram) {
	i, _ := slices.BinarySearchFunc(n.flying[n.here:], d.At, func(d rtp.Datagram, at int64) int {
		if d.At <= at {
			return -1
		}
		return 1
	})
	n.flying = slices.Insert(n.flying, n.here+i, d)
}

func (n *network) Send(path int, datagrams [][]byte) int {
	if n.refuse {
		return 0
	}
	for _, d := range datagrams {
		if n.back {
			n.deliver(rtp.Datagram{Data: slices.Clone(d), At: n.now, From: netip.MustParseAddrPort("192.0.2.99:5004")})
		}
		if !n.keep {
			break
		}
		n.sent[path] = append(n.sent[path], packet{slices.Clone(d), n.now})
	}
	return len(datagrams)
}

func (n *network) Close() error { n.closed = true; return nil }

// sender sends frames that hold their numbers (backendtest.Counter), in time.
type sender struct {
	format audio.Format // of what is in the packets
	kind   uint8
	packet int // frames
	ssrc   uint32
	seq    uint16
	stamp  uint32 // of frame 0
	begin  int64  // when frame 0 is recorded
	ppm    float64
	from   netip.AddrPort
	// way says, for each packet and path, how many ns after its end it comes, and whether it does. nil: at once.
	way   func(k, path int) (delay int64, lost bool)
	paths int
	until int                  // packets; 0: for ever
	fill  func(payload []byte) // nil: numbers
	round func(k int) int      // by how much the timestamp of a packet is off; nil: not at all

	k    int      // the next packet
	free [][]byte // room for packets
}

// newSender returns a sender of packets of a format.
func newSender(rate, channels, packet int, coded audio.Encoding) *sender {
	return &sender{
		format: audio.Format{Rate: rate, Channels: channels, Encoding: coded}, kind: 98, packet: packet,
		ssrc: 0xabcd, seq: 65500, stamp: 1<<32 - 100, paths: 1, from: netip.MustParseAddrPort("192.0.2.7:5004"),
	}
}

// due returns when a packet is complete.
func (s *sender) due(k int) int64 {
	return s.begin + int64(float64(k+1)*float64(s.packet)*1e9/float64(s.format.Rate)/(1+s.ppm*1e-6))
}

func (s *sender) send(n *network) {
	for ; (s.until == 0 || s.k < s.until) && s.due(s.k) <= n.now; s.k++ {
		for path := range s.paths {
			delay, lost := int64(0), false
			if s.way != nil {
				delay, lost = s.way(s.k, path)
			}
			if !lost {
				n.deliver(rtp.Datagram{Data: s.make(s.k), At: s.due(s.k) + delay, From: s.from, Path: path})
			}
		}
	}
}

// make returns packet k.
func (s *sender) make(k int) []byte {
	p := s.bare(k)
	if s.fill != nil {
		s.fill(p[12:])
		return p
	}
	backendtest.NewCounter(s.format).Fill(p[12:], uint64(k*s.packet))
	return p
}

// bare returns packet k with any sound.
func (s *sender) bare(k int) []byte {
	if len(s.free) == 0 { // a ring of memory: a test of allocations must not see this
		for range 4096 {
			s.free = append(s.free, make([]byte, 12+s.packet*s.format.FrameBytes()))
		}
	}
	p := s.free[k%len(s.free)]
	p[0], p[1] = 0x80, s.kind
	binary.BigEndian.PutUint16(p[2:], s.seq+uint16(k))
	off := 0
	if s.round != nil {
		off = s.round(k)
	}
	binary.BigEndian.PutUint32(p[4:], s.stamp+uint32(k*s.packet)+uint32(off))
	binary.BigEndian.PutUint32(p[8:], s.ssrc)
	return p
}

// described returns what a receiver has to know of s.
func (s *sender) described() *session.Stream {
	payloads := map[audio.Encoding]session.Payload{
		audio.S16BE: session.L16, audio.S24BE3: session.L24, audio.MuLaw: session.PCMU, audio.ALaw: session.PCMA,
	}
	d := &session.Stream{
		Payload: payloads[s.format.Encoding], Type: s.kind, Rate: s.format.Rate, Channels: s.format.Channels, Packet: s.packet,
	}
	for i := range s.paths {
		d.Paths = append(d.Paths, session.Path{To: netip.AddrPortFrom(netip.AddrFrom4([4]byte{239, 69, byte(i), 1}), 5004)})
	}
	return d
}

// recording is the wish of a stream that records, in the encoding of the packets.
func (s *sender) recording(period, periods int) backend.Config {
	return backend.Config{Record: true, Format: s.format, Period: period, Periods: periods}
}

// engine is an engine of tests: it does what is due, and keeps what it has read.
type engine struct {
	t     testing.TB
	s     backend.Stream
	net   *network
	block []byte
	heard []byte
	lost  uint64
	ticks []backend.Tick
}

func start(t testing.TB, wish backend.Config, n *network, o rtp.Options) *engine {
	t.Helper()
	if o.Net == nil {
		o.Net = n
	}
	s, err := rtp.Open(wish, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &engine{t: t, s: s, net: n, block: make([]byte, wish.Period*wish.Periods*wish.Format.FrameBytes())}
}

// run makes cycles until a position is reached.
func (e *engine) run(position uint64) {
	e.t.Helper()
	counter := backendtest.NewCounter(e.s.Granted().Format)
	for frame := e.s.Granted().Format.FrameBytes(); ; {
		tick, err := e.s.Wait()
		if err != nil {
			e.t.Fatal(err)
		}
		e.ticks = append(e.ticks, tick)
		e.lost += tick.Lost
		if tick.Readable > 0 {
			block := e.block[:tick.Readable*frame]
			if _, err := e.s.Read(block); err != nil {
				e.t.Fatal(err)
			}
			e.heard = append(e.heard, block...)
		}
		if tick.Writable > 0 {
			block := e.block[:tick.Writable*frame]
			counter.Fill(block, tick.Position-uint64(tick.Writable))
			if _, err := e.s.Write(block); err != nil {
				e.t.Fatal(err)
			}
		}
		if tick.Position >= position {
			return
		}
	}
}

// network returns what the stream has seen.
func (e *engine) seen() backend.Network {
	n, ok := backend.As[backend.Networked](e.s)
	if !ok {
		e.t.Fatal("the stream is not Networked")
	}
	return n.Network()
}

// exact returns how many of the frames heard are there exactly once and in order behind the first `ramp` ones, and of how many.
func (e *engine) exact() (same, of int) {
	f := e.s.Granted().Format
	c := backendtest.NewCounter(f)
	for at := 0; at < len(e.heard); at += f.FrameBytes() {
		frame := e.heard[at:][:f.FrameBytes()]
		if at > 0 {
			if bad, _ := c.Check(frame, c.Number(e.heard[at-f.FrameBytes():])+1); bad < 0 {
				same++
			}
		}
	}
	return same, len(e.heard) / f.FrameBytes()
}

// whole fails unless all that is heard from the first sound on, behind its ramp, is in order without exception, and half of all.
func (e *engine) whole() {
	e.t.Helper()
	f := e.s.Granted().Format
	size := f.FrameBytes()
	silent := make([]byte, size)
	f.Encoding.Silence(silent)
	at := 0
	for at < len(e.heard) && bytes.Equal(e.heard[at:at+size], silent) {
		at += size
	}
	at += f.Rate / 100 * size
	if at > len(e.heard)/2 {
		e.t.Errorf("of %d frames %d are sound", len(e.heard)/size, (len(e.heard)-at)/size)
		return
	}
	c := backendtest.NewCounter(f)
	if bad, err := c.Check(e.heard[at:], c.Number(e.heard[at:])); bad >= 0 {
		e.t.Error(err)
	}
}

// last returns the newest tick.
func (e *engine) last() (t backend.Tick) {
	if len(e.ticks) > 0 {
		t = e.ticks[len(e.ticks)-1]
	}
	return t
}
