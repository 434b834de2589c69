package flac_test

import (
	"bytes"
	"crypto/md5"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	reader "github.com/mewkiz/flac"
	"github.com/mewkiz/flac/meta"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/flac"
)

var errFull = errors.New("no space left")

// memory is a file that may have a limit.
type memory struct {
	b       []byte
	limit   int    // 0: none
	changed func() // after each write; may be nil
}

func (m *memory) Write(p []byte) (int, error) {
	n := len(p)
	if m.limit > 0 {
		n = min(n, m.limit-len(m.b))
	}
	m.b = append(m.b, p[:n]...)
	m.tell()
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (m *memory) WriteAt(p []byte, at int64) (int, error) {
	n := copy(m.b[at:], p)
	m.tell()
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func (m *memory) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(m.b).ReadAt(p, at)
}

func (m *memory) Seek(off int64, whence int) (int64, error) {
	return bytes.NewReader(m.b).Seek(off, whence)
}

func (m *memory) Truncate(size int64) error {
	m.b = m.b[:size]
	m.tell()
	return nil
}

func (m *memory) tell() {
	if m.changed != nil {
		m.changed()
	}
}

// encoded returns the file of some sound, written in pieces of odd sizes.
func encoded(t testing.TB, f audio.Format, sound []byte, more ...string) *memory {
	t.Helper()
	m := &memory{}
	w, err := flac.NewWriter(m, f, []string{"TITLE=test"})
	if err != nil {
		t.Fatal(err)
	}
	for i, sizes := 0, []int{1, 4095, 4097, 9000, 17}; len(sound) > 0; i++ {
		n := min(len(sound), sizes[i%len(sizes)]*f.FrameBytes())
		if err := w.WriteFrames(sound[:n]); err != nil {
			t.Fatal(err)
		}
		sound = sound[n:]
	}
	if err := w.Close(more...); err != nil {
		t.Fatal(err)
	}
	return m
}

// decoded returns what another program reads: the sound up to the first error, and that error; nil: the end of the file.
func decoded(t testing.TB, file []byte) (sound []byte, info *meta.StreamInfo, err error) {
	t.Helper()
	sound, info, err = decodedOrNot(file)
	if info == nil {
		t.Fatal(err)
	}
	return sound, info, err
}

func decodedOrNot(file []byte) (sound []byte, info *meta.StreamInfo, err error) {
	s, err := reader.New(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	for {
		frame, err := s.ParseNext()
		if err == io.EOF {
			return sound, s.Info, nil
		}
		if err != nil {
			return sound, s.Info, err
		}
		for i := range frame.Subframes[0].Samples {
			for _, sub := range frame.Subframes {
				for v, b := sub.Samples[i], 0; b < int(s.Info.BitsPerSample/8); b++ {
					sound = append(sound, byte(v))
					v >>= 8
				}
			}
		}
	}
}

// signals are sounds of many kinds, of so many frames: ±1 is full scale, which noise passes.
func signals(frames, channels int) map[string][]float64 {
	r := rand.New(rand.NewPCG(1, 2))
	make1 := func(f func(i, c int) float64) []float64 {
		x := make([]float64, frames*channels)
		for i := range x {
			x[i] = f(i/channels, i%channels)
		}
		return x
	}
	walk := make([]float64, channels)
	return map[string][]float64{
		"silence":  make1(func(int, int) float64 { return 0 }),
		"constant": make1(func(_, c int) float64 { return 0.25 + float64(c)/10 }),
		"sine":     make1(func(i, c int) float64 { return 0.5 * math.Sin(float64(i)*0.05+float64(c)) }),
		"noise":    make1(func(int, int) float64 { return 2.2*r.Float64() - 1.1 }),
		"quiet":    make1(func(int, int) float64 { return r.NormFloat64() / 3000 }),
		"walk": make1(func(_, c int) float64 {
			walk[c] = max(-1, min(1, walk[c]+r.NormFloat64()/100))
			return walk[c]
		}),
		"square": make1(func(i, _ int) float64 { return 1 - 2*float64(i/50%2) }),
		"impulses": make1(func(i, c int) float64 {
			if i%4096 == c*7 {
				return -1
			}
			return 0
		}),
		"opposite": make1(func(i, c int) float64 { return (1 - 2*float64(c%2)) * math.Sin(float64(i)*0.3) }),
		"half": make1(func(i, _ int) float64 { // a byte of zeros in each sample
			return math.Round(100*math.Sin(float64(i)*0.01)) / 128
		}),
	}
}

// samples returns a signal in an encoding.
func samples(x []float64, e audio.Encoding) []byte {
	b := make([]byte, 0, len(x)*e.Bytes())
	full := math.Ldexp(1, e.Bits()-1)
	for _, s := range x {
		v := int32(max(-full, min(full-1, math.Round(s*full))))
		for range e.Bytes() {
			b = append(b, byte(v))
			v >>= 8
		}
	}
	return b
}

func sum(b []byte) [16]byte { return md5.Sum(b) }
