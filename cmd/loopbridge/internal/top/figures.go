package top

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

const unity = 255

// gainOf returns a gain of audio(7I) in dB.
func gainOf(gain int) float64 { return 20 * math.Log10(float64(gain)/unity) }

// louder returns a gain that is louder by so many dB, and by one step at least.
func louder(gain int, dB float64) int {
	if gain == 0 && dB > 0 {
		return 1
	}
	next := int(math.Round(float64(gain) * math.Pow(10, dB/20)))
	if dB > 0 {
		next = max(next, gain+1)
	} else {
		next = min(next, gain-1)
	}
	return min(unity, max(0, next))
}

// number returns a figure with so many decimals, never "-0".
func number(x float64, decimals int) string {
	text := strconv.FormatFloat(x, 'f', decimals, 64)
	if x < 0 && math.Round(x*math.Pow(10, float64(decimals))) == 0 {
		return text[1:]
	}
	return text
}

// levelText returns dB with one decimal; "" is silence.
func levelText(dB float64) string {
	if math.IsInf(dB, 0) || math.IsNaN(dB) {
		return ""
	}
	return number(dB, 1)
}

// hundredths returns a figure of the API with one decimal; nil: none.
func hundredths(x *int, none string) string {
	if x == nil {
		return none
	}
	return number(float64(*x)/100, 1)
}

// gainText returns a gain in dB with its sign.
func gainText(gain int) string {
	switch dB := gainOf(gain); {
	case gain == 0:
		return "off"
	case gain == unity:
		return "0.0"
	default:
		return number(dB, 1)
	}
}

// balanceText returns where sound is: "L10", "R32"; "": in the middle.
func balanceText(balance int) string {
	switch {
	case balance < 32:
		return fmt.Sprintf("L%d", 32-balance)
	case balance > 32:
		return fmt.Sprintf("R%d", balance-32)
	}
	return ""
}

// msText returns milliseconds with what they need.
func msText(ms float64) string {
	switch {
	case ms < 1:
		return number(ms*1000, 0) + " us"
	case ms < 10:
		return number(ms, 1) + " ms"
	}
	return number(ms, 0) + " ms"
}

// spanText returns how long something lasts, in one figure.
func spanText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// countText returns a count in at most five columns.
func countText(n uint64) string {
	switch {
	case n < 100_000:
		return strconv.FormatUint(n, 10)
	case n < 10_000_000:
		return strconv.FormatUint(n/1000, 10) + "k"
	case n < 10_000_000_000:
		return strconv.FormatUint(n/1_000_000, 10) + "M"
	}
	return strconv.FormatUint(n/1_000_000_000, 10) + "G"
}
