package controls

import (
	"math"
	"slices"
)

// Scale gives the values of an element in dB. It does not change and may be shared; the
// zero Scale is of an element without one.
type Scale struct{ parts []scalePart }

// The types of the kernel's sound/tlv.h that say something of dB.
const (
	tlvContainer   = 0
	tlvScale       = 1 // least, step and mute bit
	tlvLinear      = 2 // least, most: of an amplitude
	tlvRange       = 3 // values from, to, and what is true there; again and again
	tlvMinMax      = 4 // least, most
	tlvMinMaxMute  = 5 // least, which is silence, most
	tlvMuteBit     = 1 << 16
	tlvGainMute    = -9999999 // 0.01 dB: silence
	tlvMaxNesting  = 4
	tlvMostDB      = 1000 // louder than that is nonsense
	hundredthOfADB = 100.0
)

// scalePart is a scale that holds for some values.
type scalePart struct {
	least, most int64   // values
	low, high   float64 // dB of them
	linear      bool    // amplitudes, not dB, have equal steps
	mute        bool    // least is silence
}

// Known reports whether there is a scale at all.
func (s Scale) Known() bool { return len(s.parts) > 0 }

// Range returns the dB of the lowest value, −∞ where that is silence, and of the highest.
func (s Scale) Range() (low, high float64) {
	if !s.Known() {
		return 0, 0
	}
	last := s.parts[len(s.parts)-1]
	return s.Decibels(s.parts[0].least), last.decibels(last.most)
}

// Decibels returns the level of a value: −∞ for silence, the nearest end for a value outside.
func (s Scale) Decibels(value int64) float64 {
	for i, p := range s.parts {
		if value <= p.most || i == len(s.parts)-1 {
			return p.decibels(value)
		}
	}
	return 0
}

func (p scalePart) decibels(value int64) float64 {
	value = min(max(value, p.least), p.most)
	switch {
	case value == p.least && p.mute:
		return math.Inf(-1)
	case value == p.least:
		return p.low
	case value == p.most:
		return p.high
	}
	at := float64(value-p.least) / float64(p.most-p.least)
	if !p.linear {
		return p.low + at*(p.high-p.low)
	}
	low, high := amplitude(p.low), amplitude(p.high)
	if p.mute {
		low = 0
	}
	return 20 * math.Log10(low+at*(high-low))
}

func amplitude(dB float64) float64 { return math.Pow(10, dB/20) }

// Nearest returns the value whose level is nearest to dB; −∞ is silence, or else the lowest.
func (s Scale) Nearest(dB float64) int64 {
	at, best := s.AtLeast(dB), int64(0)
	for i, v := range []int64{at, s.below(at)} {
		if i == 0 || math.Abs(s.Decibels(v)-dB) < math.Abs(s.Decibels(best)-dB) {
			best = v
		}
	}
	return best
}

// AtLeast returns the lowest value that is not quieter than dB, or else the highest: with it,
// what remains for software makes the sound quieter, never louder than it can be.
func (s Scale) AtLeast(dB float64) int64 {
	for i, p := range s.parts {
		if p.high < dB-scaleTolerance && i < len(s.parts)-1 {
			continue
		}
		low, high := p.least, p.most // binary search: ranges can be 2³¹ long
		for low < high {
			mid := low + (high-low)/2
			if p.decibels(mid) >= dB-scaleTolerance {
				high = mid
			} else {
				low = mid + 1
			}
		}
		return low
	}
	return 0
}

// scaleTolerance is far less than a step, and more than arithmetic loses: −3.0 dB asked
// for is the step that says −3 dB.
const scaleTolerance = 1e-6

// below returns the next lower value.
func (s Scale) below(value int64) int64 {
	for i, p := range slices.Backward(s.parts) {
		switch {
		case value > p.least:
			return min(value-1, p.most)
		case value == p.least && i > 0:
			return s.parts[i-1].most
		}
	}
	return value
}

// parseScale reads what the kernel says of an element with values least..most. Types that
// it does not know, and nonsense, are no scale.
func parseScale(tlv []uint32, least, most int64) Scale {
	s := Scale{scaleParts(tlv, least, most, tlvMaxNesting)}
	for i, p := range s.parts {
		if !(p.low <= p.high && p.high <= tlvMostDB) || p.most < p.least || i > 0 && p.least <= s.parts[i-1].most {
			return Scale{} // falls, is no level, or overlaps: there is no nearest value
		}
	}
	return s
}

func scaleParts(tlv []uint32, least, most int64, deep int) []scalePart {
	if len(tlv) < 2 || deep == 0 || int64(tlv[1])/4 > int64(len(tlv)-2) {
		return nil
	}
	kind, body := tlv[0], tlv[2:2+tlv[1]/4]
	if kind == tlvContainer {
		for len(body) >= 2 {
			if parts := scaleParts(body, least, most, deep-1); parts != nil {
				return parts
			}
			body = after(body, 0)
		}
		return nil
	}
	if kind == tlvRange {
		var parts []scalePart
		for len(body) >= 4 {
			parts = append(parts, scaleParts(body[2:], int64(int32(body[0])), int64(int32(body[1])), deep-1)...)
			body = after(body, 2)
		}
		return clip(parts, least, most)
	}
	if len(body) < 2 {
		return nil
	}
	p := scalePart{least: least, most: most, low: hundredths(body[0]), high: hundredths(body[1])}
	p.mute = int32(body[0]) <= tlvGainMute
	switch kind {
	case tlvScale:
		p.high = p.low + float64(body[1]&0xffff)/hundredthOfADB*float64(most-least)
		p.mute = body[1]&tlvMuteBit != 0
	case tlvLinear:
		p.linear = true
	case tlvMinMaxMute:
		p.mute = true
	case tlvMinMax:
	default:
		return nil
	}
	return []scalePart{p}
}

func hundredths(word uint32) float64 { return float64(int32(word)) / hundredthOfADB }

// after skips words and the TLV that follows them.
func after(words []uint32, skip int) []uint32 {
	size := uint64(skip) + 2 + (uint64(words[skip+1])+3)/4
	if size > uint64(len(words)) {
		return nil
	}
	return words[size:]
}

// clip leaves what is within the values that the element really has.
func clip(parts []scalePart, least, most int64) (within []scalePart) {
	for _, p := range parts {
		if p.most < least || p.least > most {
			continue
		}
		low, high := max(p.least, least), min(p.most, most)
		c := scalePart{low, high, p.decibels(low), p.decibels(high), p.linear, p.mute && low == p.least}
		if c.mute {
			c.low = p.low
		}
		within = append(within, c)
	}
	return within
}
