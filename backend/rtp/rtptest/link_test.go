package rtptest_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend/rtp/rtptest"
)

const many = 50_000

// delivered sends many numbered datagrams, one in a millisecond, and returns the numbers in the order in which they come.
func delivered(f rtptest.Fault, seed uint64) ([]uint32, rtptest.Counts) {
	l := rtptest.NewLink(f, seed)
	var numbers []uint32
	last := time.Duration(0)
	take := func(by time.Duration) {
		for {
			d, at, ok := l.Receive(by)
			if !ok {
				return
			}
			if at < last || at > by {
				panic("out of time")
			}
			last = at
			numbers = append(numbers, binary.BigEndian.Uint32(d))
		}
	}
	block := make([]byte, 4)
	for i := range uint32(many) {
		at := time.Duration(i) * time.Millisecond
		take(at)
		binary.BigEndian.PutUint32(block, i) // the link keeps a copy
		l.Send(at, block)
	}
	take(time.Hour)
	return numbers, l.Counts()
}

func TestPerfect(t *testing.T) {
	numbers, c := delivered(rtptest.Fault{Delay: 3 * time.Millisecond}, 1)
	for i, n := range numbers {
		if int(n) != i {
			t.Fatalf("%d comes as number %d", n, i)
		}
	}
	if len(numbers) != many || c != (rtptest.Counts{Sent: many, Delivered: many}) {
		t.Errorf("%d come: %+v", len(numbers), c)
	}
}

func TestSeedDecides(t *testing.T) {
	f := rtptest.Fault{Loss: 0.01, Jitter: 5 * time.Millisecond, Duplicate: 0.01, Swap: 0.01, Behind: 9 * time.Millisecond}
	a, _ := delivered(f, 7)
	b, _ := delivered(f, 7)
	if !slices.Equal(a, b) {
		t.Error("the same seed does something else")
	}
	if other, _ := delivered(f, 8); slices.Equal(a, other) {
		t.Error("another seed does the same")
	}
	f.Jitter = 0
	lost := func(all []uint32) []uint32 { all = slices.Clone(all); slices.Sort(all); return slices.Compact(all) }
	if c, _ := delivered(f, 7); !slices.Equal(lost(a), lost(c)) {
		t.Error("without jitter other datagrams are lost")
	}
}

func TestChances(t *testing.T) {
	near := func(what string, got uint64, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 5*math.Sqrt(want)+1 {
			t.Errorf("%s: %d, want about %g", what, got, want)
		}
	}
	numbers, c := delivered(rtptest.Fault{Loss: 0.01, Duplicate: 0.02, Swap: 0.005, Behind: 2500 * time.Microsecond}, 3)
	near("lost", c.Lost, 0.01*many)
	near("twice", c.Duplicated, 0.02*many)
	near("held back", c.HeldBack, 0.005*many)
	near("overtaken", c.Overtaken, 0.005*many)
	if int(c.Delivered) != len(numbers) || c.Delivered != c.Sent-c.Lost+c.Duplicated {
		t.Errorf("%d come: %+v", len(numbers), c)
	}
}

func TestBursts(t *testing.T) {
	numbers, c := delivered(rtptest.Fault{Loss: 0.05, Burst: 4}, 3)
	bursts := 0
	for i := range numbers[1:] {
		if numbers[i+1] != numbers[i]+1 {
			bursts++
		}
	}
	if mean := float64(c.Lost) / float64(bursts); math.Abs(mean-4) > 0.3 || math.Abs(float64(c.Lost)-0.05*many) > 600 {
		t.Errorf("%d lost in %d bursts", c.Lost, bursts)
	}
}

func TestJitter(t *testing.T) {
	f := rtptest.Fault{Jitter: 5 * time.Millisecond}
	numbers, c := delivered(f, 1)
	if slices.IsSorted(numbers) || c.Overtaken == 0 {
		t.Error("none overtakes another one")
	}
	f.InOrder = true
	numbers, c = delivered(f, 1)
	if !slices.IsSorted(numbers) || c.Overtaken != 0 || len(numbers) != many {
		t.Errorf("a queue that is no queue: %+v", c)
	}
}

func TestOutage(t *testing.T) {
	numbers, c := delivered(rtptest.Fault{Outages: []rtptest.Span{{From: 10 * time.Millisecond, Until: 20 * time.Millisecond}}}, 1)
	if c.Lost != 10 || numbers[9] != 9 || numbers[10] != 20 {
		t.Errorf("%+v: %v", c, numbers[:12])
	}
}

func TestSender(t *testing.T) {
	s := rtptest.Sender{Type: 98, SSRC: 5, Sequence: 0xffff, Time: 0xffffffff, Rate: 48000, PPM: 100, Packet: 48,
		Fill: func(p []byte, frame uint64, frames int) []byte { return append(p, byte(frame), byte(frames)) }}
	s.Start(time.Second)
	_, first := s.Next()
	at, second := s.Next()
	if want := []byte{0x80, 98, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 5, 0, 48}; !slices.Equal(first, want) {
		t.Errorf("% x, want % x", first, want)
	}
	if want := []byte{0x80, 98, 0, 0, 0, 0, 0, 47, 0, 0, 0, 5, 48, 48}; !slices.Equal(second, want) {
		t.Errorf("% x, want % x", second, want)
	}
	if want := time.Second + 2*time.Millisecond - 200*time.Nanosecond; (at - want).Abs() > time.Nanosecond {
		t.Errorf("it is sent at %v, want %v", at, want)
	}
	if at := s.At(48000 * 3600); (at - 3601*time.Second + 360*time.Millisecond).Abs() > 50*time.Microsecond {
		t.Errorf("an hour ends at %v", at)
	}
}
