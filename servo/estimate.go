package servo

// Estimate is what a Clock knows at a moment: a value, for any goroutine.
type Estimate struct {
	Nominal  float64 // frames per second
	Line     Line    // when it reaches which frame; the variances matter to nobody else
	Sigma    float64 // the standard deviation of the rate, as a part of it
	Spread   float64 // the standard deviation of the position at the newest block, in ns
	Jitter   float64 // of the pairs, rms in ns
	Steered  float64 // the part of the rate that Steer has added
	Meant    float64 // the part that it was to add: Steered goes to and fro around it
	Seen     int64   // the time of the newest pair, in ns
	LockedAt int64   // since when it is locked, in ns
	Steps    uint64  // how often its position or its rate has jumped
	Epoch    uint64  // how often it was reset
	Started  bool    // there was a pair
	Measured bool    // the jitter has been seen for long enough to know its kind
	Locked   bool    // the rate is known to a ppm
}

// Rate returns the frames per second.
func (e *Estimate) Rate() float64 { return e.Nominal / (1 + e.Line.Slope) }

// PPM returns by how much the clock is faster than nominal, in parts per million.
func (e *Estimate) PPM() float64 { return (1/(1+e.Line.Slope) - 1) * 1e6 }

// Position returns the position in frames at a time in ns, smoothed, and extrapolated from the
// newest block. It is a float64: in a year, frames are exact to 1/1000.
func (e *Estimate) Position(at int64) float64 { return e.Beyond(at, 0) }

// Beyond returns Position less a count of frames, and loses nothing by it.
func (e *Estimate) Beyond(at, frames int64) float64 {
	return e.Line.position(at, frames, 1e9/e.Nominal)
}

// own returns the slope that the clock has by itself, without what Steer has added.
func (e *Estimate) own() float64 { return (1+e.Line.Slope)*(1+e.Steered) - 1 }

// slope returns own for a servo that moves this clock, and for others the slope it has in the mean.
func (e *Estimate) slope(moved bool) float64 {
	if moved {
		return e.own()
	}
	return (1+e.own())/(1+e.Meant) - 1
}

// usable reports whether sound may flow by the estimate.
func (e *Estimate) usable() bool { return e.Started && e.Measured && e.Sigma < usable }
