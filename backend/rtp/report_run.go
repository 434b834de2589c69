package rtp

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// reporting is a stream's RTCP at work: sockets, and goroutines of which none is the engine's.
type reporting struct {
	*reports
	sleep.Monotonic
	in, out control
	to      netip.AddrPort // of what out sends
	group   netip.AddrPort // to which in sends; zero: there is none
	wake    func()
	quit    chan struct{}
	all     sync.WaitGroup
}

// control is a socket of reports, and how they are encrypted.
type control struct {
	net.PacketConn // nil: there is none
	sealing
}

// tell sends a report. Nobody hears of it if the network does not take it.
func (c *control) tell(text []byte, to netip.AddrPort, now int64) {
	if text, err := c.seal(text, now); err == nil {
		_, _ = c.WriteTo(text, net.UDPAddrFromAddrPort(to))
	}
}

// report starts the reports of a stream. Without a port for them, because another program has it, there are none: sound needs none.
func report(s *stream) *reporting {
	if s.intake == nil && s.packer == nil {
		return nil // only a clock
	}
	r := &reporting{reports: newReports(s), Monotonic: sleep.NewMonotonic(), wake: s.net.Wake, quit: make(chan struct{})}
	if s.intake != nil {
		p := above(s.o.Receive.Paths[0])
		r.in = control{conn(openReceiver(p, true)), newSealing(s.o.Receive, r.own)}
		if p.To.Addr().IsMulticast() {
			r.group = p.To
		}
	}
	if s.packer != nil {
		p := above(s.o.Send.Paths[0])
		r.out, r.to = control{conn(openControl(p)), newSealing(s.o.Send, r.own)}, p.To
	}
	for _, c := range []*control{&r.in, &r.out} {
		if c.PacketConn != nil {
			r.all.Go(func() { r.listen(c) })
		}
	}
	r.all.Go(r.speak)
	return r
}

// above returns the path of the reports on a path: its port is one more (RFC 3550 part 11).
func above(p session.Path) session.Path {
	p.To = netip.AddrPortFrom(p.To.Addr(), p.To.Port()+1)
	return p
}

// conn makes a connection of a descriptor, which it owns; nil if there is none.
func conn(fd int, err error) net.PacketConn {
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), "rtcp")
	defer f.Close()
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil
	}
	return c
}

// openControl opens a socket from which reports are sent to a path, and which hears the answers.
func openControl(p session.Path) (int, error) {
	fd, err := open(p)
	if err != nil {
		return -1, err
	}
	device, err := interfaceOf(p)
	if err == nil {
		err = outward(fd, p, device)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// listen takes reports until its connection is closed.
func (r *reporting) listen(c *control) {
	room := make([]byte, 2048)
	for {
		n, who, err := c.ReadFrom(room)
		if err != nil {
			select {
			case <-r.quit:
				return
			case <-time.After(time.Second): // an error of a moment: an interface that is down
				continue
			}
		}
		from, ok := who.(*net.UDPAddr)
		if !ok {
			continue
		}
		if text, ok := c.open(room[:n]); ok && r.digest(text, from.AddrPort(), r.Now()) {
			r.counts.bye.Store(true)
			r.wake()
		}
	}
}

// speak sends reports until quit.
func (r *reporting) speak() {
	timer := time.NewTimer(interval() / 2) // the first one sooner: RFC 3550 part 6.2
	defer timer.Stop()
	for {
		select {
		case <-r.quit:
			return
		case <-timer.C:
		}
		r.send(false)
		timer.Reset(interval())
	}
}

// send sends one report.
func (r *reporting) send(bye bool) {
	text, err := r.compose(r.Now(), bye)
	if err != nil {
		return
	}
	if r.out.PacketConn != nil {
		r.out.tell(text, r.to, r.Now())
		return
	}
	r.mu.Lock()
	peer := r.peer
	r.mu.Unlock()
	for _, to := range []netip.AddrPort{peer, r.group} {
		if r.in.PacketConn != nil && to.IsValid() {
			r.in.tell(text, to, r.Now())
		}
	}
}

// close ends the reports, with a goodbye if the stream has sent and does not go on elsewhere.
func (r *reporting) close(bye bool) {
	if r == nil {
		return
	}
	if bye && r.out.PacketConn != nil && r.counts.sent.Load() > 0 {
		r.send(true)
	}
	close(r.quit)
	for _, c := range []*control{&r.in, &r.out} {
		if c.PacketConn != nil {
			_ = c.Close()
		}
	}
	r.all.Wait()
}
