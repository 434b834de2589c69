package resample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/resample/resampletest"
)

// TestKernels: the vectors give what plain Go gives, to the bit.
func TestKernels(t *testing.T) {
	k := fastest()
	random := rand.New(rand.NewPCG(1, 2))
	value := func() float64 { return math.Ldexp(random.Float64()-0.5, random.IntN(60)-40) }
	for n := unit; n <= 200; n += unit {
		stride := n + unit*random.IntN(3)
		rows, x := make([]float64, 4*stride), make([]float64, 2*n+3)
		for i := range rows {
			rows[i] = value()
		}
		for i := range x {
			x[i] = value()
		}
		w := [4]float64{value(), value(), value(), value()}
		a, b := make([]float64, n+1), make([]float64, n+1)
		blendGo(a[:n], rows, stride, &w)
		k.blend(b[:n], rows, stride, &w)
		for i := range a {
			if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
				t.Fatalf("%d taps: coefficient %d is %x, want %x", n, i, b[i], a[i])
			}
		}
		l1, r1 := dotGo(a[:n], x[1:], x[n+3:])
		l2, r2 := k.dot(a[:n], x[1:], x[n+3:])
		if l1 != l2 || r1 != r2 {
			t.Fatalf("%d taps: sums %x %x, want %x %x", n, l2, r2, l1, r1)
		}
	}
}

func BenchmarkProcess(b *testing.B) {
	for _, q := range Qualities() {
		for name, k := range map[string]kernel{"go": portable, "fastest": fastest()} {
			b.Run(fmt.Sprintf("%s/%s", q, name), func(b *testing.B) {
				r, _ := newWith(Config{2, 48000, 48000, q, 0.01}, k)
				r.Adjust(1.0001)
				in, out := resampletest.Tone(0.02, 256), make([]float32, 2*256)
				b.ReportAllocs()
				frames := 0
				for b.Loop() {
					given, _ := r.Process(out, in)
					frames += given
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(frames), "ns/frame")
			})
		}
	}
}
