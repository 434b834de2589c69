package metering

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// exact is what EBU Tech 3341 and 3342 say of all blocks: integrated loudness, and loudness range.
func exact(blocks []float64) (integrated, spread float64) {
	gated := func(blocks []float64, gate float64) (left []float64) {
		for _, p := range blocks {
			if lufs(p) >= gate {
				left = append(left, p)
			}
		}
		return left
	}
	mean := func(blocks []float64) float64 {
		sum := 0.0
		for _, p := range blocks {
			sum += p
		}
		return lufs(sum / float64(len(blocks)))
	}
	loud := gated(blocks, floor)
	if len(loud) == 0 {
		return silence(), 0
	}
	integrated = mean(gated(loud, mean(loud)+blockGate))
	left := gated(loud, mean(loud)+rangeGate)
	slices.Sort(left)
	at := func(part float64) float64 { return lufs(left[int(math.Round(float64(len(left)-1)*part))]) }
	return integrated, at(upmostPart) - at(lowestPart)
}

// The histograms tell what sorting all blocks tells. Blocks within a step of the gate may be on the wrong side of it, so
// they are left out here.
func TestHistogramsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		middle := rapid.Float64Range(-80, -11).Draw(t, "middle") // up to 29 LUFS: there is an end at 30
		spread := rapid.Float64Range(0, 40).Draw(t, "spread")
		draws := rapid.SliceOfN(rapid.Float64Range(-1, 1), 1, 500).Draw(t, "blocks")
		var blocks []float64
		for _, d := range draws {
			blocks = append(blocks, powerOf(middle+d*spread))
		}
		clean := func(gate float64) {
			sum, n := 0.0, 0
			for _, p := range blocks {
				if lufs(p) >= floor {
					sum, n = sum+p, n+1
				}
			}
			edge := lufs(sum/float64(n)) + gate
			for _, p := range blocks {
				if d := math.Abs(lufs(p) - edge); d < 1.0/perLU {
					t.Skip("on the gate")
				}
			}
		}
		clean(blockGate)
		clean(rangeGate)
		a, b := newHistogram(), newHistogram()
		for _, p := range blocks {
			a.add(p)
			b.add(p)
		}
		integrated, spreads := exact(blocks)
		if got := a.integrated(); got != integrated && math.Abs(got-integrated) > 1e-9 {
			t.Errorf("integrated %v, want %v", got, integrated)
		}
		if got := b.spread(); math.Abs(got-spreads) > 2.0/perLU {
			t.Errorf("range %v, want %v", got, spreads)
		}
	})
}

// Four days of blocks take the memory of one, and lose nothing to rounding; so a month loses less than 1e-8.
func TestManyBlocks(t *testing.T) {
	h := newHistogram()
	const many = 4 * 24 * 3600 * 10 / 21 * 21
	for i := range many {
		h.add(powerOf(-23 + float64(i%21-10)*0.2))
	}
	sum := 0.0
	for i := range 21 {
		sum += powerOf(-23 + float64(i-10)*0.2)
	}
	if got, want := h.integrated(), lufs(sum/21); math.Abs(got-want) > 1e-9 || h.count != many {
		t.Errorf("of %d blocks %v, want %v", h.count, got, want)
	}
}
