package loop

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Patchbay holds the devices and loops of a daemon by name. Any goroutine may call its methods.
type Patchbay struct {
	mu      sync.RWMutex
	devices []*Engine // in the order in which they were added
	loops   map[string]*Loop
	others  map[string]Subject // of other packages
	sides   map[string]*Loop   // of devices, once somebody asked for them
	closed  bool
	events  event.Fanout
}

// NewPatchbay returns a patchbay without devices and loops.
func NewPatchbay() *Patchbay {
	return &Patchbay{loops: make(map[string]*Loop), sides: make(map[string]*Loop), others: make(map[string]Subject)}
}

// Subscribe returns a queue of the events from now on; see event.Fanout.
func (b *Patchbay) Subscribe(room int) *event.Subscription { return b.events.Subscribe(room) }

// Revision returns the number of events so far, counting loops that come and go, and a channel that is
// closed at the next one; see event.Fanout.
func (b *Patchbay) Revision() (events uint64, next <-chan struct{}) { return b.events.Revision() }

// AddDevice adds a device. The caller still closes it, after the Patchbay. From now on the device follows
// changes of its hardware, and sends events. ErrBusy: the name is taken, or the device was added before.
func (b *Patchbay) AddDevice(e *Engine) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return audio.ErrClosed
	case e.bay != nil || slices.ContainsFunc(b.devices, func(other *Engine) bool { return other.name == e.name }):
		return audio.ErrBusy.With("there is a device %s already", e.name)
	}
	b.devices = append(b.devices, e)
	e.bay = b
	if !e.stands {
		e.helpers.Go(e.follow)
	}
	b.events.Bump()
	return nil
}

// Add makes a loop on the clock of e. ErrBusy: the name is taken. ErrInvalid: the format or the
// name is invalid, or the device has no such side.
func (b *Patchbay) Add(spec Spec, e *Engine) error {
	stand := spec.Format.Positions
	if spec.Attached != 0 { // stand gives them to the device's channels
		spec.Format.Positions = audio.Positions{}
	}
	spec.Format = spec.Format.Or(audio.DefaultFormat())
	if err := spec.Format.Validate(); err != nil {
		return err
	}
	if spec.Buffer <= 0 {
		spec.Buffer = pcm.DefaultBuffer
	}
	if spec.Period <= 0 {
		spec.Period = pcm.DefaultPeriod
	}
	if spec.Name == "" {
		return audio.ErrInvalid.With("a loop needs a name")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return audio.ErrClosed
	}
	if b.loops[spec.Name] != nil {
		return audio.ErrBusy.With("there is a loop %s already", spec.Name)
	}
	var at *line.Bus
	if spec.Attached != 0 {
		var err error
		if at, err = e.sideBus(spec.Attached); err != nil {
			return err
		}
		spec.Format = at.Format()
		spec.Format.Positions = stand
		if err := spec.Format.Validate(); err != nil {
			return err
		}
	}
	b.loops[spec.Name] = newLoop(b, e, spec, at)
	b.events.Bump()
	return nil
}

// Remove removes a loop: its programs are disconnected, waiting clients get ErrNoDevice.
func (b *Patchbay) Remove(name string) error {
	b.mu.Lock()
	l := b.loops[name]
	if l == nil { // a side or a tap, perhaps: those are nobody's to remove
		b.mu.Unlock()
		return b.unknown(name)
	}
	delete(b.loops, name)
	taps := b.dropTapsLocked(l)
	b.mu.Unlock()
	why := fmt.Sprintf("the loop %s was removed", name)
	l.remove(why)
	for _, t := range taps {
		t.remove(why)
	}
	b.events.Bump()
	return nil
}

// Close removes all loops. Close their engines after it.
func (b *Patchbay) Close() {
	b.mu.Lock()
	b.closed = true
	loops, sides := b.loops, b.sides
	b.loops, b.sides = nil, nil
	b.mu.Unlock()
	for _, all := range []map[string]*Loop{loops, sides} {
		for _, l := range all {
			l.remove(fmt.Sprintf("the loop %s was removed", l.spec.Name))
		}
	}
	b.events.Close()
}

// sorted returns all loops in the order of their names.
func (b *Patchbay) sorted() []*Loop {
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := make([]*Loop, 0, len(b.loops))
	for _, l := range b.loops {
		all = append(all, l)
	}
	slices.SortFunc(all, func(x, y *Loop) int { return strings.Compare(x.spec.Name, y.spec.Name) })
	return all
}

func (b *Patchbay) find(name string) (*Loop, error) {
	if l := b.lookup(name); l != nil {
		return l, nil
	}
	return nil, b.unknown(name)
}

// lookup returns the loop, side or tap of a name, or nil.
func (b *Patchbay) lookup(name string) *Loop {
	b.mu.RLock()
	l := b.loops[name]
	b.mu.RUnlock()
	if l == nil {
		l = b.side(name)
	}
	if l != nil && l.tapped != nil {
		l.tapped.lead(l.outlet)
	}
	return l
}

// maxNames limits how many loops an error lists.
const maxNames = 8

func (b *Patchbay) unknown(name string) error {
	var names []string
	for _, l := range b.sorted() {
		names = append(names, l.spec.Name)
	}
	switch {
	case len(names) == 0:
		return audio.ErrNoDevice.With("there is no loop %s, nor any other", name)
	case len(names) > maxNames:
		names = append(names[:maxNames], "…")
	}
	return audio.ErrNoDevice.With("there is no loop %s; there are %s", name, strings.Join(names, ", "))
}

// remove disconnects all programs. why is a sentence.
func (l *Loop) remove(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.removed = true
	for _, e := range append([]*End{l.server}, l.clients...) {
		if e == nil {
			continue
		}
		if s := e.session; s != nil {
			l.unlinkLocked(s)
			if w := s.writer; w != nil && w.Gone { // a server that closed is held by its line alone
				w.freeLocked()
			}
		}
		switch {
		case e.Gone:
			e.freeLocked()
		default:
			e.setStateLocked(ring.Ended, syscall.ECONNRESET)
			e.host.Disconnect(audio.ErrReset.With("%s", why))
		}
	}
	for _, w := range l.waiters {
		w.answer(nil, audio.ErrNoDevice.With("%s", why))
		l.addDeviceWaitersLocked(-1)
	}
	l.waiters = nil
}
