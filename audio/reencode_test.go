package audio

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// valueOf is a sample as a float64, read byte by byte; what is not finite is 0.
func valueOf(e Encoding, p []byte) (x float64, bad int) {
	b := make([]byte, 8)
	for i, v := range p { // least significant byte first
		if order(e) == binary.BigEndian {
			i = len(p) - 1 - i
		}
		b[i] = v
	}
	w := binary.LittleEndian.Uint64(b)
	switch {
	case e == U8:
		return float64(int(w)-128) / 128, 0
	case e.integer():
		return float64(int64(w<<(64-e.Bits()))>>(64-e.Bits())) / math.Ldexp(1, e.Bits()-1), 0
	case e == FloatLE || e == FloatBE:
		x = float64(math.Float32frombits(uint32(w)))
	case e == Float64LE || e == Float64BE:
		x = math.Float64frombits(w)
	default:
		l := lawTables()[e-MuLaw]
		n := bytes.IndexByte(l.code, p[0]|0x80)
		x = math.Copysign(l.value[n]/l.scale, float64(int(p[0]&0x80)-1))
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, 1
	}
	return x, 0
}

// codeOf is the sample for a finite float64.
func codeOf(e Encoding, x float64) []byte {
	single := float32(min(max(x, -math.MaxFloat32), math.MaxFloat32))
	b := make([]byte, 8)
	switch {
	case e.integer():
		scale := math.Ldexp(1, e.Bits()-1)
		return code(e, int32(min(max(math.RoundToEven(x*scale), -scale), scale-1)))
	case e == FloatLE || e == FloatBE:
		order(e).PutUint32(b, math.Float32bits(single))
	case e == Float64LE || e == Float64BE:
		order(e).PutUint64(b, math.Float64bits(x))
	default:
		b[0] = lawTables()[e-MuLaw].encode(float64(single))
	}
	return b[:e.Bytes()]
}

// samples is n codes of e: random bits, or for floats mostly values near full scale.
func samples(r *rand.Rand, e Encoding, n int) []byte {
	var p []byte
	for range n {
		b := binary.LittleEndian.AppendUint64(nil, r.Uint64())
		if !e.integer() && r.IntN(4) > 0 {
			b = codeOf(e, r.NormFloat64()*math.Ldexp(1, -r.IntN(40)))
		}
		p = append(p, b[:e.Bytes()]...)
	}
	return p
}

// Each encoding into each, against a model.
func TestD12ReencodeAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, from := range Encodings() {
		n := 2*blockSamples + 77
		src := samples(r, from, n)
		values, bad := make([]float64, n), 0
		for i := range values {
			x, b := valueOf(from, src[i*from.Bytes():][:from.Bytes()])
			values[i] = x
			bad += b
		}
		for _, to := range Encodings() {
			got := append(make([]byte, n*to.Bytes()), "beyond"...)
			if b := Reencode(to, from, got, src); b != bad {
				t.Errorf("%v to %v: %d bad samples, want %d", from, to, b, bad)
			}
			if string(got[n*to.Bytes():]) != "beyond" {
				t.Errorf("%v to %v writes too far", from, to)
			}
			for i, x := range values {
				in, out := src[i*from.Bytes():][:from.Bytes()], got[i*to.Bytes():][:to.Bytes()]
				want := codeOf(to, x)
				if from == to && from.integer() {
					want = in
				}
				if !bytes.Equal(out, want) {
					t.Fatalf("%v to %v: % x (%v) becomes % x, want % x", from, to, in, x, out, want)
				}
			}
		}
	}
}

// Holds says the truth: what an encoding holds comes back, of the rest something does
// not.
func TestHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, from := range Encodings() {
		n := 2000
		src := samples(r, from, n)
		Reencode(from, from, src, bytes.Clone(src)) // no NaN
		if from == S24LE || from == S24BE {         // no foreign fourth byte
			x := make([]float32, n)
			from.Decode(x, src)
			from.Encode(src, x, nil)
		}
		if from == MuLaw { // one zero
			src = bytes.ReplaceAll(src, []byte{0x7F}, []byte{0xFF})
		}
		for _, to := range Encodings() {
			there, back := make([]byte, n*to.Bytes()), make([]byte, n*from.Bytes())
			Reencode(to, from, there, src)
			Reencode(from, to, back, there)
			if to.Holds(from) != bytes.Equal(back, src) {
				t.Errorf("%v holds %v: %v, but what comes back says otherwise", to, from, to.Holds(from))
			}
		}
	}
	for _, e := range Encodings() {
		if e.Holds(0) || Encoding(0).Holds(e) || e.Holds(99) || Encoding(99).Holds(e) {
			t.Errorf("%v and no encoding hold one another", e)
		}
	}
}

func TestReencodeNothing(t *testing.T) {
	dst := []byte{1, 2, 3, 4}
	if n := Reencode(S16LE, 0, dst, dst) + Reencode(0, S16LE, dst, dst) + Reencode(S32LE, S32BE, dst, []byte{9, 9, 9}); n != 0 ||
		!bytes.Equal(dst, []byte{1, 2, 3, 4}) {
		t.Errorf("% x, %d bad", dst, n)
	}
}

func TestNegativeZeroOfMuLaw(t *testing.T) {
	for _, through := range []Encoding{FloatLE, FloatBE, Float64LE, Float64BE, MuLaw} {
		there, back := make([]byte, through.Bytes()), make([]byte, 1)
		Reencode(through, MuLaw, there, []byte{0x7F})
		if Reencode(MuLaw, through, back, there); back[0] != 0x7F {
			t.Errorf("through %v, 0x7F comes back as %#x", through, back[0])
		}
	}
}

func TestConvertAllocatesNothing(t *testing.T) {
	floats, d := mixture(rand.New(rand.NewPCG(7, 8)), 1000), NewDither(1)
	for _, e := range Encodings() {
		p, q := make([]byte, 1000*e.Bytes()), make([]byte, 8000)
		if n := testing.AllocsPerRun(10, func() {
			e.Encode(p, floats, nil)
			e.Encode(p, floats, d)
			e.Decode(floats, p)
			for to := U8; to.Valid(); to++ {
				Reencode(to, e, q, p)
			}
		}); n != 0 {
			t.Errorf("%v: %v allocations", e, n)
		}
	}
}
