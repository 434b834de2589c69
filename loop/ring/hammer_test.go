package ring_test

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/ring"
)

const offsetProgram = 128 // of the layout in package wire

func poke(mem []byte, at int, v uint64)   { binary.LittleEndian.PutUint64(mem[at:], v) }
func poke32(mem []byte, at int, v uint32) { binary.LittleEndian.PutUint32(mem[at:], v) }

// hammerFormat tells 2^32 frames apart.
var hammerFormat = audio.Format{Rate: 48000, Channels: 1, Encoding: audio.S32LE}

// TestPlaybackHammer: one goroutine writes, one takes, and nothing is lost.
func TestPlaybackHammer(t *testing.T) {
	const frames = 300_000
	r := newRing(t, hammerFormat, 101, true)
	c := backendtest.NewCounter(hammerFormat)
	go func() {
		w := ring.Writer{Ring: r}
		block := make([]byte, 37*4)
		for at := uint64(0); at < frames; {
			c.Fill(block, at)
			n := w.Write(block[:4*min(37, frames-at)])
			at += uint64(n)
			if n == 0 {
				runtime.Gosched()
			}
		}
	}()
	s := ring.NewSource(r)
	for s.Taken() < frames {
		n, err := s.Avail()
		if err != nil {
			t.Fatal(err)
		}
		a, b := s.Peek(n)
		if _, err := c.Check(a, s.Taken()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Check(b, s.Taken()+uint64(len(a)/4)); err != nil {
			t.Fatal(err)
		}
		s.Take(n)
		if n == 0 {
			runtime.Gosched()
		}
	}
}

// TestCaptureHammer: the reader is too slow, and each frame is either read, whole
// and in its order, or counted as dropped (D10).
func TestCaptureHammer(t *testing.T) {
	const frames = 300_000
	r := newRing(t, hammerFormat, 101, false)
	c := backendtest.NewCounter(hammerFormat)
	dropped := make(chan uint64, 1)
	go func() {
		s := ring.NewSink(r)
		lost := uint64(0)
		for s.Given() < frames {
			n := int(min(29, frames-s.Given()))
			a, b, dropped, err := s.Reserve(n)
			if err != nil {
				t.Error(err)
				break
			}
			c.Fill(a, s.Given())
			c.Fill(b, s.Given()+uint64(len(a)/4))
			s.Give(n)
			lost += uint64(dropped)
			if s.Given()%7 == 0 {
				runtime.Gosched()
			}
		}
		r.Publish(ring.Ended, audio.ErrReset.Errno())
		dropped <- lost
	}()
	rd := ring.Reader{Ring: r}
	block := make([]byte, 43*4)
	var read, next uint64
	for {
		state := r.State()
		n := rd.Read(block)
		if n == 0 {
			if state == ring.Ended {
				break
			}
			runtime.Gosched()
			continue
		}
		first := uint64(binary.LittleEndian.Uint32(block))
		if first < next {
			t.Fatalf("frame %d after %d", first, next)
		}
		if _, err := c.Check(block[:4*n], first); err != nil {
			t.Fatal(err)
		}
		read, next = read+uint64(n), first+uint64(n)
	}
	if lost := <-dropped; read+lost != frames || next != frames {
		t.Fatalf("%d read + %d dropped of %d; the last was %d", read, lost, frames, next)
	}
}

func BenchmarkRings(b *testing.B) {
	const period = 480
	p, k := newRing(b, audio.DefaultFormat(), 4*period, true), newRing(b, audio.DefaultFormat(), 4*period, false)
	w, s, sink, r := ring.Writer{Ring: p}, ring.NewSource(p), ring.NewSink(k), ring.Reader{Ring: k}
	block := make([]byte, period*4)
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		w.Write(block)
		n, _ := s.Avail()
		from, more := s.Peek(n)
		to, rest, _, _ := sink.Reserve(n)
		copy(to, from)
		copy(rest, more)
		s.Take(n)
		sink.Give(n)
		r.Read(block)
	}
}
