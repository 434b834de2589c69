package alarm

import "time"

// lookEvery is how often a subject is looked at whose counters change without an event.
const lookEvery = 250 * time.Millisecond

// poke makes the keeper look.
func (b *Board) poke() {
	select {
	case b.poked <- struct{}{}:
	default:
	}
}

// keep looks at subjects whenever something may have changed, until the board closes.
func (b *Board) keep() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var changed <-chan struct{}
		if b.options.Revision != nil {
			changed = b.options.Revision() // first, so that nothing is missed
		}
		in, again := b.look(b.options.Clock())
		timer.Stop()
		if again {
			timer.Reset(max(in, time.Millisecond)) // what was rounded away
		}
		select {
		case <-changed:
		case <-b.poked:
		case <-timer.C:
		case <-b.ctx.Done():
			return
		}
	}
}

// look looks at all subjects, and returns when to do it again; false: not before something happens.
func (b *Board) look(now time.Duration) (in time.Duration, again bool) {
	for _, a := range b.list() {
		if a.condition.Needs == Sound {
			continue
		}
		if more, wanted := a.look(now); wanted && (!again || more < in) {
			in, again = more, true
		}
	}
	return in, again
}
