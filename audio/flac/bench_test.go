package flac_test

import (
	"io"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	reader "github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/flac"
)

// music is a second of something like music: tones with overtones and a floor of noise, in two channels that have much
// in common.
func music(frames int) []float64 {
	r := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, 2*frames)
	for i := range frames {
		t := float64(i) / 48000
		both := 0.0
		for n := 1; n <= 12; n++ {
			both += 0.25 / float64(n) * math.Sin(2*math.Pi*220*float64(n)*t+float64(n*n))
		}
		both *= 0.6 + 0.4*math.Sin(2*math.Pi*3*t)
		x[2*i] = both + 0.05*math.Sin(2*math.Pi*1234*t) + r.NormFloat64()*0.002
		x[2*i+1] = both*0.9 + r.NormFloat64()*0.002
	}
	return x
}

// BenchmarkSecond encodes a second of 48 kHz stereo. realtime is how many times faster than real time that is; percent how
// much of a core one stream takes; size the part of the bytes that is left.
func BenchmarkSecond(b *testing.B) {
	for _, e := range []audio.Encoding{audio.S16LE, audio.S24LE3} {
		b.Run(e.String(), func(b *testing.B) {
			f := audio.Format{Rate: 48000, Channels: 2, Encoding: e}
			sound := samples(music(48000), e)
			m := &nothing{}
			w, err := flac.NewWriter(m, f, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before := spent()
			for b.Loop() {
				if err := w.WriteFrames(sound); err != nil {
					b.Fatal(err)
				}
			}
			report(b, before, float64(m.n)/float64(b.N)/float64(len(sound)))
		})
	}
}

// BenchmarkMewkiz is BenchmarkSecond for the encoder of mewkiz/flac.
func BenchmarkMewkiz(b *testing.B) {
	sound := samples(music(48000), audio.S16LE)
	info := &meta.StreamInfo{BlockSizeMin: 4096, BlockSizeMax: 4096, SampleRate: 48000, NChannels: 2, BitsPerSample: 16}
	m := &nothing{}
	enc, err := reader.NewEncoder(onlyWriter{m}, info)
	if err != nil {
		b.Fatal(err)
	}
	before := spent()
	for b.Loop() {
		for from := 0; from < 48000; from += 4096 {
			n := min(4096, 48000-from)
			fr := &frame.Frame{Header: frame.Header{HasFixedBlockSize: true, BlockSize: uint16(n), SampleRate: 48000, Channels: frame.ChannelsMidSide, BitsPerSample: 16}}
			for c := range 2 {
				sub := &frame.Subframe{NSamples: n, Samples: make([]int32, n)}
				sub.Pred = frame.PredVerbatim
				for i := range n {
					at := 4*(from+i) + 2*c
					sub.Samples[i] = int32(int16(uint16(sound[at]) | uint16(sound[at+1])<<8))
				}
				fr.Subframes = append(fr.Subframes, sub)
			}
			if err := enc.WriteFrame(fr); err != nil {
				b.Fatal(err)
			}
		}
	}
	report(b, before, float64(m.n)/float64(b.N)/float64(len(sound)))
}

// report reports by the processor time since before, so that it does not matter who else works on the machine.
func report(b *testing.B, before time.Duration, size float64) {
	seconds := (spent() - before).Seconds() / float64(b.N)
	b.ReportMetric(1/seconds, "realtime")
	b.ReportMetric(100*seconds, "percent")
	b.ReportMetric(size, "size")
}

// spent returns the processor time of the process.
func spent() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// nothing counts what is written.
type nothing struct{ n int }

func (n *nothing) Write(p []byte) (int, error)          { n.n += len(p); return len(p), nil }
func (*nothing) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (*nothing) Truncate(int64) error                   { return nil }

type onlyWriter struct{ io.Writer }
