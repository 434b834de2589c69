package audio

import (
	"math"
	"sync"
	"testing"
)

// law is G.711 written down as its tables are: lists of decision values, with the
// value and the code of each interval.
type law struct {
	e      Encoding
	scale  float64
	border []float64 // of interval n: border[n] to border[n+1]
	value  []float64
	code   []byte // positive
}

var lawTables = sync.OnceValue(func() []law {
	mu := law{e: MuLaw, scale: 8192, border: []float64{0, 1}}
	for _, s := range []struct{ n, size float64 }{{15, 2}, {16, 4}, {16, 8}, {16, 16}, {16, 32}, {16, 64}, {16, 128}, {16, 256}} {
		for range int(s.n) {
			mu.border = append(mu.border, mu.border[len(mu.border)-1]+s.size)
		}
	}
	a := law{e: ALaw, scale: 4096, border: []float64{0}}
	for _, s := range []struct{ n, size float64 }{{32, 2}, {16, 4}, {16, 8}, {16, 16}, {16, 32}, {16, 64}, {16, 128}} {
		for range int(s.n) {
			a.border = append(a.border, a.border[len(a.border)-1]+s.size)
		}
	}
	for n := range 128 {
		mu.value = append(mu.value, (mu.border[n]+mu.border[n+1])/2)
		mu.code = append(mu.code, byte(0xFF-n))
		a.value = append(a.value, (a.border[n]+a.border[n+1])/2)
		a.code = append(a.code, byte(0x80+n)^0x55)
	}
	mu.value[0] = 0
	return []law{mu, a}
})

// encode takes the last interval whose border is not above x.
func (l law) encode(x float64) byte {
	n := 0
	for n < 127 && l.border[n+1] <= math.Abs(x)*l.scale {
		n++
	}
	if x < 0 || x == 0 && math.Signbit(x) && l.e == MuLaw {
		return l.code[n] ^ 0x80
	}
	return l.code[n]
}

func TestG711Tables(t *testing.T) {
	for _, l := range lawTables() {
		if len(l.border) != 129 || l.border[128] != map[Encoding]float64{MuLaw: 8159, ALaw: 4096}[l.e] {
			t.Fatalf("%v: the model ends at %v", l.e, l.border)
		}
		for n, v := range l.value {
			for _, sign := range []float64{1, -1} {
				c := l.code[n]
				if sign < 0 {
					c ^= 0x80
				}
				got, back := make([]float32, 1), make([]byte, 1)
				l.e.Decode(got, []byte{c})
				want := float32(math.Copysign(v, sign) / l.scale)
				if math.Float32bits(got[0]) != math.Float32bits(want) {
					t.Errorf("%v: %#x is decoded as %v, want %v", l.e, c, got[0], want)
				}
				if l.e.Encode(back, got, nil); back[0] != c {
					t.Errorf("%v: %#x comes back as %#x", l.e, c, back[0])
				}
			}
		}
	}
}

func TestG711Encode(t *testing.T) {
	for _, l := range lawTables() {
		var xs []float32
		for v := -32768; v <= 32768; v++ {
			xs = append(xs, float32(v)/32768)
		}
		for _, b := range l.border {
			x := float32(b / l.scale)
			for _, x := range []float32{x, math.Nextafter32(x, 0), math.Nextafter32(x, 9)} {
				xs = append(xs, x, -x)
			}
		}
		for _, x := range edges() {
			if !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) {
				xs = append(xs, x)
			}
		}
		got := make([]byte, len(xs))
		if bad := l.e.Encode(got, xs, nil); bad != 0 {
			t.Errorf("%v: %d bad samples", l.e, bad)
		}
		for i, x := range xs {
			if want := l.encode(float64(x)); got[i] != want {
				t.Errorf("%v: %v is encoded as %#x, want %#x", l.e, x, got[i], want)
			}
		}
	}
}

func TestG711Bad(t *testing.T) {
	bad := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
	for e, want := range map[Encoding]byte{MuLaw: 0xFF, ALaw: 0xD5} {
		p := make([]byte, 3)
		if n := e.Encode(p, bad, nil); n != 3 || p[0] != want || p[1] != want || p[2] != want {
			t.Errorf("%v: bad samples are encoded as % x and counted as %d", e, p, n)
		}
	}
}
