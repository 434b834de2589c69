package mixer

import (
	"math/rand/v2"
	"os"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"github.com/loopbridge/loopbridge/audio"
)

// Vectors give what plain Go gives, to the bit, whatever the length and the alignment,
// and touch nothing beyond.
func TestVectorsGiveTheSame(t *testing.T) {
	if addVector(make([]float32, 64), make([]float32, 64)) == 0 {
		t.Skipf("not tested: vector instructions; this processor (%s) has none that are used", runtime.GOARCH)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for channels := 1; channels <= audio.MaxChannels; channels++ {
		for range 20 {
			n, at, to := channels*r.IntN(1+300/channels), r.IntN(9), r.IntN(9)
			src := noise(r, at+n)[at:]
			a := noise(r, to+n+9)
			b := append([]float32(nil), a...)
			x, y := a[to:to+n], b[to:to+n]
			s := newShape(channels)
			from, wanted := noise(r, channels), noise(r, channels)

			add := func() {
				Add(x, src)
				for i := range y {
					y[i] += src[i]
				}
				sameBits(t, "add", a, b)
			}
			add()
			if n == 0 {
				continue
			}
			s.slope(from, wanted, n)
			scale(x, src, &s)
			scaleGo(y, src, &s, 0)
			sameBits(t, "scale", a, b)
			add()
			scaleAdd(x, src, &s)
			scaleAddGo(y, src, &s, 0)
			sameBits(t, "scaleAdd", a, b)
			slideAdd(x, src, &s)
			slideAddGo(y, src, &s, 0)
			sameBits(t, "slideAdd", a, b)
			slide(x, src, &s)
			slideGo(y, src, &s, 0)
			sameBits(t, "slide", a, b)
			slide(x, x, &s)
			slideGo(y, y, &s, 0)
			sameBits(t, "slide in place", a, b)

			p, q := make([]float32, len(s.to)), make([]float32, len(s.to))
			u, v := make([]float64, len(s.to)), make([]float64, len(s.to))
			measureGo(p, u, src, measureVector(p, u, src))
			measureGo(q, v, src, 0)
			sameBits(t, "peaks", p, q)
			for i := range u {
				if u[i] != v[i] {
					t.Fatalf("%d channels: sum of squares %d is %v, want %v", channels, i, u[i], v[i])
				}
			}
		}
	}
}

// The shape repeats where a frame and a vector begin together, and not before.
func TestShape(t *testing.T) {
	for channels := 1; channels <= audio.MaxChannels; channels++ {
		s := newShape(channels)
		n := unit
		for n%channels != 0 {
			n += unit
		}
		if len(s.to) != n || s.frames != float32(n/channels) || len(s.step) != n || len(s.offset) != n {
			t.Errorf("%d channels: a period of %d samples, %v frames, want %d", channels, len(s.to), s.frames, n)
		}
	}
}

// room is n samples behind which nothing can be read or written.
func room(t *testing.T, n int) []float32 {
	page := os.Getpagesize()
	size := (4*n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	if err := syscall.Mprotect(m[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&m[size-4*n])), n)
}

func TestVectorsStayInside(t *testing.T) {
	const most = 140
	a, b := room(t, most), room(t, most)
	for _, channels := range []int{1, 2, 3, 7, 8, 64} {
		f, m := NewFader(channels, Neutral()), NewMeter(channels)
		for n := 0; n <= most; n += channels {
			dst, src := a[most-n:], b[most-n:]
			for gain := range 6 {
				f.Set(Setting{Gain: 50 * gain, Balance: 40})
				f.Apply(dst, src)
				f.Mix(dst, src)
				f.Set(Setting{Gain: 3 * gain, Balance: 4})
				f.Mix(dst, src)
				f.Apply(dst, src)
			}
			Add(dst, src)
			m.Measure(src)
		}
	}
}
