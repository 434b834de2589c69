package audio

import "testing"

// benchSamples is 10 ms of 48 kHz stereo, rounded up.
const benchSamples = 1024

// The reference: what it takes only to copy a block of float32. SetBytes is always
// the float32 side, so that MB/s compare.
func BenchmarkCopy(b *testing.B) {
	dst, src := make([]float32, benchSamples), signal(benchSamples)
	b.SetBytes(4 * benchSamples)
	for b.Loop() {
		copy(dst, src)
	}
}

func BenchmarkDecode(b *testing.B) {
	benchEncodings(b, func(e Encoding, dst []float32, src []byte) { e.Decode(dst, src) })
}

func BenchmarkDecodePlain(b *testing.B) {
	benchEncodings(b, func(e Encoding, dst []float32, src []byte) { e.decodePlain(dst, src) })
}

func BenchmarkEncode(b *testing.B) {
	benchEncodings(b, func(e Encoding, src []float32, dst []byte) { e.Encode(dst, src, nil) })
}

func BenchmarkEncodePlain(b *testing.B) {
	benchEncodings(b, func(e Encoding, src []float32, dst []byte) { e.encodePlain(dst, src) })
}

func BenchmarkEncodeDither(b *testing.B) {
	d := NewDither(1)
	benchEncodings(b, func(e Encoding, src []float32, dst []byte) { e.Encode(dst, src, d) })
}

func benchEncodings(b *testing.B, f func(e Encoding, floats []float32, bytes []byte)) {
	for _, e := range Encodings() {
		b.Run(e.String(), func(b *testing.B) {
			floats, bytes := signal(benchSamples), make([]byte, benchSamples*e.Bytes())
			e.Encode(bytes, floats, nil)
			b.SetBytes(4 * benchSamples)
			b.ReportAllocs()
			for b.Loop() {
				f(e, floats, bytes)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/benchSamples, "ns/sample")
		})
	}
}

func BenchmarkReencode(b *testing.B) {
	for _, c := range []struct{ to, from Encoding }{
		{S32BE, S32LE}, {Float64LE, S32LE}, {S32LE, Float64LE}, {S16LE, S32LE}, {S16BE, S16LE}, {S32LE, S16LE},
	} {
		b.Run(c.from.String()+"_to_"+c.to.String(), func(b *testing.B) {
			dst, src := make([]byte, benchSamples*c.to.Bytes()), make([]byte, benchSamples*c.from.Bytes())
			c.from.Encode(src, signal(benchSamples), nil)
			b.SetBytes(4 * benchSamples)
			for b.Loop() {
				Reencode(c.to, c.from, dst, src)
			}
		})
	}
}
