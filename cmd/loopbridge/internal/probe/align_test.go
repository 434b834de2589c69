package probe

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// cycles are made up: those of an engine that is asked from a time on, with a rate and jitter in ns.
func cycles(random *rand.Rand, n int, from, period int64, rate, jitter float64) (all []cycle) {
	for i := range int64(n) {
		ns := from + i*period
		all = append(all, cycle{
			position: uint64(math.Round(float64(ns-from)*rate)) + 1,
			ns:       ns + int64(jitter*random.NormFloat64()),
		})
	}
	return all
}

// TestAlignSameEngine: positions read in the midst of a cycle, and cycles that were not seen, do no harm.
func TestAlignSameEngine(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	played := cycles(random, 300, 1e15, 10e6, 48e-6, 0)
	var recorded []cycle
	for i, c := range played {
		if i%10 == 9 {
			played[i].position += 480
		}
		if i%3 > 0 {
			recorded = append(recorded, cycle{position: uint64(i*480) + 1 + 777, ns: c.ns})
		}
	}
	a, err := align(played, recorded, 0)
	if err != nil || !a.same || a.playedAt(5777) != 5000 || a.recordedAt(5000) != 5777 {
		t.Errorf("%+v, %v", a, err)
	}
	for i := range recorded[150:] { // frames were lost
		recorded[150+i].position += 96
	}
	if _, err := align(played, recorded, 0); !errors.Is(err, errDisturbed) {
		t.Errorf("frames were lost: %v", err)
	}
	if a, err := align(played, recorded, 250*480); err != nil || a.playedAt(5777+96) != 5000 {
		t.Errorf("since then: %+v, %v", a, err)
	}
}

// TestAlignSameEngineLost: frames that both ends have lost are seen, as what is between them may not have.
func TestAlignSameEngineLost(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	cycles := cycles(random, 300, 1e15, 10e6, 48e-6, 0)
	for i := range cycles[100:] {
		cycles[100+i].ns += 10e6
	}
	if _, err := align(cycles, cycles, 0); !errors.Is(err, errDisturbed) {
		t.Errorf("frames were lost: %v", err)
	}
	if a, err := align(cycles, cycles, 101*480); err != nil || a.playedAt(60000) != 60000 {
		t.Errorf("since then: %+v, %v", a, err)
	}
}

// TestAlignTwoEngines: jitter averages out, also between clocks that differ, and a gross error is left out.
func TestAlignTwoEngines(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	const from = int64(9e14)
	played := cycles(random, 400, from, 10e6, 48e-6, 0.2e6)
	recorded := cycles(random, 800, from+3e6+123, 5e6, 48e-6*(1+100e-6), 0.2e6)
	played[50].ns += 40e6
	recorded[333].position += 4800
	a, err := align(played, recorded, 0)
	if err != nil || a.same {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, at := range []float64{1000, 90000, 180000} {
		ns := at / 48e-6
		want := (ns - 3e6 - 123) * 48e-6 * (1 + 100e-6)
		if got := a.recorded.at(a.played.when(at + 1)); math.Abs(got-want-1) > 2 { // two deviations of what that leaves
			t.Errorf("at %.0f: %.2f, want %.2f", at, got, want+1)
		}
	}
}

// TestAlignTwoEnginesSince: frames that were lost before do no harm, and those lost meanwhile are seen, wherever it was.
func TestAlignTwoEnginesSince(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	const from = int64(9e14)
	for _, at := range []int{60, 100, 200, 300, 340} {
		for _, jitter := range []float64{0, 0.2e6} {
			played := cycles(random, 400, from, 10e6, 48e-6, jitter)
			recorded := cycles(random, 400, from+3e6, 10e6, 48e-6, jitter)
			for i := at; i < 400; i++ {
				recorded[i].position -= 480
			}
			if a, err := align(played, recorded, 0); !errors.Is(err, errDisturbed) {
				t.Errorf("frames were lost in cycle %d: %+v, %v", at, a, err)
			}
			a, err := align(played, recorded, uint64(at)*480)
			if want := 190000 - 3e6*48e-6 - 480; err != nil || math.Abs(float64(a.recordedAt(190000))-want) > 6 {
				t.Errorf("since cycle %d: %d, want %.0f, %v", at, a.recordedAt(190000), want, err)
			}
		}
	}
	if _, err := align(cycles(random, 7, from, 10e6, 48e-6, 0), cycles(random, 400, from+1, 10e6, 48e-6, 0), 0); !errors.Is(err, errDisturbed) {
		t.Errorf("seven cycles: %v", err)
	}
}
