package rtp_test

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// local returns a stream to a free port of this machine.
func local(t testing.TB, ip string) *session.Stream {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
	if err != nil {
		t.Skipf("no network at %s: %v", ip, err)
	}
	defer c.Close()
	to, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return &session.Stream{Payload: session.L24, Type: 97, Rate: 48000, Channels: 2, Packet: 48, Paths: []session.Path{{To: to}}}
}

// play runs a stream that sends frames with their numbers, until stop is closed.
func play(t *testing.T, o rtp.Options, wish backend.Config, stop <-chan struct{}) (done chan struct{}) {
	t.Helper()
	s, err := rtp.Open(wish, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	done = make(chan struct{})
	go func() {
		defer close(done)
		defer s.Close()
		counter := backendtest.NewCounter(wish.Format)
		block := make([]byte, wish.Period*wish.Periods*wish.Format.FrameBytes())
		for {
			select {
			case <-stop:
				return
			default:
			}
			tick, err := s.Wait()
			if err != nil {
				t.Error(err)
				return
			}
			part := block[:tick.Writable*wish.Format.FrameBytes()]
			counter.Fill(part, tick.Position-uint64(tick.Writable))
			if _, err := s.Write(part); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return done
}

// TestLoopback sends over the sockets of the machine, and records what comes bit for bit. The buffers are long, so that a machine
// that stands still for a while loses nothing.
func TestLoopback(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		t.Run(ip, func(t *testing.T) {
			stream := local(t, ip)
			wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 480, Periods: 100}
			stop := make(chan struct{})
			done := play(t, rtp.Options{Send: stream}, wish, stop)
			defer func() { close(stop); <-done }()
			wish.Play, wish.Record = false, true
			s, err := rtp.Open(wish, rtp.Options{Receive: stream, Latency: session.MaxLatency, Timeout: 10 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			e := &engine{t: t, s: s, block: make([]byte, wish.Period*wish.Periods*wish.Format.FrameBytes())}
			e.run(5 * 48000)                                                                         // the latency, then three seconds
			if seen := e.seen(); seen.Late+seen.Lost+seen.Concealed+seen.Refused+seen.Restarts > 1 { // the first one, on probation
				t.Errorf("%+v", seen)
			}
			e.whole()
		})
	}
}

// TestNobodySends: Open gives up with a sentence, as of a card that is away.
func TestNobodySends(t *testing.T) {
	stream := local(t, "127.0.0.1")
	wish := backend.Config{Record: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}, Period: 480, Periods: 4}
	if _, err := rtp.Open(wish, rtp.Options{Receive: stream, Timeout: 5 * time.Millisecond}); !errors.Is(err, audio.ErrNoDevice) {
		t.Error(err)
	}
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(stream.Paths[0].To))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := rtp.Open(wish, rtp.Options{Receive: stream}); !errors.Is(err, audio.ErrBusy) {
		t.Error(err)
	}
}

// TestGoodbye: the stream of a sender that stops is gone at once, and not after its timeout, encrypted or not.
func TestGoodbye(t *testing.T) {
	t.Run("plain", func(t *testing.T) { goodbye(t, nil) })
	t.Run("encrypted", func(t *testing.T) { goodbye(t, make([]byte, session.KeyBytes)) })
}

func goodbye(t *testing.T, keys []byte) {
	stream := local(t, "127.0.0.1")
	stream.Keys = keys
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 480, Periods: 100}
	stop := make(chan struct{})
	done := play(t, rtp.Options{Send: stream}, wish, stop)
	wish.Play, wish.Record = false, true
	s, err := rtp.Open(wish, rtp.Options{Receive: stream, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	e := &engine{t: t, s: s, block: make([]byte, wish.Period*wish.Periods*wish.Format.FrameBytes())}
	e.run(4800)
	close(stop)
	<-done
	for range 3000 { // periods: half of the timeout
		if _, err = s.Wait(); err != nil {
			break
		}
	}
	if !errors.Is(err, audio.ErrGone) {
		t.Error("after the goodbye of the sender:", err)
	}
}

// A stream parks if its period is long, and its engine has no thread to itself anyway.
func TestParks(t *testing.T) {
	for _, c := range []struct{ long, thread, parks bool }{{long: true, parks: true}, {long: true, thread: true}, {}} {
		wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24LE3}, Period: 48, Periods: 4}
		if c.long {
			wish.Period = 480
		}
		s, err := rtp.Open(wish, rtp.Options{Send: local(t, "127.0.0.1"), Thread: c.thread})
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := backend.As[backend.Parker](s); !ok || p.Parks() != c.parks {
			t.Errorf("%+v: it parks: %v", c, p.Parks())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
