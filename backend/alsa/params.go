package alsa

import (
	"errors"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// setup is how a stream moves frames. Its directions have one clock and one period.
type setup struct {
	rate    int
	period  int            // frames between two interrupts
	buffer  int            // frames, of the smaller one
	formats []audio.Format // of each direction
}

// negotiate finds the setup that is nearest to the wish. ErrInvalid says what cannot be.
func negotiate(name string, wish backend.Config, fds []int) (s setup, all []*abi.HWParams, err error) {
	for _, fd := range fds {
		p := abi.AnyParams()
		*p.Mask(abi.Access) = abi.Mask{1<<abi.MmapInterleaved | 1<<abi.MmapNoninterleaved | 1<<abi.RWInterleaved | 1<<abi.RWNoninterleaved}
		if err := p.Refine(fd); err != nil {
			return s, nil, audio.ErrIO.With("%s: the card cannot say what it can: %v", name, err)
		}
		all = append(all, p)
	}
	for i := range fds {
		one := negotiation{name, fds[i : i+1], all[i : i+1]}
		if err := errors.Join(one.encoding(wish.Format.Encoding), one.near("channels", abi.Channels, wish.Format.Channels)); err != nil {
			return s, nil, err
		}
	}
	n := negotiation{name, fds, all}
	buffer := wish.Period * wish.Periods
	if len(fds) > 1 {
		buffer += wish.Format.Rate / headstart
	}
	for _, step := range []struct {
		what  string
		param abi.Param
		wish  int
	}{
		{"rate", abi.Rate, wish.Format.Rate}, {"period", abi.PeriodSize, wish.Period}, {"buffer", abi.BufferSize, buffer},
	} {
		if err := n.near(step.what, step.param, step.wish); err != nil {
			return s, nil, err
		}
	}
	n.access()
	for i, fd := range fds {
		if err := all[i].Install(fd); err != nil {
			return s, nil, audio.ErrInvalid.With("%s: the card refuses %s: %v", name, n.text(), err)
		}
	}
	return n.result()
}

type negotiation struct {
	name string
	fds  []int
	all  []*abi.HWParams
}

// try narrows all directions down, or leaves them as they are.
func (n *negotiation) try(change func(*abi.HWParams)) bool {
	next := make([]abi.HWParams, len(n.all))
	for i, p := range n.all {
		next[i] = *p
		change(&next[i])
		if next[i].Refine(n.fds[i]) != nil {
			return false
		}
	}
	for i := range n.all {
		*n.all[i] = next[i]
	}
	return true
}

func (n *negotiation) encoding(wish audio.Encoding) error {
	numbers := formats()
	can := func(e audio.Encoding) bool {
		for _, p := range n.all {
			if !p.Mask(abi.Format).Has(numbers[e]) {
				return false
			}
		}
		return true
	}
	e, ok := nearest(wish, can)
	if ok && n.try(func(p *abi.HWParams) { p.Mask(abi.Format).Only(numbers[e]) }) {
		return nil
	}
	return audio.ErrInvalid.With("%s: the card has no encoding that loopbridge knows in all directions at once", n.name)
}

// near takes the possible value that is nearest to the wish.
func (n *negotiation) near(what string, param abi.Param, wish int) error {
	low, high := n.span(param)
	if low > high {
		return audio.ErrInvalid.With("%s: recording and playing have no %s in common; open one of them", n.name, what)
	}
	wish = min(max(wish, low), high)
	only := func(v int) bool {
		return n.try(func(p *abi.HWParams) { p.Interval(param).Only(v) })
	}
	if only(wish) {
		return nil
	}
	// What is possible may be a list. The edges of what is left above and below the wish are.
	above := n.edge(func(p *abi.HWParams) { p.Interval(param).Min = uint32(wish) }, param, false)
	below := n.edge(func(p *abi.HWParams) { p.Interval(param).Max = uint32(wish) }, param, true)
	if below < 0 || above >= 0 && above-wish < wish-below {
		below, above = above, below
	}
	if below >= 0 && only(below) || above >= 0 && only(above) {
		return nil
	}
	return audio.ErrInvalid.With("%s: the card has no %s near %d; it has %d..%d", n.name, what, wish, low, high)
}

// span is what all directions have in common.
func (n *negotiation) span(param abi.Param) (low, high int) {
	high = 1<<31 - 1
	for _, p := range n.all {
		i := p.Interval(param)
		low, high = max(low, i.Low()), min(high, i.High())
	}
	return low, high
}

// edge is the lowest or highest value that is left in all directions after a change, −1:
// none is.
func (n *negotiation) edge(change func(*abi.HWParams), param abi.Param, highest bool) int {
	saved := make([]abi.HWParams, len(n.all))
	for i, p := range n.all {
		saved[i] = *p
	}
	defer func() {
		for i := range n.all {
			*n.all[i] = saved[i]
		}
	}()
	if !n.try(change) {
		return -1
	}
	low, high := n.span(param)
	switch {
	case low > high:
		return -1
	case highest:
		return high
	}
	return low
}

// access is by memory where that is possible, in planes only where nothing else is.
func (n *negotiation) access() {
	for i := range n.all {
		for _, access := range []int{abi.MmapInterleaved, abi.MmapNoninterleaved, abi.RWInterleaved, abi.RWNoninterleaved} {
			one := negotiation{n.name, n.fds[i : i+1], n.all[i : i+1]}
			if n.all[i].Mask(abi.Access).Has(access) && one.try(func(p *abi.HWParams) { p.Mask(abi.Access).Only(access) }) {
				break
			}
		}
	}
}

// text is what is left, for people.
func (n *negotiation) text() string {
	value := func(param abi.Param) int { low, _ := n.span(param); return low }
	return fmt.Sprintf("%d Hz, %d channels, periods of %d frames and a buffer of %d", value(abi.Rate), value(abi.Channels), value(abi.PeriodSize), value(abi.BufferSize))
}

// result is what the hardware was set up with.
func (n *negotiation) result() (s setup, all []*abi.HWParams, err error) {
	value := func(param abi.Param) int { low, _ := n.span(param); return low }
	s.rate, s.period, s.buffer = value(abi.Rate), value(abi.PeriodSize), 1<<31-1
	for _, p := range n.all {
		f := audio.Format{Rate: s.rate, Channels: p.Interval(abi.Channels).Low()}
		for e, number := range formats() {
			if p.Mask(abi.Format).Has(number) {
				f.Encoding = e
			}
		}
		if err := f.Validate(); err != nil {
			return s, nil, err
		}
		s.formats = append(s.formats, f)
		s.buffer = min(s.buffer, p.Interval(abi.BufferSize).Low())
	}
	return s, n.all, nil
}

// wake is when a stream wakes its program: each period; and when it stops: when its
// buffer has run empty, or full. It starts by command only.
func wake(fd int, period, buffer int) (boundary uint64, err error) {
	p := abi.SWParams{
		TstampMode: 1, TstampType: abi.TstampMonotonic, Proto: abi.ProtoTstamp, PeriodStep: 1,
		AvailMin: uint64(period), StartThreshold: never, StopThreshold: uint64(buffer),
	}
	err = p.Install(fd)
	return p.Boundary, err
}

// never is more frames than there will be.
const never = 1 << 62
