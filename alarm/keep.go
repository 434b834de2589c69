package alarm

import (
	"time"

	"github.com/loopbridge/loopbridge/tap"
)

const (
	// lookEvery is how often a subject is looked at whose counters change without an event.
	lookEvery = 250 * time.Millisecond
	// tardy is how late the keeper may wake up and still believe that a place rests; else it lets the hub go first.
	tardy = tap.Every
)

// poke makes the keeper look.
func (b *Board) poke() {
	select {
	case b.poked <- struct{}{}:
	default:
	}
}

// keep looks at what is not heard, whenever something may have changed, until the board closes.
func (b *Board) keep() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	planned := b.options.Clock()
	for {
		var changed <-chan struct{}
		if b.options.Revision != nil {
			changed = b.options.Revision() // first, so that nothing is missed
		}
		now := b.options.Clock()
		in, again := b.look(now)
		timer.Stop()
		if again {
			in = max(in, time.Millisecond) // what was rounded away
			planned = now + in
			timer.Reset(in)
		}
		select {
		case <-changed:
		case <-b.poked:
		case <-timer.C:
			b.yield(planned)
		case <-b.ctx.Done():
			return
		}
	}
}

// yield lets the hub go first if this goroutine was late, as then the hub may be, too, and what seems to rest does not.
func (b *Board) yield(planned time.Duration) {
	if b.options.Clock()-planned < tardy {
		return
	}
	select {
	case <-time.After(2 * tap.Every):
	case <-b.ctx.Done():
	}
}

// look looks at all alarms, and returns when to do it again; false: not before something happens.
func (b *Board) look(now time.Duration) (in time.Duration, again bool) {
	for _, a := range b.list() {
		if more, wanted := a.look(now); wanted && (!again || more < in) {
			in, again = more, true
		}
	}
	return in, again
}
