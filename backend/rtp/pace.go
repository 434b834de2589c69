package rtp

import (
	"math"
	"math/bits"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/servo"
)

// pace says when which position is reached: a straight line, in ns and frames.
type pace struct {
	Rate  int     `json:"rate"` // Hz, nominal
	Exact bool    `json:"exact,omitempty"`
	Frame int64   `json:"frame"`          // a position
	At    int64   `json:"at"`             // when it is reached ...
	Phase float64 `json:"phase"`          // ... and ns beyond
	Slope float64 `json:"slope"`          // by which part a frame is longer than nominal
	Zero  int64   `json:"zero,omitempty"` // with PTP: the sample at position 0, since its epoch (RFC 7273, mediaclk:direct)
}

// steepest is by which part a frame may be longer or shorter than nominal: whatever timestamps come, time goes on.
const steepest = 0.01

// follow takes the line of a clock.
func (p *pace) follow(l *servo.Line) {
	p.Frame, p.At, p.Phase = l.Frames, l.At, l.Phase
	p.Slope = max(-steepest, min(steepest, l.Slope))
}

// timeOf returns the first ns at which a position is reached. With Exact that is in integers, and no rounding adds up.
func (p *pace) timeOf(position int64) int64 {
	if p.Exact {
		hi, lo := bits.Mul64(uint64(position-p.Frame), 1e9)
		lo, carry := bits.Add64(lo, uint64(p.Rate)-1, 0)
		ns, _ := bits.Div64(hi+carry, lo, uint64(p.Rate)) // no overflow for 584 years
		return p.At + int64(ns)
	}
	return p.At + int64(math.Ceil(p.Phase+float64(position-p.Frame)*(1e9/float64(p.Rate))*(1+p.Slope)))
}

// position returns which position is reached at a time, the inverse of timeOf. With Exact it is not before Frame.
func (p *pace) position(now int64) int64 {
	if p.Exact {
		return p.Frame + int64(audio.MulDiv(uint64(max(0, now-p.At)), uint64(p.Rate), 1e9))
	}
	return p.Frame + int64(math.Floor((float64(now-p.At)-p.Phase)/((1e9/float64(p.Rate))*(1+p.Slope))))
}
