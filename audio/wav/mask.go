package wav

import (
	"math/bits"

	"github.com/loopbridge/loopbridge/audio"
)

// wavPositions lists the positions of the bits of dwChannelMask, lowest first: the order of
// channels in a WAV file.
var wavPositions = [18]audio.Position{
	audio.FrontLeft, audio.FrontRight, audio.FrontCentre, audio.LowFrequency, audio.RearLeft, audio.RearRight,
	audio.FrontLeftOfCentre, audio.FrontRightOfCentre, audio.RearCentre, audio.SideLeft, audio.SideRight,
	21, 22, 24, 23, 25, 27, 26, // TC TFL TFC TFR TRL TRC TRR
}

// Positions returns the usual order of 3 to 8 channels in a WAV file. Fewer channels, which have
// only one order, and more have none.
//
//	3  FL FR FC         6  FL FR FC LFE RL RR
//	4  FL FR RL RR      7  FL FR FC LFE RC SL SR
//	5  FL FR FC RL RR   8  FL FR FC LFE RL RR SL SR
func Positions(channels int) audio.Positions { return maskPositions(usualMask(channels), channels) }

// maskPositions returns the positions in a mask, or none for 1 or 2 channels and for a mask with
// another number of bits.
func maskPositions(mask uint32, channels int) (p audio.Positions) {
	mask &= 1<<len(wavPositions) - 1
	if channels < 3 || channels > audio.MaxPositions || bits.OnesCount32(mask) != channels {
		return p
	}
	for n := 0; mask != 0; mask &= mask - 1 {
		p[n] = wavPositions[bits.TrailingZeros32(mask)]
		n++
	}
	return p
}

// FilePositions returns the positions of f in the order of a WAV file, or none if a file cannot
// express them or need not.
func FilePositions(f audio.Format) audio.Positions {
	switch {
	case !f.Positions.Known():
		return Positions(f.Channels)
	case f.Channels < 3:
		return audio.DefaultPositions(f.Channels)
	}
	if mask, ok := positionMask(f.Positions); ok {
		return maskPositions(mask, f.Channels)
	}
	return audio.Positions{}
}

// positionMask returns a bit for each position; ok is false if one has no bit.
func positionMask(p audio.Positions) (mask uint32, ok bool) {
	for _, x := range p {
		if x == 0 {
			break // the rest are zeros
		}
		bit := uint32(0)
		for i, w := range wavPositions {
			if w == x {
				bit = 1 << i
			}
		}
		if bit == 0 {
			return 0, false
		}
		mask |= bit
	}
	return mask, true
}

// usualMask returns dwChannelMask for the usual speakers of 1..8 channels (FLAC's table), or 0
// ("no speakers") for more.
func usualMask(channels int) uint32 {
	masks := [...]uint32{
		1: 0x004, // FC
		2: 0x003, // FL FR
		3: 0x007, // FL FR FC
		4: 0x033, // FL FR BL BR
		5: 0x037, // FL FR FC BL BR
		6: 0x03F, // 5.1: FL FR FC LFE BL BR
		7: 0x70F, // 6.1: FL FR FC LFE BC SL SR
		8: 0x63F, // 7.1: FL FR FC LFE BL BR SL SR
	}
	if channels >= len(masks) {
		return 0
	}
	return masks[channels]
}

// wavMask returns dwChannelMask for frames of f, which are in the order of a file.
func wavMask(f audio.Format) uint32 {
	if !f.Positions.Known() || f.Channels < 3 {
		return usualMask(f.Channels)
	}
	if mask, ok := positionMask(f.Positions); ok && maskPositions(mask, f.Channels) == f.Positions {
		return mask
	}
	return 0
}
