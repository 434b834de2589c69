package rtp_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// group returns a stream to a group of the loopback interface, which is IPv4 only: without a route the kernel needs to be told it.
func group(t testing.TB, from string) *session.Stream {
	s := local(t, "127.0.0.1")
	p := &s.Paths[0]
	p.To = netip.AddrPortFrom(netip.MustParseAddr("239.255.69.1"), p.To.Port())
	p.Device, p.TTL, p.DSCP = "lo", 1, 34
	if from != "" {
		p.From = netip.MustParseAddr(from)
	}
	return s
}

// TestGroup sends to a group, and hears it: from anybody, from the one source that it has, and not from another one.
func TestGroup(t *testing.T) {
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 480, Periods: 100}
	to := group(t, "")
	stop := make(chan struct{})
	done := play(t, rtp.Options{Send: to}, wish, stop)
	defer func() { close(stop); <-done }()
	wish.Play, wish.Record = false, true
	from := *to
	sender := "" // the address that the kernel gives
	for _, c := range []struct {
		source func() string
		heard  bool
	}{{func() string { return "" }, true}, {func() string { return sender }, true}, {func() string { return "127.0.0.9" }, false}} {
		source := c.source()
		from.Paths = []session.Path{to.Paths[0]}
		timeout := 10 * time.Second
		if source != "" {
			from.Paths[0].From = netip.MustParseAddr(source)
		}
		if !c.heard {
			timeout = 100 * time.Millisecond
		}
		s, err := rtp.Open(wish, rtp.Options{Receive: &from, Timeout: timeout})
		if c.heard != (err == nil) || !c.heard && !errors.Is(err, audio.ErrNoDevice) {
			t.Errorf("from %q: %v", source, err)
		}
		if s != nil {
			n, _ := backend.As[backend.Networked](s)
			sender = netip.MustParseAddrPort(n.Network().Sender).Addr().String()
			_ = s.Close()
		}
	}
}

// TestStrangers: what others send to the port of a stream with a source does not even reach it; without a source it is counted.
func TestStrangers(t *testing.T) {
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 480, Periods: 100}
	for _, source := range []string{"127.0.0.1", ""} {
		stream := local(t, "127.0.0.1")
		if source != "" {
			stream.Paths[0].From = netip.MustParseAddr(source)
		}
		stop := make(chan struct{})
		done := play(t, rtp.Options{Send: stream}, wish, stop)
		record := wish
		record.Play, record.Record = false, true
		s, err := rtp.Open(record, rtp.Options{Receive: stream, Latency: 500 * time.Millisecond, Timeout: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		e := &engine{t: t, s: s, block: make([]byte, wish.Period*wish.Periods*wish.Format.FrameBytes())}
		stranger, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.9:0")),
			net.UDPAddrFromAddrPort(stream.Paths[0].To))
		if err != nil {
			t.Fatal(err)
		}
		e.run(4800)
		before := e.seen().Refused
		for range 100 {
			if _, err := stranger.Write([]byte("this is no packet of RTP")); err != nil {
				t.Fatal(err)
			}
		}
		e.run(24000)
		refused := e.seen().Refused - before
		if want := map[string]uint64{"": 100}[source]; refused != want {
			t.Errorf("of 100 datagrams of a stranger %d are counted, with source %q", refused, source)
		}
		_ = stranger.Close()
		_ = s.Close()
		close(stop)
		<-done
	}
}

// TestNoSuchInterface: an interface that is away is like a card that is.
func TestNoSuchInterface(t *testing.T) {
	stream := group(t, "")
	stream.Paths[0].Device = "none9"
	wish := backend.Config{Record: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}, Period: 480, Periods: 4}
	if _, err := rtp.Open(wish, rtp.Options{Receive: stream}); !errors.Is(err, audio.ErrNoDevice) {
		t.Error(err)
	}
	wish.Play, wish.Record = true, false
	if _, err := rtp.Open(wish, rtp.Options{Send: stream}); !errors.Is(err, audio.ErrNoDevice) {
		t.Error(err)
	}
}
