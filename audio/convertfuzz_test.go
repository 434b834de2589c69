package audio

import (
	"bytes"
	"math"
	"testing"
)

// Whatever the bytes are, nothing panics, nothing is written beyond the samples, what
// comes out is finite, and integers are within a step of what went in (with dither,
// two): a wrap would be far away. Vectors and plain code agree.
func FuzzConvert(f *testing.F) {
	for _, e := range Encodings() {
		f.Add(uint8(e), uint8(S16LE), []byte{0, 0x80, 0xFF, 0x7F, 0, 0, 0x80, 0x7F, 0, 0, 0xC0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80})
		f.Add(uint8(FloatLE), uint8(e), bytes.Repeat([]byte{0, 0, 0x80, 0x3F, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0x7F, 0x7F}, 13))
	}
	f.Fuzz(func(t *testing.T, a, b uint8, src []byte) {
		from, to := Encoding(a%16+1), Encoding(b%16+1)
		n := min(len(src)/from.Bytes(), 3*blockSamples)
		src = src[:n*from.Bytes()]
		x, y := make([]float32, n), make([]float32, n)
		bad := from.Decode(x, src)
		if plain := from.decodePlain(y, src[:n*from.Bytes()]); plain != bad {
			t.Errorf("%v: %d bad samples, in plain code %d", from, bad, plain)
		}
		for i := range x {
			want, _ := valueOf(from, src[i*from.Bytes():][:from.Bytes()])
			want = min(max(want, -math.MaxFloat32), math.MaxFloat32)
			if x[i] != float32(want) || math.Float32bits(x[i]) != math.Float32bits(y[i]) {
				t.Errorf("%v: sample %d is decoded as %v, in plain code %v, want %v", from, i, x[i], y[i], want)
			}
		}

		out := append(make([]byte, n*to.Bytes()), "beyond"...)
		check := func(what string, value func(i int) float64, room float64) {
			if string(out[n*to.Bytes():]) != "beyond" {
				t.Errorf("%v to %v, %s: written too far", from, to, what)
			}
			for i := range n {
				got, bad := valueOf(to, out[i*to.Bytes():][:to.Bytes()])
				if bad != 0 {
					t.Errorf("%v to %v, %s: sample %d is not finite", from, to, what, i)
				}
				if want := min(max(value(i), -1), 1); to.integer() && math.Abs(got-want) > room/math.Ldexp(1, to.Bits()-1) {
					t.Errorf("%v to %v, %s: sample %d is %v, want %v", from, to, what, i, got, want)
				}
			}
		}
		single := func(i int) float64 { return float64(x[i]) }
		to.Encode(out, x, nil)
		check("encoded", single, 1) // at +1, the largest code is one step away
		plain := make([]byte, n*to.Bytes())
		if to.encodePlain(plain, x); !bytes.Equal(plain, out[:len(plain)]) {
			t.Errorf("%v to %v: plain code encodes otherwise", from, to)
		}
		to.Encode(out, x, NewDither(uint64(n)))
		check("dithered", single, 2)
		if again := Reencode(to, from, out, src); again != bad {
			t.Errorf("%v to %v: %d bad samples, then %d", from, to, bad, again)
		}
		if from == to && (from == S24LE || from == S24BE) {
			return // copied as it is
		}
		check("reencoded", func(i int) float64 {
			v, _ := valueOf(from, src[i*from.Bytes():][:from.Bytes()])
			return v
		}, 1)
	})
}
