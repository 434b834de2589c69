package route

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// Board holds the routes of a patchbay by name. Any goroutine may call its methods.
type Board struct {
	bay     *loop.Patchbay
	pitches *pitches

	mu     sync.Mutex
	routes map[string]*Route
	closed bool

	changed chan struct{}
}

// NewBoard returns a board without routes.
func NewBoard(bay *loop.Patchbay) *Board {
	return &Board{bay: bay, pitches: newPitches(), routes: map[string]*Route{}, changed: make(chan struct{}, 1)}
}

// Changes receives a value after routes were connected, parted or removed, or wait for another end. It is for one
// goroutine. What happens within cycles, such as that sound flows or that a clock is lost, is not among it.
func (b *Board) Changes() <-chan struct{} { return b.changed }

// Add makes a route, which waits until both places are free. It does not block. ErrBusy: the name is taken, or the
// clock that the route is to move is moved by another one. ErrNoDevice, ErrAccess: a place is unknown, or has the other direction. ErrInvalid: anything else that can never
// work, such as a cycle.
func (b *Board) Add(s Spec) (*Route, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	from, err := find(b.bay, s.From, pcm.Read)
	if err != nil {
		return nil, fmt.Errorf("%s: from: %w", s.Name, err)
	}
	to, err := find(b.bay, s.To, pcm.Write)
	if err != nil {
		return nil, fmt.Errorf("%s: to: %w", s.Name, err)
	}
	r, err := b.add(s, from, to)
	if err == nil {
		r.start()
	}
	return r, err
}

// add makes a route between two places that does not run.
func (b *Board) add(s Spec, from, to place) (*Route, error) {
	if err := s.fits(from, to); err != nil {
		return nil, err
	}
	plan, err := newPlan(&s, from.on, to.on)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return nil, audio.ErrClosed
	case b.routes[s.Name] != nil:
		return nil, audio.ErrBusy.With("there is a route %s already", s.Name)
	}
	if cycle := b.cycleLocked(&from, to.node); cycle != nil && !(s.Feedback && s.Setting.Gain < mixer.MaxGain) {
		return nil, audio.ErrInvalid.With("%s would close a cycle, in which sound grows without end: %s; "+
			"if you want it, set feedback = true and a gain below 255", s.Name, strings.Join(cycle, " -> "))
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Route{bay: b.bay, pitches: b.pitches, spec: s, from: from, to: to, plan: plan, ctx: ctx, cancel: cancel, done: make(chan struct{}),
		changed: b.changed, settings: newSettings(&s)}
	r.status.Paused.Store(s.Paused)
	if err := r.book(); err != nil {
		cancel()
		return nil, err
	}
	b.routes[s.Name] = r
	if err := b.bay.AddSubject(r); err != nil {
		delete(b.routes, s.Name)
		b.pitches.cancel(s.Name)
		cancel()
		return nil, err
	}
	return r, nil
}

// start lets a route run.
func (r *Route) start() { go r.run(r.ctx) }

// cycleLocked returns the nodes of the cycle that a cord from a place to a node would close, or nil.
func (b *Board) cycleLocked(from *place, to string) []string {
	// What was looked at leads nowhere.
	seen := map[string]bool{}
	var walk func(at string, way []string) []string
	walk = func(at string, way []string) []string {
		if way = append(way, at); from.comesFrom(at) {
			return append([]string{at}, way...)
		}
		if seen[at] {
			return nil
		}
		seen[at] = true
		for _, r := range b.routes {
			if r.from.comesFrom(at) {
				if cycle := walk(r.to.node, way); cycle != nil {
					return cycle
				}
			}
		}
		return nil
	}
	return walk(to, nil)
}

// Remove fades a route out and removes it. It blocks for about a period. ErrNoDevice: there is none.
func (b *Board) Remove(name string) error {
	b.mu.Lock()
	r := b.routes[name]
	delete(b.routes, name)
	b.mu.Unlock()
	if r == nil {
		return audio.ErrNoDevice.With("there is no route %s", name)
	}
	r.end()
	return nil
}

func (r *Route) end() {
	r.cancel()
	<-r.done
	r.pitches.cancel(r.spec.Name)
	r.bay.RemoveSubject(r.Name())
	r.tell()
}

// Route returns a route. ErrNoDevice: there is none.
func (b *Board) Route(name string) (*Route, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.routes[name]; r != nil {
		return r, nil
	}
	return nil, audio.ErrNoDevice.With("there is no route %s", name)
}

// Routes returns all routes by name.
func (b *Board) Routes() []*Route {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*Route
	for _, r := range b.routes {
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y *Route) int { return strings.Compare(x.spec.Name, y.spec.Name) })
	return all
}

// Close removes all routes. Close the patchbay after it.
func (b *Board) Close() {
	b.mu.Lock()
	b.closed = true
	all := b.routes
	b.routes = nil
	b.mu.Unlock()
	for _, r := range all {
		r.cancel()
	}
	for _, r := range all {
		r.end()
	}
}
