package audio

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// edges are the float32 at which something changes: the ends and the middles of the
// steps of each width, zeros, the smallest and the largest, infinities and NaN.
func edges() []float32 {
	list := []float32{0, math.SmallestNonzeroFloat32, math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN()),
		math.Float32frombits(0x7F800001), math.Float32frombits(0x7FFFFFFF), 0x1p-126, 1e-30, 1e30, 65536, 65537, 0x1p31}
	for _, bits := range []int{8, 16, 24, 32} {
		scale := math.Ldexp(1, bits-1)
		for _, step := range []float64{0.5, 1, 1.5, 2.5, 3, scale - 2, scale - 1.5, scale - 1, scale - 0.5, scale, scale + 0.5, scale + 1, 2 * scale} {
			x := float32(step / scale)
			list = append(list, x, math.Nextafter32(x, 0), math.Nextafter32(x, 9))
		}
	}
	for _, x := range list {
		list = append(list, -x)
	}
	return list
}

// mixture is n samples: edges, signals and random bits.
func mixture(r *rand.Rand, n int) []float32 {
	all := edges()
	list := make([]float32, n)
	for i := range list {
		switch r.IntN(4) {
		case 0:
			list[i] = all[r.IntN(len(all))]
		case 1:
			list[i] = math.Float32frombits(r.Uint32())
		default:
			list[i] = float32(r.NormFloat64() * 0.5)
		}
	}
	return list
}

// Vector instructions must give what plain code gives, to the bit, whatever the
// length and the alignment, and touch nothing beyond.
func TestVectorsGiveTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	if !vectors() {
		t.Skip("not tested: vector instructions; this processor has none that are used")
	}
	for _, e := range Encodings() {
		for range 300 {
			n, at := r.IntN(150), r.IntN(9)
			src := mixture(r, n+at)[at:]
			got, want := make([]byte, at+n*e.Bytes()+9), make([]byte, at+n*e.Bytes()+9)
			a := e.Encode(got[at:], src, nil)
			b := e.encodePlain(want[at:at+n*e.Bytes()], src)
			if a != b || !bytes.Equal(got, want) {
				t.Fatalf("%v, %d samples at %d: bad %d and %d, encoded\n% x, want\n% x", e, n, at, a, b, got, want)
			}

			raw := make([]byte, at+n*e.Bytes())
			for i := range raw {
				raw[i] = byte(r.Uint32())
			}
			if e.Bytes() == 4 && r.IntN(2) == 0 {
				for i, x := range src {
					binary.LittleEndian.PutUint32(raw[at+4*i:], math.Float32bits(x))
				}
			}
			x, y := make([]float32, n+3), make([]float32, n+3)
			a, b = e.Decode(x[1:n+1], raw[at:]), e.decodePlain(y[1:n+1], raw[at:])
			for i := range x {
				if math.Float32bits(x[i]) != math.Float32bits(y[i]) || a != b {
					t.Fatalf("%v, %d samples at %d: bad %d and %d, sample %d decoded %v, want %v", e, n, at, a, b, i-1, x[i], y[i])
				}
			}
		}
	}
}
