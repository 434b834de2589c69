package live

import (
	"math"
	"strconv"

	"github.com/loopbridge/loopbridge/mixer/metering"
)

// appendMeter appends a reading as api.LiveMeter describes it. It is written by hand: with 32 places twenty times a second
// the reflection of encoding/json would cost more than the measurement.
func appendMeter(b []byte, r *metering.Reading, want metering.Want, rate int) []byte {
	b = append(b, `{"p":`...)
	b = appendChannels(b, r, func(c *metering.Channel) float64 { return c.Peak })
	b = append(b, `,"r":`...)
	b = appendChannels(b, r, func(c *metering.Channel) float64 { return c.RMS })
	if want&metering.TruePeak != 0 {
		b = append(b, `,"t":`...)
		b = appendChannels(b, r, func(c *metering.Channel) float64 { return c.TruePeak })
	}
	b = appendDC(b, r)
	b = appendCorrelation(b, r)
	clipped, silence := counts(r)
	if clipped > 0 {
		b = strconv.AppendUint(append(b, `,"n":`...), clipped, 10)
	}
	if ms := silence * 1000 / uint64(rate); ms > 0 {
		b = strconv.AppendUint(append(b, `,"q":`...), ms, 10)
	}
	if want&metering.Loudness != 0 {
		b = appendKnown(b, `,"m":`, r.Momentary)
		b = appendKnown(b, `,"s":`, r.ShortTerm)
		b = appendKnown(b, `,"i":`, r.Integrated)
		b = appendKnown(b, `,"u":`, r.Range)
	}
	return append(b, '}')
}

func appendChannels(b []byte, r *metering.Reading, value func(*metering.Channel) float64) []byte {
	b = append(b, '[')
	for i := range r.Channels {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendHundredths(b, 20*math.Log10(value(&r.Channels[i])))
	}
	return append(b, ']')
}

// appendHundredths appends null for what is no number, or silence.
func appendHundredths(b []byte, x float64) []byte {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, int64(math.Round(x*100)), 10)
}

// appendKnown appends nothing for what is no number.
func appendKnown(b []byte, key string, x float64) []byte {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return b
	}
	return appendHundredths(append(b, key...), x)
}

// appendDC appends offsets, if there is one of at least a millionth.
func appendDC(b []byte, r *metering.Reading) []byte {
	millionths := func(c *metering.Channel) int64 { return int64(math.Round(c.DC * 1e6)) }
	some := false
	for i := range r.Channels {
		some = some || millionths(&r.Channels[i]) != 0
	}
	if !some {
		return b
	}
	for i := range r.Channels {
		b = append(b, ","[:min(i, 1)]...)
		if i == 0 {
			b = append(b, `,"d":[`...)
		}
		b = strconv.AppendInt(b, millionths(&r.Channels[i]), 10)
	}
	return append(b, ']')
}

func appendCorrelation(b []byte, r *metering.Reading) []byte {
	if len(r.Correlation) == 0 {
		return b
	}
	for i, c := range r.Correlation {
		if i == 0 {
			b = append(b, `,"c":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendHundredths(b, c)
	}
	return append(b, ']')
}

// counts returns clipped samples of all channels, and for how many frames all were silent.
func counts(r *metering.Reading) (clipped, silence uint64) {
	silence = math.MaxUint64
	for _, c := range r.Channels {
		clipped += c.Clipped
		silence = min(silence, c.Silence)
	}
	if len(r.Channels) == 0 {
		silence = 0
	}
	return clipped, silence
}
