package measure

import (
	"math/bits"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
)

// The orders of a sequence.
const (
	MinOrder = 10
	MaxOrder = 18
)

// Sequence is a maximum-length sequence. Make one with New.
type Sequence struct {
	order  int
	states []uint32 // of the register, by time: bit j is what comes j frames later
	masks  []uint32 // by delay j: which bits of a state add up to what comes j frames later
}

// New returns the sequence of 2^order − 1 frames. ErrInvalid: the order is out of range.
func New(order int) (*Sequence, error) {
	if order < MinOrder || order > MaxOrder {
		return nil, audio.ErrInvalid.With("order %d is out of range; use %d..%d", order, MinOrder, MaxOrder)
	}
	s := &Sequence{order: order, states: make([]uint32, 1<<order-1), masks: make([]uint32, 1<<order-1)}
	taps, state, mask := taps(order), uint32(1), uint32(1)
	for i := range s.states {
		s.states[i], s.masks[i] = state, mask
		next := uint32(bits.OnesCount32(state&taps) & 1)
		state = state>>1 | next<<(order-1)
		if mask <<= 1; mask>>order != 0 {
			mask ^= 1<<order | taps
		}
	}
	return s, nil
}

// taps returns a primitive polynomial without its highest term: bit k is the coefficient of x to the k.
func taps(order int) uint32 {
	return [...]uint32{
		0b1001, 0b101, 0b1010011, 0b11011, 0b10001000011, 0b11, 0b1000000001011, 0b1001, 0b10000001,
	}[order-MinOrder]
}

// Len returns the frames of a period.
func (s *Sequence) Len() int { return len(s.states) }

// At returns 1 or −1, for any frame i from the beginning of a period on.
func (s *Sequence) At(i int) float32 {
	return 1 - 2*float32(s.states[i%len(s.states)]&1)
}

// Response returns the impulse response, by delay in frames, in one period of what was recorded, if the frames
// played were ±1.
func (s *Sequence) Response(period []float64) []float64 {
	sums := make([]float64, 1<<s.order)
	for t, y := range period {
		sums[s.states[t]] = y
	}
	hadamard(sums)
	n := len(s.states)
	h := make([]float64, n)
	for d := range h {
		h[d] = sums[s.masks[(n-d)%n]]
	}
	rest := median(h)
	for d := range h {
		h[d] = (h[d] - rest) / float64(n+1)
	}
	return h
}

// hadamard replaces x, 2ⁿ long, with its Walsh–Hadamard transform.
func hadamard(x []float64) {
	for half := 1; half < len(x); half *= 2 {
		for at := 0; at < len(x); at += 2 * half {
			a, b := x[at:at+half], x[at+half:at+2*half]
			for i, v := range a {
				a[i], b[i] = v+b[i], v-b[i]
			}
		}
	}
}

func median(x []float64) float64 {
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
