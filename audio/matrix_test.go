package audio

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestMatrixValidate(t *testing.T) {
	inf := float32(math.Inf(-1))
	for _, c := range []struct {
		m    Matrix
		want string
	}{
		{Matrix{}, "0 input channels; use 1..64"},
		{Matrix{65, 1, make([]float32, 65)}, "65 input channels"},
		{Matrix{1, 0, nil}, "0 output channels; use 1..64"},
		{Matrix{-1, -1, []float32{1}}, "-1 input channels"},
		{Matrix{2, 3, make([]float32, 5)}, "from 2 to 3 channels has 5 gains; use 3 rows of 2, 6 in all"},
		{Matrix{2, 1, []float32{1, 16.01}}, "16.01 from channel 1 to channel 0"},
		{Matrix{2, 2, []float32{0, 0, inf, 0}}, "-Inf from channel 0 to channel 1"},
		{Matrix{1, 1, []float32{float32(math.NaN())}}, "NaN from channel 0"},
		{DefaultMatrix(0, 2), "0 input channels"}, {DirectMatrix(2, 65), "0 input channels"},
		{Matrix{2, 1, []float32{-16, 16}}, ""}, {DirectMatrix(64, 64), ""}, {DirectMatrix(1, 64), ""},
	} {
		err := c.m.Validate()
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: error %v, want %q", c.m, err, c.want)
		}
	}
}

// The coefficients of ITU-R BS.775, table 2, divided by the largest sum.
func TestDefaultMatrixBS775(t *testing.T) {
	const h = math.Sqrt2 / 2
	for _, c := range []struct {
		in, out int
		rows    [][]float64
		divide  float64
	}{
		{1, 2, [][]float64{{1}, {1}}, 1},
		{2, 1, [][]float64{{1, 1}}, 2},
		{3, 2, [][]float64{{1, 0, h}, {0, 1, h}}, 1 + h},
		{4, 2, [][]float64{{1, 0, h, 0}, {0, 1, 0, h}}, 1 + h},
		{5, 2, [][]float64{{1, 0, h, 0, h}, {0, 1, 0, h, h}}, 1 + 2*h},
		{6, 2, [][]float64{{1, 0, h, 0, h, 0}, {0, 1, 0, h, h, 0}}, 1 + 2*h},
		{7, 2, [][]float64{{1, 0, h, 0, h, 0, 0.5}, {0, 1, 0, h, h, 0, 0.5}}, 1.5 + 2*h},
		{8, 2, [][]float64{{1, 0, h, 0, h, 0, h, 0}, {0, 1, 0, h, h, 0, 0, h}}, 1 + 3*h},
		{6, 1, [][]float64{{1, 1, h, h, 2 * h, 0}}, 2 * (1 + 2*h)},
		{3, 1, [][]float64{{1, 1, 2 * h}}, 2 * (1 + h)},
		{6, 3, [][]float64{{1, 0, h, 0, 0, 0}, {0, 1, 0, h, 0, 0}, {0, 0, 0, 0, 1, 0}}, 1 + h},
		{6, 4, [][]float64{{1, 0, 0, 0, h, 0}, {0, 1, 0, 0, h, 0}, {0, 0, 1, 0, 0, 0}, {0, 0, 0, 1, 0, 0}}, 1 + h},
		{6, 5, [][]float64{{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}, {0, 0, 1, 0, 0, 0}, {0, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 1, 0}}, 1},
		{7, 4, [][]float64{{1, 0, 0, 0, h, 0, 0}, {0, 1, 0, 0, h, 0, 0}, {0, 0, 1, 0, 0, 0, h}, {0, 0, 0, 1, 0, 0, h}}, 1 + h},
		{8, 4, [][]float64{{1, 0, 0, 0, h, 0, 0, 0}, {0, 1, 0, 0, h, 0, 0, 0}, {0, 0, 1, 0, 0, 0, h, 0}, {0, 0, 0, 1, 0, 0, 0, h}}, 1 + h},
		{2, 6, [][]float64{{1, 0}, {0, 1}, {0, 0}, {0, 0}, {0, 0}, {0, 0}}, 1},
		{1, 6, [][]float64{{0}, {0}, {0}, {0}, {1}, {0}}, 1},
		{1, 4, [][]float64{{1}, {1}, {0}, {0}}, 1},
		{4, 6, [][]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}}, 1},
	} {
		m := DefaultMatrix(c.in, c.out)
		if err := m.Validate(); err != nil || m.In != c.in || m.Out != c.out {
			t.Errorf("%d to %d: %v, error %v", c.in, c.out, m, err)
			continue
		}
		for o, row := range c.rows {
			for i, g := range row {
				if got := float64(m.Gains[o*c.in+i]); math.Abs(got-g/c.divide) > 1e-7 {
					t.Errorf("%d to %d: channel %d goes to %d with %v, want %v", c.in, c.out, i, o, got, g/c.divide)
				}
			}
		}
	}
}

// For all sizes: valid, never above full scale, left and right alike, nothing lost
// but the LFE, and equal widths untouched.
func TestDefaultMatrixAll(t *testing.T) {
	for in := 1; in <= 64; in++ {
		for out := 1; out <= 64; out++ {
			m := DefaultMatrix(in, out)
			if err := m.Validate(); err != nil {
				t.Errorf("%d to %d: %v", in, out, err)
				continue
			}
			if m.IsDirect() != (in == out) {
				t.Errorf("%d to %d is direct: %v", in, out, m.IsDirect())
			}
			if (in > 8 || out > 8) && !slices.Equal(m.Gains, DirectMatrix(in, out).Gains) {
				t.Errorf("%d to %d is not channel to channel: %v", in, out, m.Gains)
			}
			heard := make([]bool, in)
			for o := range out {
				sum := 0.0
				for i, g := range m.Gains[o*in:][:in] {
					sum += math.Abs(float64(g))
					heard[i] = heard[i] || g > 0
				}
				if sum > 1+1e-6 {
					t.Errorf("%d to %d: channel %d has gains of %v", in, out, o, sum)
				}
			}
			for i, ok := range heard {
				if from := DefaultPositions(in); in <= 8 && out <= 8 && !ok && from[i] != LowFrequency {
					t.Errorf("%d to %d: channel %d is lost", in, out, i)
				}
			}
		}
	}
}

// The plan of a ChannelMix changes nothing in the result.
func TestMixerIsTheMatrix(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	list := []Matrix{{1, 2, []float32{1, 1}}, {1, 2, []float32{1, 0.5}}, {2, 2, []float32{0, 1, 1, 0}}, {3, 2, []float32{0, 0, 1, 0, 0, 0}}}
	for in := 1; in <= 9; in++ {
		for out := 1; out <= 9; out++ {
			list = append(list, DefaultMatrix(in, out), DirectMatrix(in, out), randomMatrix(r, in, out, 1), randomMatrix(r, in, out, 0.3))
		}
	}
	list = append(list, randomMatrix(r, 64, 64, 1), randomMatrix(r, 64, 63, 0.1), randomMatrix(r, 2, 64, 0.9))
	for _, m := range list {
		for _, frames := range []int{0, 1, 7, 100} {
			src := make([]float32, frames*m.In)
			for i := range src {
				src[i] = float32(r.NormFloat64())
			}
			got, want := make([]float32, frames*m.Out+1), make([]float32, frames*m.Out+1)
			got[frames*m.Out], want[frames*m.Out] = 99, 99
			x := m.ChannelMix()
			x.Apply(got, src)
			m.Apply(want, src)
			if !slices.Equal(got, want) || x.In() != m.In || x.Out() != m.Out {
				t.Errorf("%v: %v is mixed to %v, want %v", m, src, got, want)
			}
		}
	}
}

func randomMatrix(r *rand.Rand, in, out int, density float64) Matrix {
	m := newMatrix(in, out)
	for i := range m.Gains {
		if r.Float64() < density {
			m.Gains[i] = float32(r.NormFloat64())
		}
	}
	return m
}

func TestMatrixApply(t *testing.T) {
	m := Matrix{3, 2, []float32{1, 0.5, 0, 0, -1, 2}}
	dst := make([]float32, 5)
	m.Apply(dst, []float32{1, 2, 3, 10, 20, 30})
	if want := []float32{2, 4, 20, 40, 0}; !slices.Equal(dst, want) {
		t.Errorf("mixed to %v, want %v", dst, want)
	}
	if DirectMatrix(2, 2).Gains[1] != 0 || (Matrix{2, 2, []float32{1, 0, 0, 0.5}}).IsDirect() || (Matrix{2, 2, []float32{0, 1, 1, 0}}).IsDirect() {
		t.Error("a matrix that changes something is taken for direct")
	}
	defer func() {
		if recover() == nil {
			t.Error("a dst that is too short is no mistake")
		}
	}()
	m.ChannelMix().Apply(dst[:3], make([]float32, 6))
}

func TestMatrixAllocatesNothing(t *testing.T) {
	for _, size := range [][2]int{{1, 2}, {2, 1}, {2, 2}, {6, 2}, {2, 6}, {8, 4}, {64, 64}} {
		m := DefaultMatrix(size[0], size[1])
		x, dst, src := m.ChannelMix(), make([]float32, 10*m.Out), make([]float32, 10*m.In)
		if n := testing.AllocsPerRun(10, func() { x.Apply(dst, src); m.Apply(dst, src) }); n != 0 {
			t.Errorf("%v: %v allocations", size, n)
		}
	}
}

func BenchmarkMixer(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, m := range map[string]Matrix{
		"1to2": DefaultMatrix(1, 2), "2to1": DefaultMatrix(2, 1), "2to2": DirectMatrix(2, 2), "6to2": DefaultMatrix(6, 2),
		"2to6": DefaultMatrix(2, 6), "8to6": DefaultMatrix(8, 6), "64to64full": randomMatrix(r, 64, 64, 1),
	} {
		b.Run(name, func(b *testing.B) {
			const frames = 512
			dst, src := make([]float32, frames*m.Out), signal(frames*m.In)
			x := m.ChannelMix()
			b.ReportAllocs()
			for b.Loop() {
				x.Apply(dst, src)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/frames, "ns/frame")
		})
	}
}

func ExampleDefaultMatrix() {
	m := DefaultMatrix(6, 2)
	fmt.Printf("left  %.4f\nright %.4f\n", m.Gains[:6], m.Gains[6:])
	// Output:
	// left  [0.4142 0.0000 0.2929 0.0000 0.2929 0.0000]
	// right [0.0000 0.4142 0.0000 0.2929 0.2929 0.0000]
}
