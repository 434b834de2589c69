package sap_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp/sap"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// wire is a network: what one sends, all get, also those that send.
type wire struct {
	mu    sync.Mutex
	ports []*port
}

type sent struct {
	at     time.Time
	bytes  string
	group  netip.Addr
	device string
	ttl    int
}

type datagram struct {
	bytes []byte
	from  netip.Addr
}

type port struct {
	wire *wire
	at   netip.Addr
	in   chan datagram
	quit chan struct{}

	mu   sync.Mutex
	sent []sent
	fail error
}

func (w *wire) port(at string) *port {
	p := &port{wire: w, at: netip.MustParseAddr(at), in: make(chan datagram, 10000), quit: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ports = append(w.ports, p)
	return p
}

// put puts bytes on the wire.
func (w *wire) put(bytes []byte, from netip.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.ports {
		select {
		case p.in <- datagram{append([]byte(nil), bytes...), from}:
		default:
		}
	}
}

func (p *port) Receive(buffer []byte) (int, netip.Addr, error) {
	select {
	case d := <-p.in:
		return copy(buffer, d.bytes), d.from, nil
	case <-p.quit:
		return 0, netip.Addr{}, errors.New("closed")
	}
}

func (p *port) Send(b []byte, group netip.Addr, device string, ttl int) error {
	p.mu.Lock()
	p.sent = append(p.sent, sent{time.Now(), string(b), group, device, ttl})
	err := p.fail
	p.mu.Unlock()
	p.wire.put(b, p.at)
	return err
}

func (p *port) Refresh() {}

func (p *port) Close() error { close(p.quit); return nil }

func (p *port) log() []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sent(nil), p.sent...)
}

func stream(name, to string) *session.Stream {
	s := &session.Stream{Name: name, Payload: session.L24, Type: 98, Rate: 48000, Channels: 2, Packet: 48,
		Paths: []session.Path{{To: netip.MustParseAddrPort(to), TTL: 15, Device: "eth1"}}}
	if err := sdp.Identify(s, netip.MustParseAddr("192.0.2.1")); err != nil {
		panic(err)
	}
	return s
}

func names(d *sap.Directory) string {
	var all []string
	for _, h := range d.Streams() {
		all = append(all, h.Name)
	}
	return strings.Join(all, " ")
}

// A stream is seen at once, repeated about every 30 s, changed, and gone as soon as it is withdrawn; the own ones are not seen.
func TestAnnounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		from, to := w.port("192.0.2.1"), w.port("192.0.2.2")
		sender, listener := sap.New(from, true), sap.New(to, true)
		defer sender.Close()
		defer listener.Close()
		began := time.Now()
		a, err := sender.Announce(stream("desk", "239.69.1.1:5004"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		<-listener.Changes()
		all := listener.Streams()
		if len(all) != 1 || all[0].Name != "desk" || all[0].From != from.at || all[0].Paths[0].To.String() != "239.69.1.1:5004" || string(all[0].Text) != string(a.Text()) {
			t.Fatalf("%+v", all)
		}
		if own := names(sender); own != "" {
			t.Errorf("it sees its own %s", own)
		}
		time.Sleep(10 * time.Minute)
		log := from.log()
		if n := len(log); n < 12 || n > 32 {
			t.Errorf("%d announcements in 10 minutes", n)
		}
		for i, s := range log {
			if s.group.String() != "239.255.255.255" || s.device != "eth1" || s.ttl != 15 {
				t.Errorf("sent to %v", s)
			}
			if i < 2 {
				continue
			}
			if pause := s.at.Sub(log[i-1].at); pause < 20*time.Second || pause > 40*time.Second {
				t.Errorf("a pause of %v", pause)
			}
		}
		if !log[0].at.Equal(began) {
			t.Errorf("the first one was sent after %v", log[0].at.Sub(began))
		}
		a.Withdraw()
		a.Withdraw()
		synctest.Wait()
		if left := names(listener); left != "" {
			t.Errorf("%s is still there", left)
		}
		if n := len(from.log()); n != len(log)+1 {
			t.Errorf("%d packets to withdraw it", n-len(log))
		}
	})
}

// Nothing is sent or received by a directory that neither announces nor listens, and one that only announces hears nobody.
func TestNothingListensUnlessAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		quiet, deaf, other := w.port("192.0.2.1"), w.port("192.0.2.2"), sap.New(w.port("192.0.2.3"), true)
		idle, announcer := sap.New(quiet, false), sap.New(deaf, false)
		if _, err := announcer.Announce(stream("a", "239.1.1.1:5004")); err != nil {
			t.Fatal(err)
		}
		if _, err := other.Announce(stream("b", "239.1.1.2:5004")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if len(quiet.log()) > 0 || len(quiet.in) == 0 || len(deaf.in) == 0 || names(announcer) != "" || names(other) != "a" {
			t.Errorf("%d sent, %q and %q seen", len(quiet.log()), names(announcer), names(other))
		}
		for _, d := range []*sap.Directory{idle, announcer, other, other} {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := other.Announce(stream("c", "239.1.1.3:5004")); err == nil {
			t.Error("a closed directory announces")
		}
	})
}

// A stream is forgotten after ten of its intervals, or after an hour if it was announced once.
func TestForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		listener := sap.New(w.port("192.0.2.2"), true)
		defer listener.Close()
		from := netip.MustParseAddr("192.0.2.9")
		packet := func(name string) []byte {
			p := w.port("192.0.2.8")
			d := sap.New(p, false)
			_, _ = d.Announce(stream(name, "239.69.1.1:5004"))
			synctest.Wait()
			b := p.log()[0].bytes
			w.mu.Lock()
			w.ports = w.ports[:1]
			w.mu.Unlock()
			_ = d.Close()
			return []byte(b)
		}
		once, often := packet("once"), packet("often")
		synctest.Wait()
		time.Sleep(2 * time.Hour)
		w.put(once, from)
		for range 5 {
			w.put(often, from)
			time.Sleep(time.Minute)
		}
		for _, c := range []struct {
			pause time.Duration
			want  string
		}{{8 * time.Minute, "often once"}, {2 * time.Minute, "once"}, {43 * time.Minute, "once"}, {3 * time.Minute, ""}} {
			time.Sleep(c.pause)
			if got := names(listener); got != c.want {
				t.Errorf("after %v more: %q, want %q", c.pause, got, c.want)
			}
		}
	})
}

// A stream that is announced on two networks is one, for as long as either of them has it.
func TestTwoPathsAreOneStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		listener := sap.New(w.port("192.0.2.2"), true)
		defer listener.Close()
		text, err := sdp.Write(stream("desk", "239.69.1.1:5004"))
		if err != nil {
			t.Fatal(err)
		}
		packet := append([]byte{0x20, 0, 1, 2, 10, 1, 0, 9}, text...)
		for _, from := range []string{"10.1.0.9", "10.2.0.9"} {
			w.put(packet, netip.MustParseAddr(from))
			time.Sleep(time.Second)
		}
		if all := listener.Streams(); len(all) != 1 || all[0].From.String() != "10.1.0.9" {
			t.Errorf("%+v", all)
		}
		packet[0] |= 4
		w.put(packet, netip.MustParseAddr("10.1.0.9"))
		synctest.Wait()
		if all := listener.Streams(); len(all) != 1 || all[0].From.String() != "10.2.0.9" {
			t.Errorf("%+v", all)
		}
	})
}

// A deletion counts only from the address that has announced the stream.
func TestStrangersWithdrawNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		from := w.port("192.0.2.1")
		sender, listener := sap.New(from, false), sap.New(w.port("192.0.2.2"), true)
		defer listener.Close()
		_, err := sender.Announce(stream("desk", "239.69.1.1:5004"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		forged := []byte(from.log()[0].bytes)
		forged[0] |= 4 // a deletion
		w.put(forged, netip.MustParseAddr("192.0.2.66"))
		synctest.Wait()
		if names(listener) != "desk" {
			t.Error("a stranger has withdrawn it")
		}
		w.put(forged, from.at)
		synctest.Wait()
		if names(listener) != "" {
			t.Error("its sender could not withdraw it")
		}
		_ = sender.Close()
	})
}

// Floods cost neither memory nor time: the table has a size, for all and for one, and most datagrams are not looked at.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		listener := sap.New(w.port("192.0.2.2"), true)
		defer listener.Close()
		flood := func(n int, from netip.Addr) {
			for i := range n {
				s := stream(fmt.Sprintf("x%v-%d", from, i), "239.69.1.1:5004")
				text, _ := sdp.Write(s)
				w.put(append([]byte{0x20, 0, byte(i >> 8), byte(i), 1, 2, 3, 4}, text...), from)
			}
		}
		flood(5000, netip.MustParseAddr("192.0.2.9"))
		synctest.Wait()
		if n := len(listener.Streams()); n != 128 {
			t.Errorf("%d streams of one address", n)
		}
		c := listener.Counts()
		if c.Received != 5000 || c.Flooded != 4400 || c.Refused != 600-128 {
			t.Errorf("%+v", c)
		}
		for i := range 20 {
			time.Sleep(10 * time.Second)
			flood(200, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
		}
		synctest.Wait()
		if n := len(listener.Streams()); n != 512 {
			t.Errorf("%d streams", n)
		}
	})
}

// Many announcements share 4000 bit/s.
func TestBandwidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		p := w.port("192.0.2.1")
		d := sap.New(p, false)
		defer d.Close()
		for i := range 200 {
			if _, err := d.Announce(stream(fmt.Sprint("s", i), "239.69.1.1:5004")); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Minute)
		before, bits := len(p.log()), 0
		time.Sleep(time.Hour)
		for _, s := range p.log()[before:] {
			bits += 8 * len(s.bytes)
		}
		if rate := bits / 3600; rate > 4600 || rate < 3400 {
			t.Errorf("%d bit/s", rate)
		}
	})
}

// A stream of two paths is announced on both, one of global scope in the group of that, and what the network does not take is counted.
func TestGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w wire
		p := w.port("192.0.2.1")
		p.fail = errors.New("no route")
		d := sap.New(p, false)
		defer d.Close()
		s := stream("two", "239.69.1.1:5004")
		s.Paths = append(s.Paths, session.Path{To: netip.MustParseAddrPort("224.2.200.1:5004"), Device: "eth2"})
		if _, err := d.Announce(s); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		log := p.log()
		if len(log) != 2 || log[0].device != "eth1" || log[1].device != "eth2" || log[1].group.String() != "224.2.127.254" || log[1].ttl != 32 {
			t.Errorf("%v", log)
		}
		if c := d.Counts(); c.Failed != 2 || c.Sent != 2 {
			t.Errorf("%+v", c)
		}
	})
}
