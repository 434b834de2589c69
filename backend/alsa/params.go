package alsa

import (
	"errors"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// setup holds the negotiated parameters of a stream. Both directions share clock and period.
type setup struct {
	rate    int
	period  int // frames between two interrupts
	buffer  int // frames, of the smaller buffer
	tail    int // frames kept for the tail; played: see tailFrames
	played  int
	formats []audio.Format // per direction
}

// negotiate returns the setup nearest to wish, or an ErrInvalid that names what is impossible.
func negotiate(name string, wish backend.Config, fds []int) (s setup, all []*abi.HWParams, err error) {
	for _, fd := range fds {
		p := abi.AnyParams()
		*p.Mask(abi.Access) = abi.Mask{1<<abi.MmapInterleaved | 1<<abi.MmapNoninterleaved | 1<<abi.RWInterleaved |
			1<<abi.RWNoninterleaved}
		if err := p.Refine(fd); err != nil {
			return s, nil, audio.ErrIO.With("%s: the card does not say what it can do: %v", name, err)
		}
		all = append(all, p)
	}
	for i := range fds {
		one := negotiation{name, fds[i : i+1], all[i : i+1]}
		if err := errors.Join(one.encoding(wish.Format.Encoding),
			one.near("channels", abi.Channels, wish.Format.Channels)); err != nil {
			return s, nil, err
		}
	}
	n := negotiation{name, fds, all}
	if err := n.near("rate", abi.Rate, wish.Format.Rate); err != nil {
		return s, nil, err
	}
	if err := n.near("period", abi.PeriodSize, wish.Period); err != nil {
		return s, nil, err
	}
	buffer := wish.Period * wish.Periods
	if wish.Play {
		info, err := infoOf(all[len(all)-1], fds[len(fds)-1])
		if err != nil {
			return s, nil, audio.ErrIO.With("%s: the card does not say how it moves frames: %v", name, err)
		}
		s.tail, s.played = tailFrames(info, n.value(abi.Rate), n.value(abi.PeriodSize), buffer, wish.Record)
	}
	if len(fds) > 1 {
		buffer += wish.Format.Rate / headstart
	}
	if err := n.near("buffer", abi.BufferSize, buffer+s.tail); err != nil {
		return s, nil, err
	}
	n.access()
	for i, fd := range fds {
		if err := all[i].Install(fd); err != nil {
			return s, nil, audio.ErrInvalid.With("%s: the card refuses %s: %v", name, n.text(), err)
		}
	}
	err = n.result(&s)
	return s, all, err
}

type negotiation struct {
	name string
	fds  []int
	all  []*abi.HWParams
}

// try applies change to all directions, or to none if the card refuses it.
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

// near sets a parameter to the possible value nearest to wish.
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
	// The possible values may be a list: compare the nearest one on each side of wish.
	above, _ := n.left(func(p *abi.HWParams) { p.Interval(param).Min = uint32(wish) }, param)
	_, below := n.left(func(p *abi.HWParams) { p.Interval(param).Max = uint32(wish) }, param)
	if below < 0 || above >= 0 && above-wish < wish-below {
		below, above = above, below
	}
	if below >= 0 && only(below) || above >= 0 && only(above) {
		return nil
	}
	return audio.ErrInvalid.With("%s: the card has no %s near %d; it has %d..%d", n.name, what, wish, low, high)
}

// span returns the range common to all directions.
func (n *negotiation) span(param abi.Param) (low, high int) {
	high = 1<<31 - 1
	for _, p := range n.all {
		i := p.Interval(param)
		low, high = max(low, i.Low()), min(high, i.High())
	}
	return low, high
}

// left returns the range possible after change, or −1, −1 if it is empty. It leaves the parameters as
// they were.
func (n *negotiation) left(change func(*abi.HWParams), param abi.Param) (low, high int) {
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
		return -1, -1
	}
	if low, high = n.span(param); low > high {
		return -1, -1
	}
	return low, high
}

// access prefers mapped memory to copying, and interleaved frames to planes.
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

// value returns the lowest value still possible.
func (n *negotiation) value(param abi.Param) int {
	low, _ := n.span(param)
	return low
}

// infoOf returns the info bits of the card.
func infoOf(p *abi.HWParams, fd int) (uint32, error) {
	asked := *p
	asked.Info = 0
	err := asked.Refine(fd)
	return asked.Info, err
}

// text formats the parameters for an error message.
func (n *negotiation) text() string {
	return fmt.Sprintf("%d Hz, %d channels, periods of %d frames and a buffer of %d", n.value(abi.Rate),
		n.value(abi.Channels), n.value(abi.PeriodSize), n.value(abi.BufferSize))
}

// result copies the parameters that were installed into s.
func (n *negotiation) result(s *setup) error {
	s.rate, s.period, s.buffer = n.value(abi.Rate), n.value(abi.PeriodSize), 1<<31-1
	for _, p := range n.all {
		f := formatOf(p, s.rate)
		if err := f.Validate(); err != nil {
			return err
		}
		s.formats = append(s.formats, f)
		s.buffer = min(s.buffer, p.Interval(abi.BufferSize).Low())
	}
	return nil
}

// formatOf returns the format of hardware with these parameters.
func formatOf(p *abi.HWParams, rate int) audio.Format {
	f := audio.Format{Rate: rate, Channels: p.Interval(abi.Channels).Low()}
	for e, number := range formats() {
		if p.Mask(abi.Format).Has(number) {
			f.Encoding = e
		}
	}
	return f
}

// wake sets the software parameters: the program wakes up each period, the stream starts by
// command only and stops when stop frames are available.
func wake(fd int, period, stop int) (boundary uint64, err error) {
	p := abi.SWParams{
		TstampMode: 1, TstampType: abi.TstampMonotonic, Proto: abi.ProtoTstamp, PeriodStep: 1,
		AvailMin: uint64(period), StartThreshold: never, StopThreshold: uint64(stop),
	}
	err = p.Install(fd)
	return p.Boundary, err
}

// never is more frames than any stream will reach.
const never = 1 << 62
