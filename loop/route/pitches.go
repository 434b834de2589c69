package route

import (
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// pitches says which routes of a board move the clocks of which devices. A clock is moved by one route at a time,
// and no two clocks follow each other. Any goroutine may call its methods; they do not block.
//
// A route with drift = "pitch" books a clock for as long as it exists. One with "auto" takes what nobody has
// booked while it is connected, and gives it up when somebody books it.
type pitches struct {
	mu     sync.Mutex
	booked map[*loop.Engine]mover
	driven map[*loop.Engine]mover
}

// mover is a route that moves a clock.
type mover struct {
	route   string
	follows *loop.Engine
}

func newPitches() *pitches {
	return &pitches{booked: map[*loop.Engine]mover{}, driven: map[*loop.Engine]mover{}}
}

// book books the clock of e for a route, to follow another. ErrBusy: another route has it, or the other follows e.
func (p *pitches) book(e *loop.Engine, m mover) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.freeLocked(e, m); err != nil {
		return err
	}
	p.booked[e] = m
	return nil
}

// freeLocked returns why e cannot be booked, or nil.
func (p *pitches) freeLocked(e *loop.Engine, m mover) error {
	if other, ok := p.booked[e]; ok && other.route != m.route {
		return audio.ErrBusy.With("the clock of %s is moved by the route %s", e.Name(), other.route)
	}
	return circle(p.booked, e, m)
}

// circle returns ErrBusy if what m wants e to follow follows e.
func circle(moved map[*loop.Engine]mover, e *loop.Engine, m mover) error {
	at := m.follows
	for range len(moved) {
		next, ok := moved[at]
		if !ok {
			return nil
		}
		if at = next.follows; at == e {
			return audio.ErrBusy.With("the clock of %s cannot follow that of %s, which follows it by the route %s",
				e.Name(), m.follows.Name(), next.route)
		}
	}
	return nil
}

// cancel cancels what a route has booked.
func (p *pitches) cancel(route string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e, m := range p.booked {
		if m.route == route {
			delete(p.booked, e)
		}
	}
}

// drive begins to move the clock of e. ErrBusy: another route has booked it or moves it, or the clocks would follow
// each other.
func (p *pitches) drive(e *loop.Engine, m mover) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.freeLocked(e, m); err != nil {
		return err
	}
	if other, ok := p.driven[e]; ok && other.route != m.route {
		return audio.ErrBusy.With("the clock of %s is still moved by the route %s", e.Name(), other.route)
	}
	if err := circle(p.driven, e, m); err != nil {
		return err
	}
	p.driven[e] = m
	return nil
}

// mine reports whether a route may go on to move the clock of e.
func (p *pitches) mine(e *loop.Engine, route string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.booked[e]
	return !ok || m.route == route
}

// release ends what drive began.
func (p *pitches) release(e *loop.Engine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.driven, e)
}
