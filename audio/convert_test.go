package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// signal is a tone that uses all bits and never clips.
func signal(n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(0.9 * math.Sin(float64(i)*0.123456))
	}
	return s
}

// order is the byte order of an encoding, from its name.
func order(e Encoding) binary.ByteOrder {
	if strings.HasSuffix(e.String(), "BE") {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// code is one linear integer as e stores it.
func code(e Encoding, v int32) []byte { return appendCode(nil, e, v) }

func appendCode(p []byte, e Encoding, v int32) []byte {
	if e == U8 {
		v += 128
	}
	b := [4]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
	if (e-S16LE)%2 != 0 && e > S16LE { // big endian
		b[0], b[1], b[2], b[3] = b[3], b[2], b[1], b[0]
		return append(p, b[4-encodings[e].bytes:]...)
	}
	return append(p, b[:encodings[e].bytes]...)
}

// All codes of 8, 16 and 24 bits become the float32 they stand for, and come back.
func TestD12Exact(t *testing.T) {
	if raced {
		t.Skip("the race detector makes it many times slower, and has one goroutine to look at")
	}
	for _, e := range Encodings() {
		if !e.integer() || e.Bits() > 24 {
			continue
		}
		t.Run(e.String(), func(t *testing.T) {
			t.Parallel()
			scale := int32(1) << (e.Bits() - 1)
			const block = 1 << 14
			var raw []byte
			want := make([]float32, 0, block)
			got, back := make([]float32, block), make([]byte, 4*block)
			for v := -scale; v < scale; v++ {
				raw = appendCode(raw, e, v)
				want = append(want, float32(float64(v)/float64(scale)))
				if len(want) < block && v < scale-1 {
					continue
				}
				got, back := got[:len(want)], back[:len(raw)]
				if bad := e.Decode(got, raw) + e.Encode(back, got, nil); bad != 0 {
					t.Fatalf("%d bad samples", bad)
				}
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("% x is decoded as %v, want %v", raw[i*e.Bytes():][:e.Bytes()], got[i], want[i])
					}
				}
				if !bytes.Equal(back, raw) {
					t.Fatalf("codes up to %d do not come back", v)
				}
				e.decodePlain(got, raw)
				clear(back)
				if e.encodePlain(back, got); !bytes.Equal(back, raw) {
					t.Fatalf("codes up to %d do not come back in plain code", v)
				}
				raw, want = raw[:0], want[:0]
			}
		})
	}
}

// Every edge, against a model in float64.
func TestEncodeRoundsAndSaturates(t *testing.T) {
	for _, e := range Encodings() {
		if !e.integer() {
			continue
		}
		scale := math.Ldexp(1, e.Bits()-1)
		for _, x := range edges() {
			v, bad := 0.0, 0
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				bad = 1
			} else {
				v = min(max(math.RoundToEven(float64(x)*scale), -scale), scale-1)
			}
			want := code(e, int32(v))
			for _, n := range []int{1, 32} { // plain, vectors
				src, got := make([]float32, n), make([]byte, n*e.Bytes())
				src[n/2] = x
				if b := e.Encode(got, src, nil); b != bad || !bytes.Equal(got[n/2*e.Bytes():][:e.Bytes()], want) {
					t.Errorf("%v: %v is encoded as % x, bad %d; want % x, %d", e, x, got[n/2*e.Bytes():], b, want, bad)
				}
			}
		}
	}
}

func TestS24PaddingByte(t *testing.T) {
	for _, c := range []struct {
		e   Encoding
		raw []byte
		v   float32
		out []byte
	}{
		{S24LE, []byte{1, 0, 0x80, 0x55}, -1 + 0x1p-23, []byte{1, 0, 0x80, 0xFF}},
		{S24BE, []byte{0x55, 0x80, 0, 1}, -1 + 0x1p-23, []byte{0xFF, 0x80, 0, 1}},
		{S24LE, []byte{1, 0, 0x40, 0xFF}, 0.5 + 0x1p-23, []byte{1, 0, 0x40, 0}},
		{S24BE, []byte{0xFF, 0x40, 0, 1}, 0.5 + 0x1p-23, []byte{0, 0x40, 0, 1}},
	} {
		for _, n := range []int{1, 16} {
			dst, back := make([]float32, n), make([]byte, 4*n)
			c.e.Decode(dst, bytes.Repeat(c.raw, n))
			if c.e.Encode(back, dst, nil); dst[n-1] != c.v || !bytes.Equal(back, bytes.Repeat(c.out, n)) {
				t.Errorf("%v: % x is decoded as %v and encoded as % x", c.e, c.raw, dst, back)
			}
		}
	}
}

func TestDecode32Rounds(t *testing.T) {
	for _, e := range []Encoding{S32LE, S32BE} {
		for _, v := range []int32{0, 1, -1, math.MaxInt32, math.MinInt32, math.MinInt32 + 1, 1<<24 + 1, 1<<24 + 3, 0x12345678, -0x12345678} {
			for _, n := range []int{1, 16} {
				dst := make([]float32, n)
				e.Decode(dst, bytes.Repeat(code(e, v), n))
				if want := float32(float64(v) / (1 << 31)); dst[0] != want || dst[n-1] != want {
					t.Errorf("%v: %d is decoded as %v, want %v", e, v, dst, want)
				}
			}
		}
	}
}

func TestFloatsPassAndBadOnesCount(t *testing.T) {
	for _, e := range []Encoding{FloatLE, FloatBE, Float64LE, Float64BE} {
		for _, n := range []int{1, 16, 21} {
			for _, x := range edges() {
				src, want := make([]float32, n), x
				for i := range src {
					src[i] = x
				}
				bad := 0
				if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
					bad, want = n, 0
				}
				raw, got := make([]byte, n*e.Bytes()), make([]float32, n)
				a := e.Encode(raw, src, nil)
				if e.Decode(got, raw) != 0 || a != bad || math.Float32bits(got[n-1]) != math.Float32bits(want) {
					t.Errorf("%v: %d × %v comes back as %v, %d bad", e, n, x, got, a)
				}
				for i := range src { // as a stranger stores them
					if e.Bytes() == 4 {
						order(e).PutUint32(raw[4*i:], math.Float32bits(x))
					} else {
						order(e).PutUint64(raw[8*i:], math.Float64bits(float64(x)))
					}
				}
				if a := e.Decode(got, raw); a != bad || math.Float32bits(got[n-1]) != math.Float32bits(want) {
					t.Errorf("%v: %d × %v is decoded as %v, %d bad", e, n, x, got, a)
				}
			}
		}
	}
}

func TestDecodeFloat64BeyondFloat32(t *testing.T) {
	for x, want := range map[float64]float32{
		1e39: math.MaxFloat32, -1e39: -math.MaxFloat32, math.MaxFloat64: math.MaxFloat32, 1e-60: 0,
		math.Nextafter(math.MaxFloat32, 1e40): math.MaxFloat32, math.MaxFloat32 + 0x1p103: math.MaxFloat32, 1.0 / 3: 1.0 / 3, 1 + 0x1p-24: 1, 1 + 0x3p-24: 1 + 0x1p-22,
	} {
		for _, e := range []Encoding{Float64LE, Float64BE} {
			raw, got := make([]byte, 8), make([]float32, 1)
			order(e).PutUint64(raw, math.Float64bits(x))
			if bad := e.Decode(got, raw); got[0] != want || bad != 0 {
				t.Errorf("%v: %v is decoded as %v, bad %d; want %v", e, x, got, bad, want)
			}
		}
	}
}

func TestSilenceIsZero(t *testing.T) {
	for _, e := range Encodings() {
		p, x, back := make([]byte, 37*e.Bytes()), make([]float32, 37), make([]byte, 37*e.Bytes())
		e.Silence(p)
		e.Decode(x, p)
		e.Encode(back, make([]float32, 37), nil)
		for _, v := range x {
			if v != 0 && e != ALaw || math.Abs(float64(v)) > 1.0/4096 {
				t.Fatalf("%v: silence is decoded as %v", e, v)
			}
		}
		if !bytes.Equal(p, back) {
			t.Errorf("%v: zeros are encoded as % x, want % x", e, back, p)
		}
	}
}

// Wrong lengths are mistakes of the caller and must not go unnoticed.
func TestConvertShort(t *testing.T) {
	panics := func(what string, f func()) {
		defer func() {
			if recover() == nil {
				t.Errorf("%s: no panic", what)
			}
		}()
		f()
	}
	for _, e := range Encodings() {
		short := make([]byte, 32*e.Bytes())[:32*e.Bytes()-1]
		panics(fmt.Sprintf("%v decode", e), func() { e.Decode(make([]float32, 32), short) })
		panics(fmt.Sprintf("%v encode", e), func() { e.Encode(short, make([]float32, 32), nil) })
		if e.Decode(nil, nil)+e.Encode(nil, nil, nil)+e.Encode(nil, nil, NewDither(1)) != 0 {
			t.Errorf("%v: bad samples among none", e)
		}
	}
	x := []float32{1, 2}
	if Encoding(0).Decode(x, nil); x[0] != 0 || x[1] != 0 || Encoding(99).Encode(nil, x, nil) != 0 {
		t.Errorf("no encoding is decoded as %v", x)
	}
}
