package alsa

import (
	"os"
	"slices"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
)

// Mixer is the controls of an open card in the terms of audio(7I).
//
//	method                          may block           may allocate
//	Ports, HasMonitor, Changes      no                  no
//	all others                      shortly, in ioctl   yes
//
// All methods are for any goroutine but the engine's. A card that is unplugged makes them
// return audio.ErrGone, and after Close audio.ErrClosed. Nothing is set until Select,
// SetGain, SetMuted, SetMonitor or Restore is called; what they set is all or nothing.
type Mixer struct {
	controls Controls
	changes  chan MixerChange
	stop     chan struct{}
	ended    sync.WaitGroup
	closing  sync.Once

	mu       sync.Mutex // over a whole change of several elements; held in ioctl
	elements map[ElementID]*Element
	sides    [4]side               // by direction
	monitors []monitorPath         // from inputs to outputs
	values   map[ElementID][]int64 // after the last write or event, to tell others' changes from ours
	touched  map[ElementID]bool    // what was written
	muted    bool                  // as Muted has found it, or SetMuted has set it
	kept     audio.Ports           // of Play: selected last, and off for now if it is muted and has no main
	monitor  int                   // what SetMonitor has set; −1: nothing

	state  sync.Mutex // of jackIn, so that Ports does not wait for an ioctl
	jackIn map[ElementID]bool
}

// OpenMixer opens the controls of a PCM, those of all the card for a Device of −1:
// OpenControls, then NewMixer. It reads /proc and may block shortly.
func OpenMixer(at Address, which CardControls) (*Mixer, error) {
	controls, err := OpenControls(at.Card)
	if err != nil {
		return nil, err
	}
	which.choose(codecsOf(os.DirFS("/"), at.Card), at.Device)
	m, err := NewMixer(controls, which)
	if err != nil {
		controls.Close()
	}
	return m, err
}

// NewMixer makes a Mixer of controls, which belong to it from now on if there is no error.
// It starts the goroutine that reads their events, which Close ends. A control that which
// names and the card does not have is audio.ErrInvalid.
func NewMixer(controls Controls, which CardControls) (*Mixer, error) {
	list, err := controls.Elements()
	if err != nil {
		return nil, err
	}
	m := &Mixer{
		controls: controls, changes: make(chan MixerChange, 16), stop: make(chan struct{}),
		values: map[ElementID][]int64{}, touched: map[ElementID]bool{}, jackIn: map[ElementID]bool{}, monitor: -1,
	}
	b := newBinder(list, which)
	m.elements = b.elements
	for d, c := range map[audio.Direction]SideControls{audio.Play: which.Play, audio.Record: which.Record} {
		if m.sides[d], err = b.bind(d, c); err != nil {
			return nil, err
		}
	}
	m.monitors = b.monitorPaths(&m.sides[audio.Record])
	for _, e := range b.jacks {
		m.jackIn[e.ID] = isPhantom(e.ID)
		if v, err := controls.Read(e.ID); err == nil && len(v) > 0 && v[0] != 0 {
			m.jackIn[e.ID] = true
		}
	}
	m.ended.Go(m.follow)
	return m, nil
}

// Close ends the Mixer and closes Changes. Settings stay as they are. A second Close is no
// error.
func (m *Mixer) Close() (err error) {
	m.closing.Do(func() {
		close(m.stop)
		err = m.controls.Close()
		m.ended.Wait()
	})
	return err
}

// Ports are the ports of a side that a card has: what is plugged in now, those of all that
// can be switched (mod_ports of audio(7I); the rest is always on), and whether only one
// can be on at a time. For a side that the card does not have it says whatever.
func (m *Mixer) Ports(d audio.Direction) (avail, mod audio.Ports, exclusive bool) {
	m.state.Lock()
	defer m.state.Unlock()
	s := &m.sides[d&(audio.Play|audio.Record)]
	for _, p := range s.ports {
		if slices.ContainsFunc(p.ways, func(w way) bool { return m.plugged(&w) }) {
			avail |= p.bit
		}
	}
	return avail, s.mod(), s.exclusive()
}

// Selected reads which ports of a side are on, whoever switched them.
func (m *Mixer) Selected(d audio.Direction) (audio.Ports, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.selectedLocked(d)
}

func (m *Mixer) selectedLocked(d audio.Direction) (on audio.Ports, err error) {
	if d == audio.Play && m.muted && m.sides[d].main == nil {
		return m.kept, nil
	}
	if on, err = m.switchedPorts(d); err == nil && d == audio.Play && on != 0 {
		m.kept = on
	}
	return on, err
}

// switchedPorts are those of which the switches are on.
func (m *Mixer) switchedPorts(d audio.Direction) (on audio.Ports, err error) {
	for _, p := range m.sides[d].ports {
		for _, w := range p.ways {
			is, err := m.isOn(&w)
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

func (m *Mixer) isOn(w *way) (bool, error) {
	if w.sw != nil {
		if on, err := m.switchedOn(w.sw); !on {
			return false, err
		}
	}
	if w.source == nil {
		return true, nil
	}
	v, err := m.controls.Read(w.source.ID)
	return slices.Contains(v, w.item), err
}

// switchedOn reports whether any channel of a switch is on.
func (m *Mixer) switchedOn(sw *Element) (bool, error) {
	v, err := m.controls.Read(sw.ID)
	return err == nil && slices.ContainsFunc(v, func(x int64) bool { return x != sw.Min }), err
}

// Select uses these ports of a side and switches its others off, and makes the way to them
// pass at 0 dB but for the gain. Ports that cannot be switched stay on. The error is
// audio.ErrInvalid, and nothing is changed, for none, for a port that is not there or not
// plugged in, and for several where they exclude each other (D23).
func (m *Mixer) Select(d audio.Direction, ports audio.Ports) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	avail, mod, exclusive := m.Ports(d)
	if ports == 0 || ports&^avail != 0 {
		return audio.ErrInvalid.With("%s.port = %s: use one or more of the ports that are plugged in: %s", d, ports.Names(d), avail.Names(d))
	}
	if chosen := ports & mod; exclusive && chosen&(chosen-1) != 0 {
		return audio.ErrInvalid.With("%s.port = %s: this card has one at a time; use one of %s", d, ports.Names(d), (avail & mod).Names(d))
	}
	if err := m.apply(m.plan(d, ports)); err != nil {
		return err
	}
	if d == audio.Play {
		m.kept = ports | m.sides[d].all()&avail&^mod
	}
	if d == audio.Record && m.monitor >= 0 { // it is for what is recorded
		_, err := m.setMonitorLocked(m.monitor)
		return err
	}
	return nil
}

// plan is what to set for ports to be the selected ones: off first, so that nothing is
// heard twice.
func (m *Mixer) plan(d audio.Direction, ports audio.Ports) (steps []step) {
	s := &m.sides[d]
	var on []step
	kept := map[*Element]bool{}
	for _, p := range s.ports {
		if ports&p.bit == 0 {
			continue
		}
		w := m.best(&p)
		on = append(on, m.wayOn(s, w)...)
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
	if s.main != nil && !m.muted {
		steps = append(steps, step{s.main.ID, s.main.onValues(true)})
	}
	return steps
}

// wayOn is what makes a way pass.
func (m *Mixer) wayOn(s *side, w *way) (steps []step) {
	if w.source != nil {
		steps = append(steps, step{w.source.ID, w.source.all(w.item)})
	}
	for _, v := range w.volumes {
		if !slices.Contains(s.gains, v) {
			steps = append(steps, step{v.ID, v.all(v.unity())})
		}
	}
	steps = append(steps, w.also...)
	if w.sw != nil && !(m.muted && s.main == nil && s == &m.sides[audio.Play]) {
		steps = append(steps, step{w.sw.ID, w.sw.onValues(true)})
	}
	return steps
}

// best is the first way of a port into which something is plugged.
func (m *Mixer) best(p *port) *way {
	m.state.Lock()
	defer m.state.Unlock()
	for i := range p.ways {
		if m.plugged(&p.ways[i]) {
			return &p.ways[i]
		}
	}
	return &p.ways[0]
}
