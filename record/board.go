package record

import (
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
)

// Board holds the recorders of a patchbay by name. Any goroutine may call its methods.
type Board struct {
	bay  *loop.Patchbay
	disk Disk
	boot string    // of the machine; "": not known
	from time.Time // when the board was made

	mu        sync.Mutex
	recorders map[string]*Recorder
	triggers  map[string]bool
	closed    bool
}

// NewBoard returns a board without recorders.
func NewBoard(bay *loop.Patchbay, disk Disk) *Board {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without one, files are repaired as after a loss of power
	return &Board{bay: bay, disk: disk, boot: strings.TrimSpace(string(boot)), from: time.Now(),
		recorders: map[string]*Recorder{}, triggers: map[string]bool{}}
}

// now returns the time of day as it went on from the start, whatever was set since.
func (b *Board) now() time.Time { return b.from.Add(time.Since(b.from)) }

// Add makes a recorder and starts it. What is recorded need not be there yet. It does not block. ErrBusy: the name is
// taken. ErrInvalid says what can never work.
func (b *Board) Add(s Spec) (*Recorder, error) {
	r, err := b.add(s)
	if err == nil {
		r.run()
	}
	return r, err
}

// add makes a recorder that does not run.
func (b *Board) add(s Spec) (*Recorder, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return nil, audio.ErrClosed
	case b.recorders[s.Name] != nil:
		return nil, audio.ErrBusy.With("there is a recorder %s already", s.Name)
	}
	r, err := newRecorder(b, s)
	if err != nil {
		return nil, err
	}
	r.order.Triggered = s.Trigger != "" && b.triggers[s.Trigger]
	b.recorders[s.Name] = r
	b.bay.Tell(event.Event{Kind: event.Recorder, Device: prefix + s.Name, Note: "added"})
	return r, nil
}

// Remove ends a recorder. It blocks until its last segment is on the disk, but not for long. ErrNoDevice: there is none.
func (b *Board) Remove(name string) error {
	b.mu.Lock()
	r := b.recorders[name]
	delete(b.recorders, name)
	b.mu.Unlock()
	if r == nil {
		return audio.ErrNoDevice.With("there is no recorder %s", name)
	}
	r.close()
	r.say("removed")
	return nil
}

// Recorder returns a recorder. ErrNoDevice: there is none.
func (b *Board) Recorder(name string) (*Recorder, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.recorders[name]; r != nil {
		return r, nil
	}
	return nil, audio.ErrNoDevice.With("there is no recorder %s", name)
}

// Recorders returns all recorders by name.
func (b *Board) Recorders() []*Recorder {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sortedLocked()
}

func (b *Board) sortedLocked() (all []*Recorder) {
	for _, r := range b.recorders {
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y *Recorder) int { return strings.Compare(x.spec.Name, y.spec.Name) })
	return all
}

// Trigger raises or lowers a trigger: recorders that wait for it record, from their pre-roll on, or end after their hold.
// It does not block. A trigger that is up is up for recorders that are added later, too.
func (b *Board) Trigger(name string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.triggers[name] == on {
		return
	}
	if b.triggers[name] = on; !on {
		delete(b.triggers, name)
	}
	for _, r := range b.recorders {
		if r.spec.Trigger == name && name != "" {
			r.trigger(on)
		}
	}
}

// Change gives a recorder that stays another Keep. ErrNoDevice: there is none.
func (b *Board) Change(name string, k Keep) error {
	r, err := b.Recorder(name)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Keep = k
	return nil
}

// Close ends all recorders, all at once. Close the patchbay after it.
func (b *Board) Close() {
	b.mu.Lock()
	b.closed = true
	all := b.recorders
	b.recorders = nil
	b.mu.Unlock()
	var wait sync.WaitGroup
	for _, r := range all {
		wait.Go(r.close)
	}
	wait.Wait()
}
