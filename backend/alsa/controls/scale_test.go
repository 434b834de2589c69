package controls

import (
	"encoding/binary"
	"math"
	"testing"
)

// words is a TLV with its length.
func words(kind uint32, body ...uint32) []uint32 {
	return append([]uint32{kind, uint32(len(body)) * 4}, body...)
}

func join(parts ...[]uint32) (all []uint32) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func minus(hundredths int32) uint32 { return uint32(-hundredths) }

func TestScale(t *testing.T) {
	inf := math.Inf(-1)
	for _, c := range []struct {
		name        string
		tlv         []uint32
		least, most int64
		want        map[int64]float64 // value: dB
	}{
		{"scale", dB(-3450, 150, false), 0, 31, map[int64]float64{0: -34.5, 23: 0, 31: 12, -5: -34.5, 99: 12}},
		{"scale from below 0", dB(-4500, 30, false), -50, 100, map[int64]float64{-50: -45, 100: 0}},
		{"scale with mute", dB(-6400, 100, true), 0, 64, map[int64]float64{0: inf, 1: -63, 64: 0}},
		{"minmax", words(tlvMinMax, minus(12700), 0), 0, 254, map[int64]float64{0: -127, 127: -63.5, 254: 0}},
		{"minmax mute", words(tlvMinMaxMute, minus(3700), 0), 0, 37, map[int64]float64{0: inf, 1: -36, 37: 0}},
		{"linear", words(tlvLinear, minus(9999999), 600), 0, 200, map[int64]float64{0: inf, 100: 6 - 20*math.Log10(2), 200: 6}},
		{"linear from a level", words(tlvLinear, minus(2000), 0), 0, 90, map[int64]float64{0: -20, 45: 20 * math.Log10(0.55), 90: 0}},
		{"range", words(tlvRange, join([]uint32{0, 3}, dB(-10000, 1000, true), []uint32{4, 10}, words(tlvMinMax, minus(6000), 0))...), 0, 10,
			map[int64]float64{0: inf, 1: -90, 3: -70, 4: -60, 7: -30, 10: 0}},
		{"range of more than there is", words(tlvRange, join([]uint32{0, 3}, dB(-4000, 1000, false), []uint32{4, 100}, dB(0, 100, false))...), 1, 6,
			map[int64]float64{0: -30, 1: -30, 4: 0, 6: 2}},
		{"container", words(tlvContainer, join(words(0x101, 3, 4), dB(-1000, 100, false))...), 0, 10, map[int64]float64{0: -10, 10: 0}},
		{"padded", append(dB(-1000, 100, false), make([]uint32, 250)...), 0, 10, map[int64]float64{10: 0}},
	} {
		s := parseScale(c.tlv, c.least, c.most)
		if !s.Known() {
			t.Errorf("%s: no scale", c.name)
		}
		for value, want := range c.want {
			if got := s.Decibels(value); got != want && !(math.Abs(got-want) < 1e-9) {
				t.Errorf("%s: %d is %g dB, want %g", c.name, value, got, want)
			}
		}
	}
}

func TestNoScale(t *testing.T) {
	for name, tlv := range map[string][]uint32{
		"nothing": nil, "short": {1}, "channel map": words(0x101, 3, 4), "longer than it is": {1, 400, 0, 100}, "empty container": words(0),
		"falls": words(tlvMinMax, 0, minus(100)), "nested for ever": words(0, words(0, words(0, words(0, words(0, dB(0, 1, false)...)...)...)...)...),
		"overlaps": words(tlvRange, join([]uint32{0, 5}, dB(0, 1, false), []uint32{3, 9}, dB(0, 1, false))...),
	} {
		if parseScale(tlv, 0, 10).Known() {
			t.Errorf("%s: is a scale", name)
		}
	}
}

func TestNearest(t *testing.T) {
	scale := parseScale(dB(-3450, 150, false), 0, 31)
	muted := parseScale(dB(-6400, 100, true), 0, 64)
	ranged := parseScale(words(tlvRange, join([]uint32{0, 3}, dB(-10000, 1000, true), []uint32{6, 10}, words(tlvMinMax, minus(6000), 0))...), 0, 10)
	for _, c := range []struct {
		s              Scale
		dB             float64
		nearest, above int64
	}{
		{scale, 0, 23, 23}, {scale, -0.7, 23, 23}, {scale, -0.8, 22, 23}, {scale, -1.5, 22, 22}, {scale, 99, 31, 31}, {scale, -99, 0, 0},
		{scale, math.Inf(-1), 0, 0}, {muted, math.Inf(-1), 0, 0}, {muted, -63.2, 1, 1}, {muted, -0.5, 64, 64}, {muted, -0.6, 63, 64},
		{ranged, -69, 3, 6}, {ranged, -61, 6, 6}, {ranged, -31, 8, 8}, {ranged, -80, 2, 2},
	} {
		if got := c.s.Nearest(c.dB); got != c.nearest {
			t.Errorf("%g dB is %d, want %d", c.dB, got, c.nearest)
		}
		if got := c.s.AtLeast(c.dB); got != c.above {
			t.Errorf("at least %g dB is %d, want %d", c.dB, got, c.above)
		}
	}
}

// FuzzScale: whatever a driver says, values stay within the range of the element.
func FuzzScale(f *testing.F) {
	for _, tlv := range [][]uint32{dB(-100, 10, true), words(tlvLinear, 1, 2), words(tlvRange, 0, 3, 1, 8, 0, 10), words(0, 1, 8, 0, 10)} {
		raw, _ := binary.Append(nil, binary.LittleEndian, tlv)
		f.Add(raw, int64(0), int64(10), -3.0)
	}
	nonsense, _ := binary.Append(nil, binary.LittleEndian, words(tlvRange, 0xffeb0000, 3, tlvLinear, 8, 0xeb0000, 10)) // 154000 dB, clipped
	f.Add(nonsense, int64(-122), int64(59), 871.0)
	f.Fuzz(func(t *testing.T, raw []byte, least, most int64, level float64) {
		tlv := make([]uint32, len(raw)/4)
		for i := range tlv {
			tlv[i] = binary.LittleEndian.Uint32(raw[4*i:])
		}
		most = least + most&0x7fffffff // as long as numbers of the kernel's elements are
		if most < least {
			return
		}
		s := parseScale(tlv, least, most)
		if !s.Known() {
			return
		}
		for _, v := range []int64{s.Nearest(level), s.AtLeast(level)} {
			if v < least || v > most {
				t.Errorf("%d is not in %d..%d", v, least, most)
			}
			if math.IsNaN(s.Decibels(v)) {
				t.Errorf("%d is no level", v)
			}
		}
	})
}
