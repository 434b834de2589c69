package rtp_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
)

// BenchmarkPackets is what a packet costs without the kernel: to be received and read, and to be written. ns are of a packet.
func BenchmarkPackets(b *testing.B) {
	for _, c := range []struct{ channels, packet, period int }{{2, 48, 48}, {2, 48, 240}, {64, 6, 48}} {
		name := fmt.Sprintf("%d channels, %d frames, period %d", c.channels, c.packet, c.period)
		s := newSender(48000, c.channels, c.packet, audio.S24BE3)
		wish := s.recording(c.period, 4)
		wish.Format.Encoding = audio.S32LE
		b.Run("receive/"+name, func(b *testing.B) {
			s := *s
			n := &canned{network: *newNetwork(), s: &s}
			s.begin = n.now
			run(b, wish, rtp.Options{Receive: s.described(), Net: n}, c.packet)
		})
		wish.Play, wish.Record = true, false
		b.Run("send/"+name, func(b *testing.B) {
			run(b, wish, rtp.Options{Send: s.described(), Net: newNetwork()}, c.packet)
		})
	}
}

// canned is a network that costs next to nothing: it gives the packets of a sender without filling them.
type canned struct {
	network
	s *sender
}

func (n *canned) Receive(into []rtp.Datagram) (count int, err error) {
	for ; count < len(into) && n.s.due(n.s.k) <= n.now; count++ {
		into[count] = rtp.Datagram{Data: n.s.bare(n.s.k), At: n.s.due(n.s.k), From: n.s.from}
		n.s.k++
	}
	return count, nil
}

func run(b *testing.B, wish backend.Config, o rtp.Options, packet int) {
	s, err := rtp.Open(wish, o)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(); err != nil {
		b.Fatal(err)
	}
	block := make([]byte, wish.Period*wish.Format.FrameBytes())
	b.ReportAllocs()
	b.ResetTimer()
	for frames := 0; frames < b.N*packet; frames += wish.Period {
		if err := turn(s, block); err != nil {
			b.Fatal(err)
		}
	}
}

// turn is a cycle of an engine.
func turn(s backend.Stream, block []byte) error {
	t, err := s.Wait()
	if err != nil {
		return err
	}
	size := s.Granted().Format.FrameBytes()
	for n := t.Readable * size; n > 0; n -= len(block) {
		if _, err := s.Read(block[:min(n, len(block))]); err != nil {
			return err
		}
	}
	for n := t.Writable * size; n > 0; n -= len(block) {
		if _, err := s.Write(block[:min(n, len(block))]); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkCPU runs streams over the loopback interface, and says which part of a core one of them takes, with what the runtime and the
// kernel do for it: those that only have a clock, those that send, and those that receive what is sent. The last two have what the
// loopback interface does between them in what is sent.
func BenchmarkCPU(b *testing.B) {
	for _, c := range []struct{ streams, channels, packet, period int }{
		{1, 2, 48, 48}, {1, 2, 48, 240}, {10, 2, 48, 240}, {100, 2, 48, 240}, {1, 64, 6, 48},
	} {
		b.Run(fmt.Sprintf("%d of %d channels, packets of %d frames, period %d", c.streams, c.channels, c.packet, c.period), func(b *testing.B) {
			for b.Loop() {
				cpu(b, c.streams, c.channels, c.packet, c.period)
			}
		})
	}
}

// engines runs streams, each as an engine does, until stop.
type engines struct {
	b    *testing.B
	all  sync.WaitGroup
	stop atomic.Bool
	open []backend.Stream
}

func (e *engines) add(wish backend.Config, o rtp.Options) {
	s, err := rtp.Open(wish, o)
	if err != nil {
		e.b.Fatal(err)
	}
	if err := s.Start(); err != nil {
		e.b.Fatal(err)
	}
	e.open = append(e.open, s)
	e.all.Go(func() {
		if p, ok := backend.As[backend.Parker](s); !ok || !p.Parks() {
			runtime.LockOSThread()
		}
		for block := make([]byte, wish.Period*wish.Format.FrameBytes()); !e.stop.Load(); {
			if err := turn(s, block); err != nil {
				e.b.Error(err)
				return
			}
		}
	})
}

// share returns which part of a core this process takes, in percent.
func (e *engines) share() float64 {
	const measured = 3 * time.Second
	time.Sleep(500 * time.Millisecond)
	before, began := processTime(), time.Now()
	time.Sleep(measured)
	return 100 * (processTime() - before).Seconds() / time.Since(began).Seconds()
}

func (e *engines) end() {
	e.stop.Store(true)
	e.all.Wait()
	for _, s := range e.open {
		if err := s.Close(); err != nil {
			e.b.Error(err)
		}
	}
}

func cpu(b *testing.B, streams, channels, packet, period int) {
	format := audio.Format{Rate: 48000, Channels: channels, Encoding: audio.S24LE3}
	clocks, work := &engines{b: b}, &engines{b: b}
	for range streams {
		clocks.add(backend.Config{Format: format, Period: period, Periods: 40}, rtp.Options{})
	}
	idle := clocks.share()
	clocks.end()
	defer work.end()
	var to []*session.Stream
	for range streams {
		s := group(b, "") // without members nobody answers that nobody listens
		s.Channels, s.Packet = channels, packet
		work.add(backend.Config{Play: true, Format: format, Period: period, Periods: 40}, rtp.Options{Send: s})
		to = append(to, s)
	}
	sending := work.share()
	for _, s := range to {
		work.add(backend.Config{Record: true, Format: format, Period: period, Periods: 40}, rtp.Options{Receive: s, Latency: 20 * time.Millisecond})
	}
	both := work.share()
	n := float64(streams)
	b.ReportMetric(idle/n, "%core/clock")
	b.ReportMetric(sending/n, "%core/send")
	b.ReportMetric((both-sending)/n, "%core/receive")
	var lost, late, packets uint64
	for _, s := range work.open[streams:] {
		seen, _ := backend.As[backend.Networked](s)
		lost, late, packets = lost+seen.Network().Lost, late+seen.Network().Late, packets+seen.Network().Packets
	}
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(float64(late), "late")
	b.ReportMetric(float64(packets), "packets")
}

// processTime returns the processor time of this process.
func processTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
