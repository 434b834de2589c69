package route

import (
	"cmp"
	"slices"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/servo"
)

// Handed is what a route knows beside its Spec and its ends: plain data for another process.
type Handed struct {
	Name            string
	From, To        PlaceState
	Info            state.Info
	Since           uint64
	Frames, Missing uint64
	Cord            *CordState // nil: it waits
}

// PlaceState is where a route begins or ends; it may be gone by now, and come again.
type PlaceState struct {
	Loop       string
	Role       pcm.Role
	Device     string // that drives it
	Node, Also string
}

func (p *place) state() PlaceState { return PlaceState{p.loop, p.role, p.on.Name(), p.node, p.also} }

// resume returns the place. ErrNoDevice: its device is not there.
func (p PlaceState) resume(bay *loop.Patchbay) (place, error) {
	on, err := bay.Device(p.Device)
	return place{loop: p.Loop, role: p.Role, on: on, node: p.Node, also: p.Also}, err
}

// CordState is what a route knows while it is connected.
type CordState struct {
	Moves servo.Side // whose clock it moves
	Pitch PitchState
	Line  line.State
}

// PitchState is what drives the control of a clock.
type PitchState struct {
	Steps   int
	Meant   float64
	Locked  bool
	Stepper servo.Stepper
}

// Hold keeps all routes as they are until release is called. Call it before Patchbay.Freeze.
func (b *Board) Hold() (release func()) {
	b.mu.Lock()
	var all []*sync.Mutex
	for _, r := range b.routes {
		r.mu.Lock()
		all = append(all, &r.mu)
	}
	return func() {
		for _, mu := range all {
			mu.Unlock()
		}
		b.mu.Unlock()
	}
}

// HandOver describes all routes, by name, while the board is held and the patchbay is frozen.
func (b *Board) HandOver() (all []Handed) {
	for _, r := range b.routes {
		s := Handed{Name: r.spec.Name, From: r.from.state(), To: r.to.state(), Info: r.settings.Info, Since: r.since,
			Frames: r.status.Frames.Load(), Missing: r.status.Missing.Load()}
		if c := r.cord; c != nil {
			v := CordState{Line: c.line.State()}
			if p := c.pitch; p != nil {
				v.Moves = p.side
				v.Pitch = PitchState{int(p.steps.Load()), p.meant, p.locked, *p.stepper}
			}
			if !v.Line.Over && !v.Line.Closing { // else it is being disconnected
				s.Cord = &v
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(x, y Handed) int { return cmp.Compare(x.Name, y.Name) })
	return all
}

// kind is that of hosts that are routes.
const kind = "route"

// HandOver implements loop.Heir.
func (h *host) HandOver(r *ring.Ring) loop.HostState {
	return loop.HostState{Kind: kind, Name: h.route, Bell: -1, Memory: -1, Contents: r.Contents()}
}

// inheritance is what the process before had.
type inheritance struct {
	from, to *host // nil: not open
	cord     *cord // nil: not connected
}

// take returns the end of a direction, the first time.
func (i *inheritance) take(d audio.Direction) (h *host) {
	if d == pcm.Read {
		h, i.from = i.from, nil
	} else {
		h, i.to = i.to, nil
	}
	return h
}

// Resumption makes the routes of a board go on that another process had. One goroutine uses it.
type Resumption struct {
	board  *Board
	hosts  map[int]*host // by the ID of the end
	routes []*Route
}

// Resume begins to resume routes, before Patchbay.Resume.
func (b *Board) Resume() *Resumption { return &Resumption{board: b, hosts: map[int]*host{}} }

// Host implements loop.FindHost for the ends of routes; nil: it is of somebody else.
func (n *Resumption) Host(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
	if e.Host.Kind != kind {
		return nil, nil, nil
	}
	mem, err := e.Memory(bytes)
	if err != nil {
		return nil, nil, err
	}
	h := newHost(e.Host.Name)
	n.hosts[e.ID] = h
	return h, mem, nil
}

// Add makes a route with what it knew, once Patchbay.Resume has returned the ends, and before Patchbay.Run. Errors as
// Board.Add.
func (n *Resumption) Add(spec Spec, s *Handed, ends map[int]*loop.End) error {
	from, err := s.From.resume(n.board.bay)
	if err != nil {
		return err
	}
	to, err := s.To.resume(n.board.bay)
	if err != nil {
		return err
	}
	r, err := n.board.add(spec, from, to)
	if err != nil {
		return err
	}
	n.routes = append(n.routes, r)
	r.settings.Info, r.since = s.Info, s.Since
	r.status.Frames.Store(s.Frames)
	r.status.Missing.Store(s.Missing)
	r.status.Paused.Store(s.Info.Play.Pause)
	for id, h := range n.hosts {
		end := ends[id]
		if h.route != spec.Name || end == nil || end.Gone {
			continue
		}
		if h.end = end; end.Source != nil {
			r.inherits.to = h
		} else {
			r.inherits.from = h
		}
	}
	if from, to := r.inherits.from, r.inherits.to; s.Cord != nil && from != nil && to != nil {
		c, err := r.connect(from.end, to.end, s.Cord)
		if err != nil {
			c, err = r.connect(from.end, to.end, nil) // it begins anew, with a fade
		}
		if err == nil {
			r.inherits.cord = c
		}
	}
	return nil
}

// Run lets the routes run, after Patchbay.Run.
func (n *Resumption) Run() {
	for _, r := range n.routes {
		r.start()
	}
}

// resume sets the control as it was.
func (p *pitch) resume(s *PitchState) error {
	p.locked = s.Locked
	unit, least, most := p.stepper.Unit, p.stepper.Least, p.stepper.Most
	*p.stepper = s.Stepper
	p.stepper.Unit, p.stepper.Least, p.stepper.Most = unit, least, most
	return p.set(s.Steps, s.Meant)
}
