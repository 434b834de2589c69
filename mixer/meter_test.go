package mixer

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func near(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-9 }

func TestMeterAgainstDirectComputation(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for channels := 1; channels <= audio.MaxChannels; channels++ {
		m := NewMeter(channels)
		var got Reading
		for range 3 {
			frames, clipped := 0, 0
			peaks, squares := make([]float64, channels), make([]float64, channels)
			for range r.IntN(5) {
				block := noise(r, channels*r.IntN(100))
				for i := range block {
					block[i] *= 1.05
					x := math.Abs(float64(block[i]))
					peaks[i%channels] = max(peaks[i%channels], x)
					squares[i%channels] += x * x
					if x > 1 {
						clipped++
					}
				}
				frames += len(block) / channels
				m.Measure(block)
			}
			silence := r.IntN(50)
			m.Silence(silence)
			frames += silence
			m.Read(&got)
			peak, all := 0.0, 0.0
			for c := range channels {
				peak, all = max(peak, peaks[c]), all+squares[c]
				rms := math.Sqrt(squares[c] / float64(max(frames, 1)))
				if l := got.Channels[c]; !near(l.Peak, decibels(peaks[c])) || !near(l.RMS, decibels(rms)) {
					t.Fatalf("channel %d of %d is %+v, want %v and %v", c, channels, l, decibels(peaks[c]), decibels(rms))
				}
			}
			rms := math.Sqrt(all / float64(max(frames*channels, 1)))
			if !near(got.Overall.Peak, decibels(peak)) || !near(got.Overall.RMS, decibels(rms)) {
				t.Fatalf("%d channels are %+v, want %v and %v", channels, got.Overall, decibels(peak), decibels(rms))
			}
			if got.Frames != uint64(frames) || got.Clipped != uint64(clipped) || len(got.Channels) != channels {
				t.Fatalf("%d frames and %d clipped, want %d and %d", got.Frames, got.Clipped, frames, clipped)
			}
		}
	}
}

func TestMeterLevels(t *testing.T) {
	m := NewMeter(2)
	var r Reading
	silent := func(when string) {
		t.Helper()
		m.Read(&r)
		for _, l := range append(r.Channels, r.Overall) {
			if !math.IsInf(l.Peak, -1) || !math.IsInf(l.RMS, -1) {
				t.Errorf("%s: %+v, want silence", when, l)
			}
		}
	}
	silent("nothing measured")
	m.Silence(100)
	if silent("silence"); r.Frames != 100 {
		t.Errorf("%d frames of silence, want 100", r.Frames)
	}
	square := ones(200)
	for i := range square {
		square[i] -= float32(2 * (i / 2 % 2))
	}
	m.Measure(square)
	if m.Read(&r); r.Overall != (Level{0, 0}) || r.Channels[1] != (Level{0, 0}) || r.Clipped != 0 {
		t.Errorf("a square at full scale is %+v", r)
	}
	if silent("read before"); r.Frames != 0 {
		t.Errorf("%d frames are told twice", r.Frames)
	}
	m.Measure(tone(2, 4800, 100, 1))
	if m.Read(&r); math.Abs(r.Overall.RMS+AES17) > 1e-6 || math.Abs(r.Overall.Peak) > 1e-6 {
		t.Errorf("a sine at full scale is %+v", r.Overall)
	}
	m.Measure([]float32{0.1, -0.5, 0, 2})
	if m.Read(&r); !near(r.Channels[0].Peak, decibels(float64(float32(0.1)))) || !near(r.Channels[1].Peak, decibels(2)) || r.Clipped != 1 {
		t.Errorf("0.1 and 2 are %+v", r)
	}
}

// A reader that reads as fast as it can gets every block, whole and once: frames and
// clipped samples add up, loud blocks (peak 2, RMS 2) are never torn, and none is lost.
func TestMeterLosesNothing(t *testing.T) {
	const blocks = 60000
	m := NewMeter(3)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := rand.New(rand.NewPCG(7, 7))
		quiet, loud := make([]float32, 3*8), []float32{2, -2, 2}
		for i := range blocks {
			if i%100 == 99 {
				m.Measure(loud)
			} else {
				m.Measure(quiet[:3*r.IntN(9)])
			}
			if i%8 == 0 {
				runtime.Gosched()
			}
		}
	}()
	var frames, clipped uint64
	readings, energy, heard := 0, 0.0, uint64(0)
	for running := true; running; readings++ {
		select {
		case <-done:
			running = false // and read the rest
		default:
		}
		var r Reading
		m.Read(&r)
		frames, clipped = frames+r.Frames, clipped+r.Clipped
		power := math.Pow(10, r.Overall.RMS/10) * float64(r.Frames)
		if r.Clipped > 0 != (r.Overall.Peak > 6) || math.Abs(power-4*float64(r.Clipped)/3) > 1e-6*(1+power) {
			t.Fatalf("torn: %+v", r)
		}
		if r.Overall.Peak > 6 {
			heard++
		}
		energy += power
	}
	want, random := uint64(0), rand.New(rand.NewPCG(7, 7))
	for i := range blocks {
		if i%100 == 99 {
			want++
		} else {
			want += uint64(random.IntN(9))
		}
	}
	if frames != want || clipped != 3*blocks/100 || math.Abs(energy-4*blocks/100) > 1e-3 || heard == 0 {
		t.Errorf("%d frames, %d clipped, energy %v in %d readings; want %d, %d, %d",
			frames, clipped, energy, readings, want, 3*blocks/100, 4*blocks/100)
	}
	t.Logf("%d readings of %d blocks, %d with a loud one", readings, blocks, heard)
}

// The reader takes what is unread while the engine is about to replace it.
func TestMeterIsReadWhileItMeasures(t *testing.T) {
	m := NewMeter(1)
	var r Reading
	for k := range 10 {
		m.Measure([]float32{2, 0, 0})
		old := m.unread.Load()
		m.Read(&r)
		if r.Frames != 3 || r.Clipped != 1 {
			t.Fatalf("turn %d: %+v, want 3 frames and 1 clipped", k, r)
		}
		if m.exchange(old) {
			t.Fatal("what was read was put back")
		}
		m.Silence(2)
		if k%2 == 0 {
			if m.Read(&r); r.Frames != 2 || r.Clipped != 0 {
				t.Fatalf("turn %d: %+v, want 2 frames of silence", k, r)
			}
			m.Read(&r)
		} else {
			m.Silence(5)
			if m.Read(&r); r.Frames != 7 || r.Clipped != 0 {
				t.Fatalf("turn %d: %+v, want 7 frames of silence", k, r)
			}
		}
	}
}
