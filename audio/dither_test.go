package audio

import (
	"bytes"
	"math"
	"math/cmplx"
	"testing"
)

const ditherSamples = 1 << 17

// errorsOf encodes x, in steps of e, and returns the errors in steps.
func errorsOf(e Encoding, d *Dither, steps []float64) []float64 {
	scale := math.Ldexp(1, e.Bits()-1)
	src, p := make([]float32, len(steps)), make([]byte, len(steps)*e.Bytes())
	for i, v := range steps {
		src[i] = float32(v / scale)
	}
	e.Encode(p, src, d)
	e.Decode(src, p)
	errs := make([]float64, len(steps))
	for i, v := range steps {
		errs[i] = float64(src[i])*scale - v
	}
	return errs
}

func constant(v float64) []float64 {
	list := make([]float64, ditherSamples)
	for i := range list {
		list[i] = v
	}
	return list
}

func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, variance
}

// Wherever between two steps a value lies, the error has mean 0 and the variance 1/4:
// 1/6 of the noise and 1/12 of rounding. Noise of another shape or width fails.
func TestDitherMoments(t *testing.T) {
	for _, e := range Encodings() {
		if !e.integer() || e.Bits() > 24 {
			continue
		}
		t.Run(e.String(), func(t *testing.T) { ditherMoments(t, e) })
	}
}

func ditherMoments(t *testing.T, e Encoding) {
	t.Parallel()
	d := NewDither(uint64(e))
	for _, v := range []float64{0, 0.125, 0.25, 0.5, -0.375, 1, -7.75, 100.5} {
		errs := errorsOf(e, d, constant(v))
		mean, variance := moments(errs)
		if math.Abs(mean) > 5*0.5/math.Sqrt(ditherSamples) || math.Abs(variance-0.25) > 0.004 {
			t.Errorf("%v at %v: the error has mean %v and variance %v", e, v, mean, variance)
		}
		for _, x := range errs {
			if math.Abs(x) > 1.5 {
				t.Fatalf("%v at %v: an error of %v steps", e, v, x)
			}
		}
	}
}

// Silence is dithered too: ±1 an eighth of the time each.
func TestDitherOfSilence(t *testing.T) {
	counts := map[float64]float64{}
	for _, x := range errorsOf(S16LE, NewDither(0), constant(0)) {
		counts[x] += 1.0 / ditherSamples
	}
	for x, want := range map[float64]float64{-1: 0.125, 0: 0.75, 1: 0.125} {
		if math.Abs(counts[x]-want) > 0.004 || len(counts) != 3 {
			t.Errorf("%v comes %v of the time, want %v", x, counts[x], want)
		}
	}
}

// The error is white, and knows nothing of a tone smaller than a step: without
// dither that would vanish, with other dither its harmonics would show.
func TestDitherIsWhite(t *testing.T) {
	for name, signal := range map[string]func(i int) float64{
		"silence": func(i int) float64 { return 0 },
		"tone":    func(i int) float64 { return 0.7 * math.Sin(2*math.Pi*3*float64(i)/64) },
	} {
		steps := make([]float64, ditherSamples)
		for i := range steps {
			steps[i] = signal(i)
		}
		errs := errorsOf(S16LE, NewDither(42), steps)
		for lag := 1; lag <= 100; lag++ {
			sum := 0.0
			for i := lag; i < len(errs); i++ {
				sum += errs[i] * errs[i-lag]
			}
			if c := sum / float64(len(errs)) / 0.25; math.Abs(c) > 5/math.Sqrt(ditherSamples) {
				t.Errorf("%s: errors %d samples apart correlate by %v", name, lag, c)
			}
		}
		const size = 64
		blocks := len(errs) / size
		for k := 1; k < size/2; k++ {
			power, sum := 0.0, complex(0, 0)
			for b := range blocks {
				x := complex(0, 0)
				for i, v := range errs[b*size:][:size] {
					x += complex(v, 0) * cmplx.Rect(1, -2*math.Pi*float64(k*i)/size)
				}
				power += real(x)*real(x) + imag(x)*imag(x)
				sum += x
			}
			if p := power / float64(blocks) / size / 0.25; math.Abs(p-1) > 6/math.Sqrt(float64(blocks)) {
				t.Errorf("%s: at %d/%d of the rate there is %v times the mean power", name, k, size, p)
			}
			if a := cmplx.Abs(sum) / math.Sqrt(float64(blocks)*size*0.25); a > 4.5 {
				t.Errorf("%s: a tone at %d/%d of the rate, %v of the noise", name, k, size, a)
			}
		}
	}
}

// Only integers of up to 24 bits are dithered; the blocks do not matter; the ends
// saturate; bad samples count and are silence.
func TestDitherUse(t *testing.T) {
	src := signal(3000)
	for _, e := range Encodings() {
		whole, parts, plain := make([]byte, 3000*e.Bytes()), make([]byte, 3000*e.Bytes()), make([]byte, 3000*e.Bytes())
		e.Encode(whole, src, NewDither(9))
		d := NewDither(9)
		for i := 0; i < 3000; i += 479 {
			end := min(i+479, 3000)
			e.Encode(parts[i*e.Bytes():end*e.Bytes()], src[i:end], d)
		}
		if !bytes.Equal(whole, parts) {
			t.Errorf("%v: blocks change the noise", e)
		}
		e.Encode(plain, src, nil)
		if bytes.Equal(plain, whole) != (!e.integer() || e.Bits() > 24) {
			t.Errorf("%v: dithered or not is the wrong way round", e)
		}
		e.Encode(parts, src, NewDither(10))
		if e.integer() && e.Bits() <= 24 && bytes.Equal(whole, parts) {
			t.Errorf("%v: another seed gives the same noise", e)
		}
		if !e.integer() {
			continue
		}
		nan := float32(math.NaN())
		bad := e.Encode(whole, []float32{1, -1, 9, -9, math.MaxFloat32, -math.MaxFloat32, nan, float32(math.Inf(-1))}, d)
		limit := 2 / math.Ldexp(1, e.Bits()-1)
		for i, want := range []float64{1, -1, 1, -1, 1, -1, 0, 0} {
			if x, _ := valueOf(e, whole[i*e.Bytes():][:e.Bytes()]); math.Abs(x-want) > limit || bad != 2 {
				t.Errorf("%v: sample %d is %v, want %v; %d bad", e, i, x, want, bad)
			}
		}
	}
}
