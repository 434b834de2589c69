package loop

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Subject is what has a state of audio(7I): a device (Engine), or an end of a loop (Strip).
// Its methods are for any goroutine but the engine's.
type Subject interface {
	// Name is its shortest name. A device and a loop may have the same; see Patchbay.Address.
	Name() string
	// Holder is the program that it is of; the zero value where it is not of a single one.
	Holder() pcm.Holder
	// Err is why it is of no more use; nil while it is.
	Err() error
	// Info returns the state now.
	Info() state.Info
	// Set is SETINFO (D18): all of the patch or nothing and state.Problems. It is in effect in
	// the next cycle, for which it waits, and everybody is told.
	Set(state.Patch) (state.Reply, error)
	// Restore sets what Save of an Info has kept (D25). What is damaged or impossible now is
	// left as it is, and listed in the error.
	Restore(state.Saved) error
	// Levels returns what was played and recorded since it was called before; nothing at first.
	Levels() device.Levels
}

var (
	_ Subject = (*Engine)(nil)
	_ Subject = (*Strip)(nil)
)

// Find returns what has a name. ErrNoDevice: nothing has.
//
//	DEVICE                a device
//	""                    the first that plays or records, or else the only one
//	LOOP, LOOP/client     the client end of a loop, with all its clients
//	LOOP/server           the server end, if a program can be it
//	LOOP/PID              one client, as long as it is open
//
// Where a device and a loop have the same name, the device has it.
func (b *Patchbay) Find(name string) (Subject, error) {
	device, err := b.Device(name)
	if err == nil {
		return device, nil
	}
	if name == "" {
		return nil, err
	}
	strip, noLoop := b.Strip(name)
	switch {
	case noLoop == nil:
		return strip, nil
	case strings.Contains(name, "/"):
		return nil, noLoop
	}
	return nil, audio.ErrNoDevice.With("%v, nor a loop of that name", err)
}

// Device is Find for devices alone.
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

// Devices lists all devices in the order in which they were added, also after Close.
func (b *Patchbay) Devices() []*Engine {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Clone(b.devices)
}

// Address returns the name by which Find finds s.
func (b *Patchbay) Address(s Subject) string {
	name := s.Name()
	if _, isEnd := s.(*Strip); isEnd {
		if _, err := b.Device(name); err == nil {
			return name + "/" + pcm.Client.String()
		}
	}
	return name
}
