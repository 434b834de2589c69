package convert

import (
	"github.com/loopbridge/loopbridge/resample"
)

// State is what a Converter knows beside its formats and Options: plain data for another process.
type State struct {
	Resampler *resample.State
	Dither    uint64
	Bad       uint64
}

// State returns the state between two calls. It allocates.
func (c *Converter) State() State {
	s := State{Bad: c.bad}
	if c.resampler != nil {
		r := c.resampler.State()
		s.Resampler = &r
	}
	if c.dither != nil {
		s.Dither = c.dither.State()
	}
	return s
}

// Restore makes c go on from a state of a Converter with the same formats and Options. It reports whether it can.
func (c *Converter) Restore(s State) bool {
	if (c.resampler != nil) != (s.Resampler != nil) || c.resampler != nil && !c.resampler.Restore(*s.Resampler) {
		return false
	}
	if c.dither != nil {
		c.dither.Restore(s.Dither)
	}
	c.bad = s.Bad
	return true
}
