package loop

import (
	"slices"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// Subject has an audio(7I) state: a device (Engine) or an end of a loop (EndControls). Any goroutine but
// the engine's may call its methods.
type Subject interface {
	// Name returns the shortest name. A device and a loop may share it; see Patchbay.Address.
	Name() string
	// Holder returns the program that holds it, or the zero value if it is not exactly one.
	Holder() pcm.Holder
	// Err returns why the device failed, or nil.
	Err() error
	// Info returns the state now.
	Info() state.Info
	// Set implements SETINFO: it applies the whole patch, or nothing and returns state.Problems. It blocks
	// until the patch is in effect, in the next cycle, and sends an event.
	Set(state.Patch) (state.Reply, error)
	// Restore sets what Info.Save kept. It skips values that are damaged or impossible now, and lists them
	// in the error.
	Restore(state.Saved) error
	// Levels returns what was played and recorded since the previous call; empty at first.
	Levels() device.Levels
	// Probes returns what hears each stream of a side now, after its controls: one of a device, one for each program at
	// an end. Probes that are made have room for so much sound. Each hears until it is closed, and there is never a
	// second one: who closes them must be their only reader.
	Probes(side audio.Direction, room time.Duration) []*mixer.Probe
}

var (
	_ Subject = (*Engine)(nil)
	_ Subject = (*EndControls)(nil)
)

// Find returns the subject of a name. ErrNoDevice: there is none.
//
//	DEVICE                a device
//	""                    the first device that plays or records, or else the only one
//	LOOP, LOOP/client     the client end of a loop, with all its clients
//	LOOP/server           the server end, if it can be a program
//	LOOP/PID              one client, while it is open
//	route/NAME            a route, and what else AddSubject added
//
// If a device and a loop share a name, it is the device's.
func (b *Patchbay) Find(name string) (Subject, error) {
	b.mu.RLock()
	other := b.others[name]
	b.mu.RUnlock()
	if other != nil {
		return other, nil
	}
	device, err := b.Device(name)
	if err == nil {
		return device, nil
	}
	if name == "" {
		return nil, err
	}
	end, noLoop := b.EndControls(name)
	switch {
	case noLoop == nil:
		return end, nil
	case strings.Contains(name, "/"):
		return nil, noLoop
	}
	return nil, audio.ErrNoDevice.With("%v, nor a loop of that name", err)
}

// AddSubject makes Find know a subject of another package by its name. ErrBusy: the name is taken.
func (b *Patchbay) AddSubject(s Subject) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.others[s.Name()] != nil {
		return audio.ErrBusy.With("there is a %s already", s.Name())
	}
	b.others[s.Name()] = s
	b.events.Bump()
	return nil
}

// RemoveSubject makes Find forget what AddSubject added.
func (b *Patchbay) RemoveSubject(name string) {
	b.mu.Lock()
	delete(b.others, name)
	b.mu.Unlock()
	b.events.Bump()
}

// Tell sends an event of a subject of another package.
func (b *Patchbay) Tell(ev event.Event) { b.events.Tell(ev) }

// Device is Find for devices only.
func (b *Patchbay) Device(name string) (*Engine, error) {
	all := b.Devices()
	var names []string
	for _, e := range all {
		if e.name == name || name == "" && e.Info().HW&(state.HWPlay|state.HWRecord) != 0 {
			return e, nil
		}
		names = append(names, e.name)
	}
	switch {
	case name == "" && len(all) == 1:
		return all[0], nil
	case name == "":
		return nil, audio.ErrNoDevice.With("there is no device that plays or records")
	}
	return nil, audio.ErrNoDevice.With("there is no device %s; there are %s", name, strings.Join(names, ", "))
}

// Devices returns all devices in the order in which they were added, even after Close.
func (b *Patchbay) Devices() []*Engine {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.devices)
}

// Address returns the name by which Find finds s.
func (b *Patchbay) Address(s Subject) string {
	name := s.Name()
	if _, isEnd := s.(*EndControls); isEnd {
		if _, err := b.Device(name); err == nil {
			return name + "/" + pcm.Client.String()
		}
	}
	return name
}
