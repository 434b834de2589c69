package audio

// ChannelMix is a Matrix prepared for speed. It is immutable and may be shared.
type ChannelMix struct {
	in, out int
	apply   func(x *ChannelMix, dst, src []float32)

	from  []int32   // route: the input of each output, -1 for silence
	gains []float32 // pair: the two gains; dense: quads of rows, input by input
	terms []term    // sparse: all rows, one after the other
	ends  []int32   // sparse: where each row ends in terms
}

type term struct {
	in   int32
	gain float32
}

// ChannelMix prepares m, which must be valid. The result holds copies.
func (m Matrix) ChannelMix() *ChannelMix {
	x := &ChannelMix{in: m.In, out: m.Out}
	used, routed := 0, true
	for o := range m.Out {
		from := int32(-1)
		for i, g := range m.Gains[o*m.In:][:m.In] {
			if g == 0 {
				continue
			}
			used++
			routed = routed && g == 1 && from < 0
			from = int32(i)
			x.terms = append(x.terms, term{int32(i), g})
		}
		x.from = append(x.from, from)
		x.ends = append(x.ends, int32(len(x.terms)))
	}
	switch {
	case m.IsDirect():
		x.apply = (*ChannelMix).copy
	case routed && m.In == 1 && m.Out == 2 && used == 2:
		x.apply = (*ChannelMix).double
	case routed:
		x.apply = (*ChannelMix).route
	case m.In == 2 && m.Out == 1:
		x.gains = append(x.gains, m.Gains...)
		x.apply = (*ChannelMix).pair
	case m.Out >= 4 && used*2 > m.In*m.Out:
		x.gains = m.quads()
		x.apply = (*ChannelMix).dense
	default:
		x.apply = (*ChannelMix).sparse
	}
	return x
}

// quads returns the gains of four rows side by side; missing rows are 0.
func (m Matrix) quads() []float32 {
	gains := make([]float32, (m.Out+3)/4*4*m.In)
	for o := range m.Out {
		for i := range m.In {
			gains[(o/4*m.In+i)*4+o%4] = m.Gains[o*m.In+i]
		}
	}
	return gains
}

// Apply does what Matrix.Apply does.
func (x *ChannelMix) Apply(dst, src []float32) {
	frames := len(src) / x.in
	x.apply(x, dst[:frames*x.out:len(dst)], src[:frames*x.in])
}

// In returns the number of input channels.
func (x *ChannelMix) In() int { return x.in }

// Out returns the number of output channels.
func (x *ChannelMix) Out() int { return x.out }

func (x *ChannelMix) copy(dst, src []float32) { copy(dst, src) }

func (x *ChannelMix) double(dst, src []float32) {
	for i, v := range src {
		d := dst[2*i : 2*i+2]
		d[0], d[1] = v, v
	}
}

func (x *ChannelMix) route(dst, src []float32) {
	for len(dst) >= x.out && len(src) >= x.in {
		for o, i := range x.from {
			if i < 0 {
				dst[o] = 0
			} else {
				dst[o] = src[i]
			}
		}
		dst, src = dst[x.out:], src[x.in:]
	}
}

func (x *ChannelMix) pair(dst, src []float32) {
	a, b := x.gains[0], x.gains[1]
	for i := range dst {
		s := src[2*i : 2*i+2]
		dst[i] = float32(s[0]*a) + float32(s[1]*b)
	}
}

func (x *ChannelMix) sparse(dst, src []float32) {
	for len(dst) >= x.out && len(src) >= x.in {
		begin := int32(0)
		for o, end := range x.ends {
			var sum float32
			for _, t := range x.terms[begin:end] {
				sum += float32(src[t.in] * t.gain)
			}
			dst[o] = sum
			begin = end
		}
		dst, src = dst[x.out:], src[x.in:]
	}
}

// dense computes four sums at a time, so that the processor need not wait for each.
func (x *ChannelMix) dense(dst, src []float32) {
	for len(dst) >= x.out && len(src) >= x.in {
		gains := x.gains
		for o := 0; o < x.out; o += 4 {
			var a, b, c, d float32
			for _, v := range src[:x.in] {
				g := gains[:4]
				a += float32(v * g[0])
				b += float32(v * g[1])
				c += float32(v * g[2])
				d += float32(v * g[3])
				gains = gains[4:]
			}
			sums := [4]float32{a, b, c, d}
			copy(dst[o:x.out], sums[:])
		}
		dst, src = dst[x.out:], src[x.in:]
	}
}
