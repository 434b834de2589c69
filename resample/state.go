package resample

import "slices"

// State is what a Resampler knows beside its Config: plain data for another process.
type State struct {
	History  [][]float64 // of each channel, up to Have
	At, Have int
	Begun    bool
	Finished bool
	End      int
	Fraction uint64
	Step     uint64
}

// State returns the state between two calls. It allocates.
func (r *Resampler) State() State {
	s := State{
		At: r.at, Have: r.have, Begun: r.begun, Finished: r.finished, End: r.end, Fraction: r.place.fraction, Step: r.place.step,
	}
	for _, h := range r.history {
		s.History = append(s.History, slices.Clone(h[:r.have]))
	}
	return s
}

// Restore makes r go on from a state of a Resampler with the same Config. It reports whether the state is possible, and
// otherwise leaves r as it was.
func (r *Resampler) Restore(s State) bool {
	p := r.place
	p.setStep(s.Step)
	size := len(r.history[0])
	possible := len(s.History) == r.channels && s.Have >= 0 && s.Have <= size && s.At >= 0 && s.End >= 0 && s.End <= s.Have &&
		(s.At <= s.Have || !s.Finished) && s.Fraction < p.frame && s.Step > 0 &&
		float64(s.Step) <= float64(p.nominal)*(1+r.vary)+1 && float64(s.Step) >= float64(p.nominal)*(1-r.vary)-1
	for _, h := range s.History {
		possible = possible && len(h) == s.Have
	}
	if !possible {
		return false
	}
	p.fraction = s.Fraction
	r.place, r.at, r.have, r.begun, r.finished, r.end = p, s.At, s.Have, s.Begun, s.Finished, s.End
	for c, h := range s.History {
		clear(r.history[c])
		copy(r.history[c], h)
	}
	return true
}
