package servo

import "math"

// Line says when a clock reaches which frame: a straight line with its uncertainty. It is plain
// data; only Clock changes it.
type Line struct {
	Frames int64   // the frame at which the line is anchored
	At     int64   // when it is reached, in ns of CLOCK_MONOTONIC ...
	Phase  float64 // ... and ns beyond At
	Slope  float64 // by which part a frame is longer than nominal; 1e-6 is a clock that is 1 ppm slow

	// The covariance of Phase and Slope, in ns², ns and 1.
	PhaseVar, Covar, SlopeVar float64
}

// unknownSlope and unknownPhase are the standard deviations of a line nobody knows yet: any rate
// that a route may follow, and a first pair that came late.
const (
	unknownSlope = 5e-3
	unknownPhase = 5e6 // ns
)

// begin returns the line through one pair, of unknown slope.
func begin(frames, at int64) Line {
	return Line{Frames: frames, At: at, PhaseVar: unknownPhase * unknownPhase, SlopeVar: unknownSlope * unknownSlope}
}

// lateness returns by how many ns a pair is later than the line has it. perFrame is the nominal
// duration of a frame in ns.
func (l *Line) lateness(frames, at int64, perFrame float64) float64 {
	return float64(at-l.At) - l.Phase - float64(frames-l.Frames)*perFrame*(1+l.Slope)
}

// advance moves the anchor by so many frames forward. wander is the variance that the slope
// gains in a ns.
func (l *Line) advance(frames int64, perFrame, wander float64) {
	if frames <= 0 {
		return
	}
	nominal := float64(frames) * perFrame
	l.Frames += frames
	l.Phase += nominal * (1 + l.Slope)
	whole := math.Floor(l.Phase)
	l.At += int64(whole)
	l.Phase -= whole

	gained := wander * nominal
	l.PhaseVar += nominal * (2*l.Covar + nominal*(l.SlopeVar+gained/3))
	l.Covar += nominal * (l.SlopeVar + gained/2)
	l.SlopeVar += gained
}

// correct moves the line towards a measurement at its anchor: late by so many ns, with a
// variance. It returns the standard deviation of what was to be expected.
func (l *Line) correct(late, variance float64) float64 {
	s := l.PhaseVar + variance
	k1, k2 := l.PhaseVar/s, l.Covar/s
	l.Phase += k1 * late
	l.Slope += k2 * late
	l.SlopeVar -= k2 * l.Covar
	l.Covar -= k1 * l.Covar
	l.PhaseVar -= k1 * l.PhaseVar
	return math.Sqrt(s)
}

// bend changes the slope where the line reaches frames, as the clock itself has just been changed
// to factor times its rate.
func (l *Line) bend(frames int64, perFrame, factor float64) {
	l.advance(frames-l.Frames, perFrame, 0)
	l.Slope = (1+l.Slope)/factor - 1
}

// position returns how many frames beyond the given one the clock is at a time.
func (l *Line) position(at, beyond int64, perFrame float64) float64 {
	return float64(l.Frames-beyond) + (float64(at-l.At)-l.Phase)/(perFrame*(1+l.Slope))
}
