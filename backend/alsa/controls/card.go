// Package controls offers the control elements of sound cards in the terms of audio(7I): ports,
// jacks, gain, mute, monitor.
//
//	kernel ── Elements: numbers by name ──▶ Card: ports and gains ── Wrap ──▶ backend.Controller
//
// [Names] map elements to these terms where their kernel names do not.
package controls

import (
	"os"
	"slices"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// Card is the controls of an open sound card in the terms of audio(7I).
//
//	method                          may block           may allocate
//	Ports, HasMonitor, Changes      no                  no
//	all others                      briefly, in ioctl   yes
//
// Any goroutine but the engine's may call the methods. They return audio.ErrGone once the card is
// unplugged and audio.ErrClosed after Close. The card keeps its settings until Select, SetGain,
// SetLevel, SetMuted, SetMonitor or Restore is called; each sets everything or nothing.
type Card struct {
	controls Elements
	changes  chan Change
	stop     chan struct{}
	ended    sync.WaitGroup
	closing  sync.Once

	mu       sync.Mutex // guards a whole change of several elements; held in ioctl
	elements map[ID]*Element
	sides    [4]side        // by direction
	monitors []monitorPath  // from inputs to outputs
	values   map[ID][]int64 // after the last write or event: another value is another program's change
	touched  map[ID]bool    // written by this Card
	muted    bool           // as read by Muted or set by SetMuted
	kept     audio.Ports    // selected last for Play; off while muted if no switch is over all ports
	monitor  int            // set by SetMonitor; −1: never

	state  sync.Mutex // guards jackIn, so that Ports does not wait for an ioctl
	jackIn map[ID]bool
}

// Open opens the controls of a PCM, or of the whole card if at.Device is −1. It calls
// OpenElements and New, reads /proc and may block briefly.
func Open(at card.Address, names Names) (*Card, error) {
	elements, err := OpenElements(at.Card)
	if err != nil {
		return nil, err
	}
	names.choose(codecsOf(os.DirFS("/"), at.Card), at.Device)
	c, err := New(elements, names)
	if err != nil {
		elements.Close()
	}
	return c, err
}

// New returns a Card that owns elements; after an error the caller keeps them. It starts a goroutine that
// reads events until Close. The error is audio.ErrInvalid for a name that is no control of the card.
func New(elements Elements, names Names) (*Card, error) {
	list, err := elements.List()
	if err != nil {
		return nil, err
	}
	c := &Card{
		controls: elements, changes: make(chan Change, 16), stop: make(chan struct{}),
		values: map[ID][]int64{}, touched: map[ID]bool{}, jackIn: map[ID]bool{}, monitor: -1,
	}
	b := newBinder(list, names)
	c.elements = b.elements
	for d, side := range map[audio.Direction]SideNames{audio.Play: names.Play, audio.Record: names.Record} {
		if c.sides[d], err = b.bind(d, side); err != nil {
			return nil, err
		}
	}
	c.monitors = b.monitorPaths(&c.sides[audio.Record])
	for _, e := range b.jacks {
		c.jackIn[e.ID] = isPhantom(e.ID)
		if v, err := elements.Read(e.ID); err == nil && len(v) > 0 && v[0] != 0 {
			c.jackIn[e.ID] = true
		}
	}
	c.ended.Go(c.follow)
	return c, nil
}

// Close closes the elements and Changes. Settings stay as they are. A second Close does nothing.
func (c *Card) Close() (err error) {
	c.closing.Do(func() {
		close(c.stop)
		err = c.controls.Close()
		c.ended.Wait()
	})
	return err
}

// Ports returns the ports of a direction: those plugged in now; those that can be switched
// (mod_ports of audio(7I); the others are always on); and whether only one can be on at a time.
// The result is meaningless for a direction that the card lacks.
func (c *Card) Ports(d audio.Direction) (avail, mod audio.Ports, exclusive bool) {
	c.state.Lock()
	defer c.state.Unlock()
	s := &c.sides[d&(audio.Play|audio.Record)]
	for _, p := range s.ports {
		if slices.ContainsFunc(p.ways, func(w way) bool { return c.pluggedLocked(&w) }) {
			avail |= p.bit
		}
	}
	return avail, s.mod(), s.exclusive()
}

// Selected reads which ports of a direction are on, including switches set by other programs.
func (c *Card) Selected(d audio.Direction) (audio.Ports, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.selectedLocked(d)
}

func (c *Card) selectedLocked(d audio.Direction) (on audio.Ports, err error) {
	if d == audio.Play && c.muted && c.sides[d].main == nil {
		return c.kept, nil
	}
	if on, err = c.switchedPortsLocked(d); err == nil && d == audio.Play && on != 0 {
		c.kept = on
	}
	return on, err
}

// switchedPortsLocked returns the ports whose switches are on.
func (c *Card) switchedPortsLocked(d audio.Direction) (on audio.Ports, err error) {
	for _, p := range c.sides[d].ports {
		for _, w := range p.ways {
			is, err := c.isOn(&w)
			if err != nil {
				return 0, err
			}
			if is {
				on |= p.bit
			}
		}
	}
	return on, nil
}

func (c *Card) isOn(w *way) (bool, error) {
	if w.sw != nil {
		if on, err := c.switchedOn(w.sw); !on {
			return false, err
		}
	}
	if w.source == nil {
		return true, nil
	}
	v, err := c.controls.Read(w.source.ID)
	return slices.Contains(v, w.item), err
}

// switchedOn reports whether any channel of a switch is on.
func (c *Card) switchedOn(sw *Element) (bool, error) {
	v, err := c.controls.Read(sw.ID)
	return err == nil && slices.ContainsFunc(v, func(x int64) bool { return x != sw.Min }), err
}

// Select switches the given ports of a direction on and its other ports off, and sets everything
// on the way to them but the gain to 0 dB. Ports that cannot be switched stay on. It returns
// audio.ErrInvalid and changes nothing if ports is empty, holds a port that is missing or not
// plugged in, or holds several that exclude each other.
func (c *Card) Select(d audio.Direction, ports audio.Ports) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	avail, mod, exclusive := c.Ports(d)
	if ports == 0 || ports&^avail != 0 {
		return audio.ErrInvalid.With("%s.port = %s: use one or more of the ports that are plugged in: %s", d, ports.Names(d),
			avail.Names(d))
	}
	if chosen := ports & mod; exclusive && chosen&(chosen-1) != 0 {
		return audio.ErrInvalid.With("%s.port = %s: this card has one at a time; use one of %s", d, ports.Names(d),
			(avail & mod).Names(d))
	}
	if err := c.applyLocked(c.plan(d, ports)); err != nil {
		return err
	}
	if d == audio.Play {
		c.kept = ports | c.sides[d].all()&avail&^mod
	}
	if d == audio.Record && c.monitor >= 0 { // the monitor follows the recording port
		_, err := c.setMonitorLocked(c.monitor)
		return err
	}
	return nil
}

// plan returns the steps that select ports. It switches off first, so that nothing is heard twice.
func (c *Card) plan(d audio.Direction, ports audio.Ports) (steps []step) {
	s := &c.sides[d]
	var on []step
	kept := map[*Element]bool{}
	for _, p := range s.ports {
		if ports&p.bit == 0 {
			continue
		}
		w := c.best(&p)
		on = append(on, c.wayOn(s, w)...)
		kept[w.sw] = true
	}
	for _, p := range s.ports {
		for _, w := range p.ways {
			if w.sw != nil && !kept[w.sw] {
				steps = append(steps, step{w.sw.ID, w.sw.onValues(false)})
			}
		}
	}
	steps = append(steps, s.common...)
	steps = append(steps, on...)
	if s.main != nil && !c.muted {
		steps = append(steps, step{s.main.ID, s.main.onValues(true)})
	}
	return steps
}

// wayOn returns the steps that open a way.
func (c *Card) wayOn(s *side, w *way) (steps []step) {
	if w.source != nil {
		steps = append(steps, step{w.source.ID, w.source.all(w.item)})
	}
	for _, v := range w.volumes {
		if !slices.Contains(s.gains, v) {
			steps = append(steps, step{v.ID, v.all(v.unity())})
		}
	}
	steps = append(steps, w.also...)
	if w.sw != nil && !(c.muted && s.main == nil && s == &c.sides[audio.Play]) {
		steps = append(steps, step{w.sw.ID, w.sw.onValues(true)})
	}
	return steps
}

// best returns the first way of a port with something plugged in.
func (c *Card) best(p *port) *way {
	c.state.Lock()
	defer c.state.Unlock()
	for i := range p.ways {
		if c.pluggedLocked(&p.ways[i]) {
			return &p.ways[i]
		}
	}
	return &p.ways[0]
}
