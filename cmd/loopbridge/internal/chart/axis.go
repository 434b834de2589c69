package chart

import (
	"math"
	"strconv"
)

// Axis is the range of one direction of a chart.
type Axis struct {
	Label    string
	Min, Max float64
	// Linear is up to where the axis is linear, at both sides of 0; beyond, each decade has the same width.
	// 0: it is linear altogether.
	Linear float64
	// Log makes each decade as wide as every other; Min must be more than 0. Linear does not count then.
	Log bool
}

// bent returns where a value lies on the axis, in a unit of its own.
func (a Axis) bent(x float64) float64 {
	switch {
	case a.Log:
		return math.Log10(max(x, a.Min))
	case a.Linear == 0:
		return x
	}
	return math.Copysign(math.Log10(1+math.Abs(x)/a.Linear), x)
}

// part returns where a value lies between both ends, as 0 to 1; beyond an end, at the end.
func (a Axis) part(x float64) float64 {
	low, high := a.bent(a.Min), a.bent(a.Max)
	return max(0, min(1, (a.bent(x)-low)/(high-low)))
}

// ticks returns values to be named.
func (a Axis) ticks() (all []float64) {
	if a.Log {
		for decade := math.Pow(10, math.Floor(math.Log10(a.Min))); decade <= a.Max; decade *= 10 {
			for _, x := range []float64{decade, 2 * decade, 5 * decade} {
				if x >= a.Min && x <= a.Max {
					all = append(all, x)
				}
			}
		}
		return all
	}
	if a.Linear == 0 {
		step := math.Pow10(int(math.Floor(math.Log10((a.Max - a.Min) / 2))))
		if (a.Max-a.Min)/step > 10 {
			step *= 2
		}
		for x := math.Ceil(a.Min/step) * step; x <= a.Max; x += step {
			all = append(all, x)
		}
		return all
	}
	if a.Min <= 0 && a.Max >= 0 {
		all = append(all, 0)
	}
	for x := a.Linear; x <= max(a.Max, -a.Min); x *= 10 {
		for _, v := range []float64{-x, x} {
			if v >= a.Min && v <= a.Max {
				all = append(all, v)
			}
		}
	}
	return all
}

func name(x float64) string { return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'g', -1, 64) }
