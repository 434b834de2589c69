package audio

import "slices"

// half is 1/√2: half the power.
const half = 0.70710678118654752440

// DefaultMatrix is MatrixFor with streams of in and out channels that have no positions. The
// result is invalid if a size is out of range.
func DefaultMatrix(in, out int) Matrix {
	return MatrixFor(Format{Channels: in}, Format{Channels: out})
}

// MatrixFor returns the customary mix between streams of two formats. A format without positions
// has DefaultPositions; beyond 8 channels it has none, and channel i goes to channel i.
//
// Equal channel counts are only reordered, as by NewOrder. Otherwise a position that both
// formats have is carried over, one that only out has is silent, and one that only in has is
// spread, with the coefficients of ITU-R BS.775 as far as they go:
//
//	FC      to FL and FR, 0.7071 each; if it is all there is (mono), 1 each
//	RL RR   to FL and FR, 0.7071
//	SL SR   to RL and RR, else to FL and FR, 0.7071; alone, without RL RR, 1 each to those
//	RC      to RL and RR, 0.7071 each, else to FL and FR, 0.5 each
//	LFE     nowhere
//	others  to the nearest of the front, 0.7071
//
// Mono is the mean of what stereo would be. If the gains of any output then sum to more than 1,
// all gains are divided by the largest sum: full-scale channels never clip, and the balance is
// kept. Most streams end in integers here, where clipping is permanent and a lower level is not.
// PulseAudio does the same, as does FFmpeg for integers; PipeWire does not. 5.1 to stereo is
//
//	left = 0.4142 FL + 0.2929 RL + 0.2929 FC
func MatrixFor(in, out Format) Matrix {
	from, to := in.Stand(), out.Stand()
	if in.Channels == out.Channels {
		return rearranged(in.Channels, match(in.Positions, out.Positions))
	}
	if !from.Known() || !to.Known() {
		return DirectMatrix(in.Channels, out.Channels)
	}
	m := newMatrix(in.Channels, out.Channels)
	if out.Channels == 1 {
		stereo := MatrixFor(in, Format{Channels: 2})
		for i := range m.In {
			m.Gains[i] = (stereo.Gains[i] + stereo.Gains[m.In+i]) / 2
		}
		return m
	}
	var gains spreads
	a, b := centred(from), centred(to)
	for i, p := range a {
		gains.spread(i, p, a, b)
	}
	largest := 1.0
	for o := range b {
		sum := 0.0
		for i := range a {
			sum += gains[o][i]
		}
		largest = max(largest, sum)
	}
	for o := range b {
		for i := range a {
			m.Gains[o*m.In+i] = float32(gains[o][i] / largest)
		}
	}
	return m
}

// rearranged returns a matrix that carries channels over in an order of match.
func rearranged(channels int, order []int) Matrix {
	if order == nil {
		return DirectMatrix(channels, channels)
	}
	m := newMatrix(channels, channels)
	for o, i := range order {
		m.Gains[o*m.In+i] = 1
	}
	return m
}

// centred returns p as a list with mono replaced by front centre.
func centred(p Positions) []Position {
	list := slices.Clone(p.list())
	for i := range list {
		if list[i] == Mono {
			list[i] = FrontCentre
		}
	}
	return list
}

// spreads holds gains by output channel, then input channel.
type spreads [MaxPositions][MaxPositions]float64

// spread sets where position p of channel i goes, by the table above.
func (gains *spreads) spread(i int, p Position, from, to []Position) {
	set := func(g float64, outs ...Position) {
		for _, x := range outs {
			if o := slices.Index(to, x); o >= 0 {
				gains[o][i] = g
			}
		}
	}
	has := func(p Position) bool { return slices.Contains(to, p) }
	switch {
	case has(p):
		set(1, p)
	case p == FrontCentre && len(from) == 1:
		set(1, FrontLeft, FrontRight)
	case p == FrontCentre:
		set(half, FrontLeft, FrontRight)
	case has(beside(p)) && !slices.Contains(from, beside(p)):
		set(1, beside(p))
	case has(beside(p)):
		set(half, beside(p))
	case p == RearLeft, p == SideLeft:
		set(half, FrontLeft)
	case p == RearRight, p == SideRight:
		set(half, FrontRight)
	case p == RearCentre && has(RearLeft):
		set(half, RearLeft, RearRight)
	case p == RearCentre:
		set(half*half, FrontLeft, FrontRight)
	default:
		set(half, front(p)...)
	}
}

// front returns the front positions nearest to one that the table above does not list, or none
// for low frequencies.
func front(p Position) []Position {
	switch {
	case p == LowFrequency, p == lowLeft, p == lowRight:
		return nil
	case p.Pan() == PanLeft:
		return []Position{FrontLeft}
	case p.Pan() == PanRight:
		return []Position{FrontRight}
	}
	return []Position{FrontLeft, FrontRight}
}

// The positions of two subwoofers.
const (
	lowLeft  Position = 32
	lowRight Position = 33
)
