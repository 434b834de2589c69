package audio

import "slices"

// position is where a loudspeaker stands.
type position uint8

const (
	frontLeft position = iota
	frontRight
	rearLeft
	rearRight
	frontCentre
	lowFrequency
	rearCentre
	sideLeft
	sideRight
	positions
)

// layout is the order of the channels of a stream, which is ALSA's; nil if there is
// none for so many.
func layout(channels int) []position {
	all := []position{frontLeft, frontRight, rearLeft, rearRight, frontCentre, lowFrequency, sideLeft, sideRight}
	switch channels {
	case 1:
		return []position{frontCentre}
	case 3:
		return []position{frontLeft, frontRight, frontCentre}
	case 7:
		return []position{frontLeft, frontRight, rearLeft, rearRight, frontCentre, lowFrequency, rearCentre}
	case 2, 4, 5, 6, 8:
		return all[:channels]
	}
	return nil
}

// half is 1/√2, half of the power.
const half = 0.70710678118654752440

// DefaultMatrix is what is usual between streams of in and out channels:
//
//	1  FC                      5  FL FR RL RR FC
//	2  FL FR                   6  FL FR RL RR FC LFE
//	3  FL FR FC                7  FL FR RL RR FC LFE RC
//	4  FL FR RL RR             8  FL FR RL RR FC LFE SL SR
//
// More than 8 channels have no positions, and channel i goes to channel i. A position
// that both have is carried over; one that out has alone is silent. One that in has
// alone goes, with the coefficients of ITU-R BS.775 as far as it has them,
//
//	FC      to FL and FR, 0.7071 each; if it is all there is (mono), 1 each
//	RL RR   to FL and FR, 0.7071
//	SL SR   to RL and RR, else to FL and FR, 0.7071
//	RC      to RL and RR, 0.7071 each, else to FL and FR, 0.5 each
//	LFE     nowhere
//
// and to mono as to stereo, of which it is the mean. If the gains of any output then
// exceed 1 in sum, all gains are divided by the largest sum: a mix of full-scale
// channels never clips, and the balance is kept. Streams mostly end in integers here,
// and what was clipped cannot be mended, while level can. PulseAudio does the same,
// as does FFmpeg for integers; PipeWire does not. So 5.1 to stereo is
//
//	left = 0.4142 FL + 0.2929 RL + 0.2929 FC
//
// Sizes out of range give a matrix that is not valid.
func DefaultMatrix(in, out int) Matrix {
	from, to := layout(in), layout(out)
	if in == out || from == nil || to == nil {
		return DirectMatrix(in, out)
	}
	if out == 1 {
		stereo := DefaultMatrix(in, 2)
		m := newMatrix(in, 1)
		for i := range in {
			m.Gains[i] = (stereo.Gains[i] + stereo.Gains[in+i]) / 2
		}
		return m
	}
	var gains [positions][positions]float64 // to, from
	for _, p := range from {
		spread(&gains, p, from, to)
	}
	largest := 1.0
	for _, o := range to {
		sum := 0.0
		for _, g := range gains[o] {
			sum += g
		}
		largest = max(largest, sum)
	}
	m := newMatrix(in, out)
	for o, row := range to {
		for i, column := range from {
			m.Gains[o*in+i] = float32(gains[row][column] / largest)
		}
	}
	return m
}

// spread sets where position p goes, per the table above. to has FL and FR.
func spread(gains *[positions][positions]float64, p position, from, to []position) {
	set := func(g float64, outs ...position) {
		for _, o := range outs {
			gains[o][p] = g
		}
	}
	rear := has(to, rearLeft)
	switch {
	case has(to, p):
		set(1, p)
	case p == frontCentre && len(from) == 1:
		set(1, frontLeft, frontRight)
	case p == frontCentre:
		set(half, frontLeft, frontRight)
	case p == rearLeft, p == sideLeft && !rear:
		set(half, frontLeft)
	case p == rearRight, p == sideRight && !rear:
		set(half, frontRight)
	case p == sideLeft:
		set(half, rearLeft)
	case p == sideRight:
		set(half, rearRight)
	case p == rearCentre && rear:
		set(half, rearLeft, rearRight)
	case p == rearCentre:
		set(half*half, frontLeft, frontRight)
	}
}

func has(list []position, p position) bool { return slices.Contains(list, p) }
