package controls

import (
	"math"
	"slices"
)

// Scale converts between the values of an element and dB. It is immutable. The zero Scale belongs
// to an element without one.
type Scale struct{ parts []scalePart }

// TLV types of the kernel's sound/tlv.h about dB.
const (
	tlvContainer   = 0
	tlvScale       = 1 // lowest level, step and mute bit
	tlvLinear      = 2 // lowest and highest level; linear in amplitude
	tlvRange       = 3 // repeated: first value, last value, the scale between them
	tlvMinMax      = 4 // lowest and highest level
	tlvMinMaxMute  = 5 // lowest level, which is silence, and highest
	tlvMuteBit     = 1 << 16
	tlvGainMute    = -9999999 // 0.01 dB: silence
	tlvMaxNesting  = 4
	tlvMostDB      = 1000 // higher levels are nonsense
	hundredthOfADB = 100.0
)

// scalePart is the scale of a range of values.
type scalePart struct {
	least, most int64   // values
	low, high   float64 // dB at least and most
	linear      bool    // equal steps of amplitude, not of dB
	mute        bool    // least is silence
}

// Known reports whether there is a scale.
func (s Scale) Known() bool { return len(s.parts) > 0 }

// Range returns the dB of the lowest value, −∞ if that is silence, and of the highest.
func (s Scale) Range() (low, high float64) {
	if !s.Known() {
		return 0, 0
	}
	last := s.parts[len(s.parts)-1]
	return s.Decibels(s.parts[0].least), last.decibels(last.most)
}

// Decibels returns the level of a value. Silence is −∞; a value out of range counts as the nearest end.
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

// Nearest returns the value whose level is nearest to dB. −∞ is silence, or the lowest value.
func (s Scale) Nearest(dB float64) int64 {
	at, best := s.AtLeast(dB), int64(0)
	for i, v := range []int64{at, s.below(at)} {
		if i == 0 || math.Abs(s.Decibels(v)-dB) < math.Abs(s.Decibels(best)-dB) {
			best = v
		}
	}
	return best
}

// AtLeast returns the lowest value not quieter than dB, or the highest value. Software then only
// attenuates.
func (s Scale) AtLeast(dB float64) int64 {
	for i, p := range s.parts {
		if p.high < dB-scaleTolerance && i < len(s.parts)-1 {
			continue
		}
		low, high := p.least, p.most // ranges can be 2³¹ long
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

// scaleTolerance is far below a step and above rounding errors, so that −3.0 dB finds the −3 dB step.
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

// parseScale parses the TLV of an element with values least..most. It returns no scale for
// unknown types and nonsense.
func parseScale(tlv []uint32, least, most int64) Scale {
	s := Scale{scaleParts(tlv, least, most, tlvMaxNesting)}
	for i, p := range s.parts {
		if !(p.low <= p.high && p.high <= tlvMostDB) || p.most < p.least || i > 0 && p.least <= s.parts[i-1].most {
			return Scale{} // decreasing, absurd or overlapping: no value is nearest
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

// clip limits parts to the values that the element has.
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
