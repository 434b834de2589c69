package rtp_test

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
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

// BenchmarkCPU runs streams over the loopback interface for some seconds, and says which part of a core one of them takes: its
// thread, with what it does in the kernel. A thread that only sleeps as often is the reference.
func BenchmarkCPU(b *testing.B) {
	for _, c := range []struct{ streams, channels, packet, period int }{
		{1, 2, 48, 48}, {1, 2, 48, 240}, {100, 2, 48, 240}, {1, 64, 6, 48},
	} {
		b.Run(fmt.Sprintf("%d of %d channels, packets of %d frames, period %d", c.streams, c.channels, c.packet, c.period), func(b *testing.B) {
			for b.Loop() {
				cpu(b, c.streams, c.channels, c.packet, c.period)
			}
		})
	}
}

const measured = 5 * time.Second

func cpu(b *testing.B, streams, channels, packet, period int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	spent := map[string]time.Duration{}
	lost, late := uint64(0), uint64(0)
	end := time.Now().Add(measured + time.Second)
	work := func(kind string, s backend.Stream, do func() error) {
		all.Go(func() {
			runtime.LockOSThread()
			if s != nil {
				defer s.Close()
			}
			began := time.Duration(0)
			for now := time.Now(); now.Before(end); now = time.Now() {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
				if began == 0 && end.Sub(now) < measured {
					began = threadTime()
				}
			}
			mu.Lock()
			defer mu.Unlock()
			spent[kind] += threadTime() - began
			if n, ok := backend.As[backend.Networked](s); ok {
				lost, late = lost+n.Network().Lost, late+n.Network().Late
			}
		})
	}
	for range streams {
		to := local(b, "127.0.0.1")
		to.Channels, to.Packet = channels, packet
		wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: channels, Encoding: audio.S32LE}, Period: period, Periods: 40}
		sends, err := rtp.Open(wish, rtp.Options{Send: to})
		if err != nil {
			b.Fatal(err)
		}
		if err := sends.Start(); err != nil {
			b.Fatal(err)
		}
		block := make([]byte, period*wish.Format.FrameBytes())
		work("sends", sends, func() error { return turn(sends, block) })
		wish.Play, wish.Record = false, true
		receives, err := rtp.Open(wish, rtp.Options{Receive: to, Latency: 20 * time.Millisecond})
		if err != nil {
			b.Fatal(err)
		}
		if err := receives.Start(); err != nil {
			b.Fatal(err)
		}
		other := make([]byte, period*wish.Format.FrameBytes())
		work("receives", receives, func() error { return turn(receives, other) })
	}
	idle := backend.Config{Format: audio.Format{Rate: 48000, Channels: channels, Encoding: audio.S32LE}, Period: period, Periods: 40}
	nothing, err := rtp.Open(idle, rtp.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := nothing.Start(); err != nil {
		b.Fatal(err)
	}
	work("sleeps", nothing, func() error { return turn(nothing, nil) })
	all.Wait()
	core := func(kind string, n int) {
		b.ReportMetric(100*spent[kind].Seconds()/measured.Seconds()/float64(n), "%core/"+kind)
	}
	core("sends", streams)
	core("receives", streams)
	core("sleeps", 1)
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(float64(late), "late")
}

// threadTime returns the processor time of this thread.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var r syscall.Rusage
	if err := syscall.Getrusage(thread, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
