package mixer

import (
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// A reader gets each frame once and in order, or is told how many it lost, and never a part of a block.
func TestProbeLosesWholeBlocksAndCountsThem(t *testing.T) {
	f := audio.Format{Rate: 1000, Channels: 3}
	p := NewProbe(f, 100*time.Millisecond)
	m := NewMeter(3)
	m.SetProbe(p)
	next, block, to := float32(0), make([]float32, 3*7), make([]float32, 3*50)
	var got, missing int
	expect := float32(0)
	for turn := range 300 {
		for i := range block {
			block[i] = next
			if i%3 == 2 {
				next++
			}
		}
		m.Measure(block)
		if turn%3 != 0 || turn > 100 && turn < 200 { // a reader that stalls
			continue
		}
		n, lost := p.Read(to)
		for i := range n {
			if to[3*i] != to[3*i+2] || to[3*i] < expect {
				t.Fatalf("frame %v follows %v", to[3*i:3*i+3], expect)
			}
			expect = to[3*i] + 1
		}
		got, missing = got+n, missing+int(lost)
	}
	for {
		n, lost := p.Read(to)
		got, missing = got+n, missing+int(lost)
		if n == 0 {
			break
		}
	}
	if got+missing != 7*300 || missing == 0 || missing%7 != 0 {
		t.Errorf("%d frames and %d lost of %d", got, missing, 7*300)
	}
	m.Silence(5)
	if n, _ := p.Read(to); n != 5 || to[0] != 0 || to[14] != 0 {
		t.Errorf("%d silent frames: %v", n, to[:15])
	}
	p.Close()
	m.Measure(block)
	if m.Probe() != nil {
		t.Error("the meter keeps a probe that is closed")
	}
	second := NewProbe(f, time.Millisecond)
	m.SetProbe(second)
	m.Measure(block[:3])
	if n, _ := second.Read(to); n != 1 {
		t.Errorf("%d frames of the next probe", n)
	}
}

func TestProbesAllocateNothing(t *testing.T) {
	p, m, block, to := NewProbe(audio.DefaultFormat(), time.Second), NewMeter(2), make([]float32, 960), make([]float32, 2048)
	m.SetProbe(p)
	if n := testing.AllocsPerRun(100, func() { m.Measure(block); m.Silence(7); p.Read(to) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMeterProbed(b *testing.B) {
	p, m, block, to := NewProbe(audio.DefaultFormat(), time.Second), NewMeter(2), make([]float32, 960), make([]float32, 2048)
	m.SetProbe(p)
	b.ReportAllocs()
	for b.Loop() {
		m.Measure(block)
		p.Read(to)
	}
}
