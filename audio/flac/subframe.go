package flac

import "math/bits"

// Types of subframes, as their headers have them.
const (
	constant = 0b000000
	verbatim = 0b000001
	fixed    = 0b001000 // and the order
	free     = 0b100000 // and the order less one
)

const (
	maxOrder     = 4  // of a fixed predictor
	maxPartition = 5  // 2^5 partitions of a whole block
	smallParam   = 14 // the largest Rice parameter of 4 bits; 15 is an escape
	bigParam     = 30 // of 5 bits
)

// coder writes subframes. It has room for a block, so that it does not allocate.
type coder struct {
	sums   [2][1 << maxPartition]uint64 // of zigzagged residuals, by partition
	params [1 << maxPartition]uint8
	fixed  coding
	free   coding // of a predictor of its own
	lpc    *lpc
}

// coding is a way to write samples: the first ones as they are, then what a predictor leaves of the others.
type coding struct {
	kind      uint64
	order     int
	residual  []int32
	buf       [blockFrames]int32
	partition int // order of the partitions of Rice codes
	params    [1 << maxPartition]uint8
	cost      uint64 // bits, at most
}

// subframe writes samples of so many bits, and may change them.
func (c *coder) subframe(w *bitWriter, x []int32, size uint) {
	if same(x) {
		c.head(w, constant, 0)
		w.putSigned(x[0], size)
		return
	}
	wasted := shorten(x)
	size -= wasted
	best := c.best(x, size)
	if best.cost >= uint64(uint(len(x))*size) {
		c.head(w, verbatim, wasted)
		for _, v := range x {
			w.putSigned(v, size)
		}
		return
	}
	c.head(w, best.kind, wasted)
	for _, v := range x[:best.order] {
		w.putSigned(v, size)
	}
	if best == &c.free {
		c.lpc.write(w, precisionOf(size))
	}
	best.write(w, len(x))
}

// best returns the coding of samples that takes the fewest bits.
func (c *coder) best(x []int32, size uint) *coding {
	a, b := &c.fixed, &c.free
	a.predict(x)
	c.divide(a, len(x))
	a.cost += uint64(uint(a.order) * size)
	precision := precisionOf(size)
	if len(x) < blockFrames || !c.lpc.find(x, precision) {
		return a
	}
	b.kind, b.order, b.residual = free|lpcOrder-1, lpcOrder, b.buf[:len(x)-lpcOrder]
	if !c.lpc.residual(b.residual, x) {
		return a
	}
	c.divide(b, len(x))
	if b.cost += uint64(lpcOrder*(size+precision) + 4 + 5); b.cost < a.cost {
		return b
	}
	return a
}

// shorten takes zeros away that all samples end in, and returns how many.
func shorten(x []int32) uint {
	all := int32(0)
	for _, v := range x {
		all |= v
	}
	wasted := uint(bits.TrailingZeros32(uint32(all)))
	if wasted > 0 {
		for i := range x {
			x[i] >>= wasted
		}
	}
	return wasted
}

// head writes the header of a subframe.
func (c *coder) head(w *bitWriter, kind uint64, wasted uint) {
	if wasted == 0 {
		w.put(kind<<1, 8)
		return
	}
	w.put(kind<<1|1, 8)
	w.put(1, wasted) // unary
}

func same(x []int32) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// orderOf returns the order of the fixed predictor that leaves the smallest sum.
func orderOf(x []int32) (order int) {
	if len(x) <= 2*maxOrder {
		return 0
	}
	var s0, s1, s2, s3, s4 uint64
	b0 := x[3]
	b1 := x[3] - x[2]
	b2 := b1 - (x[2] - x[1])
	b3 := b2 - (x[2] - 2*x[1] + x[0])
	for _, e0 := range x[4:] {
		e1 := e0 - b0
		e2 := e1 - b1
		e3 := e2 - b2
		e4 := e3 - b3
		b0, b1, b2, b3 = e0, e1, e2, e3
		s0 += uint64(abs(e0))
		s1 += uint64(abs(e1))
		s2 += uint64(abs(e2))
		s3 += uint64(abs(e3))
		s4 += uint64(abs(e4))
	}
	for i, s := range [...]uint64{s1, s2, s3, s4} {
		if s < s0 {
			s0, order = s, i+1
		}
	}
	return order
}

func abs(v int32) uint32 {
	sign := v >> 31
	return uint32((v ^ sign) - sign)
}

// predict fills in what the best fixed predictor leaves.
func (c *coding) predict(x []int32) {
	order := orderOf(x)
	r := c.buf[:len(x)-order]
	c.kind, c.order, c.residual = fixed|uint64(order), order, r
	switch order {
	case 0:
		copy(r, x)
	case 1:
		for i := range r {
			r[i] = x[i+1] - x[i]
		}
	case 2:
		for i := range r {
			r[i] = x[i+2] - 2*x[i+1] + x[i]
		}
	case 3:
		for i := range r {
			r[i] = x[i+3] - 3*x[i+2] + 3*x[i+1] - x[i]
		}
	default:
		for i := range r {
			r[i] = x[i+4] - 4*x[i+3] + 6*x[i+2] - 4*x[i+1] + x[i]
		}
	}
}

// divide finds the partitions of a residual and their Rice parameters, and how many bits it then has, at most.
func (c *coder) divide(b *coding, frames int) {
	finest := min(maxPartition, bits.TrailingZeros(uint(frames)))
	for finest > 0 && frames>>finest <= 2*maxOrder {
		finest--
	}
	sums, other := &c.sums[0], &c.sums[1]
	size := frames >> finest
	from := 0
	for i := range 1 << finest {
		to := (i+1)*size - b.order
		s := uint64(0)
		for _, r := range b.residual[from:to] {
			s += uint64(uint32(r<<1) ^ uint32(r>>31))
		}
		sums[i], from = s, to
	}
	b.cost = ^uint64(0)
	for p := finest; p >= 0; p-- {
		now := uint64(2 + 4)
		for i := range 1 << p {
			n := frames >> p
			if i == 0 {
				n -= b.order
			}
			k, size := riceParam(sums[i], uint64(n))
			c.params[i] = k
			now += size + 5
		}
		if now < b.cost {
			b.cost, b.partition = now, p
			copy(b.params[:], c.params[:1<<p])
		}
		for i := range 1 << p / 2 {
			other[i] = sums[2*i] + sums[2*i+1]
		}
		sums, other = other, sums
	}
}

// riceParam returns the parameter for n numbers with a sum, and how many bits they then have, at most.
func riceParam(sum, n uint64) (k uint8, cost uint64) {
	cost = ^uint64(0)
	first := max(0, bits.Len64(sum/n)-2)
	for try := first; try < min(first+4, bigParam+1); try++ {
		if size := n*uint64(1+try) + sum>>try; size < cost {
			k, cost = uint8(try), size
		}
	}
	return k, cost
}

// write writes the residual.
func (c *coding) write(w *bitWriter, frames int) {
	params := c.params[:1<<c.partition]
	method, width := uint64(0), uint(4)
	for _, k := range params {
		if k > smallParam {
			method, width = 1, 5
		}
	}
	w.put(method, 2)
	w.put(uint64(c.partition), 4)
	from := 0
	for i, k := range params {
		to := (i+1)*(frames>>c.partition) - c.order
		w.put(uint64(k), width)
		w.rice(c.residual[from:to], uint(k))
		from = to
	}
}
