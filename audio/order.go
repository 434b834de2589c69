package audio

import (
	"encoding/binary"
	"slices"
)

// Order rearranges the channels of frames. It serves one goroutine at a time; the zero value
// leaves frames unchanged.
type Order struct {
	from  []int // the input channel of each output channel
	size  int   // of a sample, in bytes
	frame []byte
}

// NewOrder returns an Order that rearranges frames of format f to the positions to. Channels go
// where their position is. Those without a match are paired in their order, side with rear
// first: the surround channels of 5.1 may be called either. The Order does nothing if positions
// are unknown or equal.
func NewOrder(f Format, to Positions) Order {
	from := match(f.Positions, to)
	if from == nil || len(from) != f.Channels {
		return Order{}
	}
	return Order{from, f.Encoding.Bytes(), make([]byte, f.FrameBytes())}
}

// IsZero reports whether o leaves frames unchanged.
func (o Order) IsZero() bool { return o.from == nil }

// beside returns the position that stands in for a missing p, or 0.
func beside(p Position) Position {
	switch p {
	case SideLeft:
		return RearLeft
	case SideRight:
		return RearRight
	case RearLeft:
		return SideLeft
	case RearRight:
		return SideRight
	}
	return 0
}

// match returns, for each channel of to, the channel of from that belongs there, or nil if they
// are in the same order or unknown.
func match(from, to Positions) []int {
	a, b := from.list(), to.list()
	if len(a) != len(b) || len(a) == 0 {
		return nil
	}
	channels, used := make([]int, len(b)), make([]bool, len(a))
	take := func(o, i int) {
		if i >= 0 {
			channels[o], used[i] = i, true
		}
	}
	for o, p := range b {
		channels[o] = -1
		take(o, slices.Index(a, p))
	}
	for o, p := range b {
		if channels[o] >= 0 {
			continue
		}
		if i := slices.Index(a, beside(p)); i >= 0 && !used[i] {
			take(o, i)
		}
	}
	for o := range b {
		if channels[o] < 0 {
			take(o, slices.Index(used, false))
		}
	}
	for o, i := range channels {
		if o != i {
			return channels
		}
	}
	return nil
}

// Apply fills the beginning of dst with the whole frames of src, rearranged; dst may be src. It
// allocates nothing.
func (o Order) Apply(dst, src []byte) {
	n := len(o.frame)
	if n == 0 {
		copy(dst, src)
		return
	}
	for ; len(src) >= n; dst, src = dst[n:], src[n:] {
		in := src[:n]
		if &in[0] == &dst[0] {
			copy(o.frame, in)
			in = o.frame
		}
		o.apply(dst[:n], in)
	}
}

// apply rearranges one frame.
func (o Order) apply(dst, src []byte) {
	le := binary.LittleEndian
	switch o.size {
	case 1:
		for to, from := range o.from {
			dst[to] = src[from]
		}
	case 2:
		for to, from := range o.from {
			le.PutUint16(dst[2*to:], le.Uint16(src[2*from:]))
		}
	case 4:
		for to, from := range o.from {
			le.PutUint32(dst[4*to:], le.Uint32(src[4*from:]))
		}
	default:
		for to, from := range o.from {
			copy(dst[to*o.size:][:o.size], src[from*o.size:])
		}
	}
}
