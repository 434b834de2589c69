package rtptest

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Relay carries the datagrams that come to one address on to others, each over a Link of its own. What is one path to
// the sender can so be two to the receiver (SMPTE ST 2022-7). Faults are decided by seed; when they happen follows
// CLOCK_MONOTONIC.
type Relay struct {
	in, out *net.UDPConn
	ways    []way
	capture *Capture

	mu    sync.Mutex // guards the links, and the capture
	wake  chan struct{}
	end   chan struct{}
	ended sync.WaitGroup
}

type way struct {
	link *Link
	to   *net.UDPAddr
}

// Way is where a relay sends to, and what happens on the way there.
type Way struct {
	To    netip.AddrPort
	Fault Fault
	Seed  uint64
}

// NewRelay returns a relay that listens at an address of this machine, port 0 being any free one. It runs until Close.
// What comes is written to a capture, before anything happens to it; nil: to none.
func NewRelay(listen netip.AddrPort, capture *Capture, ways ...Way) (*Relay, error) {
	in, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(listen))
	if err != nil {
		return nil, err
	}
	_ = in.SetReadBuffer(4 << 20) // the kernel may grant less
	out, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	r := &Relay{in: in, out: out, capture: capture, wake: make(chan struct{}, 1), end: make(chan struct{})}
	for _, w := range ways {
		r.ways = append(r.ways, way{NewLink(w.Fault, w.Seed), net.UDPAddrFromAddrPort(w.To)})
	}
	began := time.Now()
	r.ended.Go(func() { r.receive(began) })
	r.ended.Go(func() { r.send(began) })
	return r, nil
}

// Addr returns where the relay listens.
func (r *Relay) Addr() netip.AddrPort { return r.in.LocalAddr().(*net.UDPAddr).AddrPort() }

// Counts returns what has happened on each way.
func (r *Relay) Counts() []Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Counts
	for _, w := range r.ways {
		all = append(all, w.link.Counts())
	}
	return all
}

// Close ends the relay, drops what is on its way, and returns what went wrong with the capture.
func (r *Relay) Close() error {
	close(r.end)
	err := r.in.Close()
	r.ended.Wait()
	err = errors.Join(err, r.out.Close())
	if r.capture != nil {
		err = errors.Join(err, r.capture.Err())
	}
	return err
}

// receive takes datagrams until the socket is closed.
func (r *Relay) receive(began time.Time) {
	block := make([]byte, 1<<16)
	for {
		n, from, err := r.in.ReadFromUDPAddrPort(block)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		r.mu.Lock()
		at := time.Since(began)
		if r.capture != nil {
			r.capture.Add(at, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), r.Addr(), block[:n])
		}
		for _, w := range r.ways {
			w.link.Send(at, block[:n])
		}
		r.mu.Unlock()
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// send delivers what has come to the end of a link, whenever that is.
func (r *Relay) send(began time.Time) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-r.end:
			return
		case <-r.wake:
		case <-timer.C:
		}
		if next, ok := r.deliver(began); ok {
			timer.Reset(next - time.Since(began))
		}
	}
}

// deliver sends what is due, and returns when there is more.
func (r *Relay) deliver(began time.Time) (next time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.ways {
		for {
			datagram, _, came := w.link.Receive(time.Since(began))
			if !came {
				break
			}
			_, _ = r.out.WriteToUDP(datagram, w.to) // nobody may be there
		}
		if at, more := w.link.Next(); more && (!ok || at < next) {
			next, ok = at, true
		}
	}
	return next, ok
}
