package mixer

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
)

// Ranges of audio(7I); each begins at 0.
const (
	MaxGain    = 255 // unity
	MidBalance = 32  // both sides have the full gain
	MaxBalance = 64  // only the right is heard; at 0 only the left
)

// Amplitude returns the factor of a gain: linear, gain/255 rounded to nearest, so that MaxGain is
// exactly 1 and 0 is silence. Gains out of range are limited.
func Amplitude(gain int) float32 { return float32(clamp(gain, MaxGain)) / MaxGain }

// Decibels returns 20·log₁₀(gain/255): 0 for MaxGain, −∞ for 0.
func Decibels(gain int) float64 { return decibels(float64(clamp(gain, MaxGain)) / MaxGain) }

// FromDecibels returns the gain with the nearest amplitude: MaxGain above 0 dB, and 0 for NaN and
// below −54.15 dB, which is half a step.
func FromDecibels(dB float64) int {
	if !(dB < 0) {
		if dB >= 0 {
			return MaxGain
		}
		return 0
	}
	return int(math.Round(MaxGain * math.Pow(10, dB/20)))
}

// Balance returns the gains of the left and the right channels, with the integers of SADA and
// NetBSD: the side that the balance leans away from has gain × (its distance from the end) >> 5.
// Values out of range are limited.
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

// decibels returns the level of an amplitude.
func decibels(amplitude float64) float64 { return 20 * math.Log10(amplitude) }

func clamp(x, most int) int { return min(max(x, 0), most) }

// Setting is the user's setting of a source or an output.
type Setting struct {
	Gain    int // 0..MaxGain
	Balance int // 0..MaxBalance; affects channels that are left or right
	Mute    bool
	Scale   float32 // extra factor, such as what hardware leaves to software; 0 means 1
}

// Neutral returns the Setting that changes nothing.
func Neutral() Setting { return Setting{Gain: MaxGain, Balance: MidBalance} }

// amplitude returns the factor of a channel. Balance does not affect centre, LFE and mono.
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
