package mixer

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// The ranges of audio(7I); each begins at 0.
const (
	MaxGain    = 255 // unity
	MidBalance = 32  // both sides have the gain
	MaxBalance = 64  // only the right is heard; at 0 only the left
)

// Amplitude is the factor of a gain: linear, gain/255 rounded to nearest, so that
// MaxGain is exactly 1 and 0 is silence (D19). Gains out of range count as the nearest.
func Amplitude(gain int) float32 { return float32(clamp(gain, MaxGain)) / MaxGain }

// Decibels is 20·log₁₀(gain/255): 0 for MaxGain, −∞ for 0.
func Decibels(gain int) float64 { return decibels(float64(clamp(gain, MaxGain)) / MaxGain) }

// FromDecibels is the gain whose amplitude is nearest. Above 0 dB it is MaxGain; below
// −54.15 dB, which is half a step, and for NaN it is 0.
func FromDecibels(dB float64) int {
	if !(dB < 0) {
		if dB >= 0 {
			return MaxGain
		}
		return 0
	}
	return int(math.Round(MaxGain * math.Pow(10, dB/20)))
}

// Balance divides a gain into those of the left and the right channels, with the
// integers of SADA and NetBSD: the side that the balance leans away from has
// gain × (its distance from the end) >> 5. Values out of range count as the nearest.
func Balance(gain, balance int) (left, right int) {
	gain, balance = clamp(gain, MaxGain), clamp(balance, MaxBalance)
	left, right = gain, gain
	if balance > MidBalance {
		left = gain * (MaxBalance - balance) >> 5
	}
	if balance < MidBalance {
		right = gain * balance >> 5
	}
	return left, right
}

// decibels is the level of an amplitude.
func decibels(amplitude float64) float64 { return 20 * math.Log10(amplitude) }

func clamp(x, most int) int { return min(max(x, 0), most) }

// Setting is what a person sets of a source or an output.
type Setting struct {
	Gain    int // 0..MaxGain
	Balance int // 0..MaxBalance; has an effect on channels that are left or right
	Mute    bool
	Scale   float32 // factor beside them, such as what is left for software to do; 0 is none: 1
}

// Neutral is the Setting that changes nothing.
func Neutral() Setting { return Setting{Gain: MaxGain, Balance: MidBalance} }

// amplitude is the factor of a channel. Those in the middle and the LFE have the
// gain only, as has mono (D19).
func (s Setting) amplitude(pan audio.Pan) float32 {
	if s.Mute {
		return 0
	}
	left, right := Balance(s.Gain, s.Balance)
	gain := s.Gain
	switch pan {
	case audio.PanLeft:
		gain = left
	case audio.PanRight:
		gain = right
	}
	if s.Scale != 0 {
		return Amplitude(gain) * s.Scale
	}
	return Amplitude(gain)
}
