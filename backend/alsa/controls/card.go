// Package controls is the control elements of sound cards in the terms of audio(7I): ports,
// jacks, gain, mute, monitor.
//
//	kernel ── Elements: numbers by name ──▶ Card: ports and gains ── Wrap ──▶ backend.Controller
//
// [Names] say which element is what where its name does not.
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
//	all others                      shortly, in ioctl   yes
//
// All methods are for any goroutine but the engine's. A card that is unplugged makes them
// return audio.ErrGone, and after Close audio.ErrClosed. Nothing is set until Select,
// SetGain, SetMuted, SetMonitor or Restore is called; what they set is all or nothing.
type Card struct {
	controls Elements
	changes  chan Change
	stop     chan struct{}
	ended    sync.WaitGroup
	closing  sync.Once

	mu       sync.Mutex // over a whole change of several elements; held in ioctl
	elements map[ID]*Element
	sides    [4]side        // by direction
	monitors []monitorPath  // from inputs to outputs
	values   map[ID][]int64 // after the last write or event, to tell others' changes from ours
	touched  map[ID]bool    // what was written
	muted    bool           // as Muted has found it, or SetMuted has set it
	kept     audio.Ports    // of Play: selected last, and off for now if it is muted and has no main
	monitor  int            // what SetMonitor has set; −1: nothing

	state  sync.Mutex // of jackIn, so that Ports does not wait for an ioctl
	jackIn map[ID]bool
}

// Open opens the controls of a PCM, or those of the whole card for a Device of −1:
// OpenElements, then New. It reads /proc and may block shortly.
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

// New returns a Card that owns the elements; after an error they are still the caller's. It
// starts the goroutine that reads their events, which Close ends. The error is
// audio.ErrInvalid for a name that no control of the card has.
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

// Close gives the elements back and closes Changes. Settings stay as they are. A second
// Close is no error.
func (c *Card) Close() (err error) {
	c.closing.Do(func() {
		close(c.stop)
		err = c.controls.Close()
		c.ended.Wait()
	})
	return err
}

// Ports returns the ports of a side that a card has: what is plugged in now, those of all that
// can be switched (mod_ports of audio(7I); the rest is always on), and whether only one
// can be on at a time. For a side that the card does not have it says whatever.
func (c *Card) Ports(d audio.Direction) (avail, mod audio.Ports, exclusive bool) {
	c.state.Lock()
	defer c.state.Unlock()
	s := &c.sides[d&(audio.Play|audio.Record)]
	for _, p := range s.ports {
		if slices.ContainsFunc(p.ways, func(w way) bool { return c.plugged(&w) }) {
			avail |= p.bit
		}
	}
	return avail, s.mod(), s.exclusive()
}

// Selected reads which ports of a side are on, whoever switched them.
func (c *Card) Selected(d audio.Direction) (audio.Ports, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.selectedLocked(d)
}

func (c *Card) selectedLocked(d audio.Direction) (on audio.Ports, err error) {
	if d == audio.Play && c.muted && c.sides[d].main == nil {
		return c.kept, nil
	}
	if on, err = c.switchedPorts(d); err == nil && d == audio.Play && on != 0 {
		c.kept = on
	}
	return on, err
}

// switchedPorts returns those of which the switches are on.
func (c *Card) switchedPorts(d audio.Direction) (on audio.Ports, err error) {
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

// Select uses these ports of a side and switches its others off, and makes the way to them
// pass at 0 dB but for the gain. Ports that cannot be switched stay on. The error is
// audio.ErrInvalid, and nothing is changed, for none, for a port that is not there or not
// plugged in, and for several where they exclude each other.
func (c *Card) Select(d audio.Direction, ports audio.Ports) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	avail, mod, exclusive := c.Ports(d)
	if ports == 0 || ports&^avail != 0 {
		return audio.ErrInvalid.With("%s.port = %s: use one or more of the ports that are plugged in: %s", d, ports.Names(d), avail.Names(d))
	}
	if chosen := ports & mod; exclusive && chosen&(chosen-1) != 0 {
		return audio.ErrInvalid.With("%s.port = %s: this card has one at a time; use one of %s", d, ports.Names(d), (avail & mod).Names(d))
	}
	if err := c.apply(c.plan(d, ports)); err != nil {
		return err
	}
	if d == audio.Play {
		c.kept = ports | c.sides[d].all()&avail&^mod
	}
	if d == audio.Record && c.monitor >= 0 { // it is for what is recorded
		_, err := c.setMonitorLocked(c.monitor)
		return err
	}
	return nil
}

// plan returns what to set for ports to be the selected ones: off first, so that nothing is
// heard twice.
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

// wayOn returns what makes a way pass.
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

// best returns the first way of a port into which something is plugged.
func (c *Card) best(p *port) *way {
	c.state.Lock()
	defer c.state.Unlock()
	for i := range p.ways {
		if c.plugged(&p.ways[i]) {
			return &p.ways[i]
		}
	}
	return &p.ways[0]
}
