package history

import (
	"slices"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/tap"
)

// Step is how long a step takes, and Steps how many are kept: a day.
const (
	Step  = 10 * time.Second
	Steps = int(24 * time.Hour / Step)
)

// Place is what a place sounded like.
type Place struct {
	Place string
	// Peak and Loudness have a value for each group of steps, the oldest first: the highest peak of any channel in
	// hundredths of dBFS, and the highest short-term loudness in hundredths of LUFS. Unknown: silence, or nobody was
	// heard.
	Peak, Loudness []int16
}

// Device is how a device did.
type Device struct {
	Device string
	// Xruns has how many there were at most in a step of each group, PPM by how much its clock was faster than
	// nominal, in tenths, the highest. Unknown: it rested, or its clock is not known yet.
	Xruns, PPM []int16
}

// Bay is where devices are, and programs that may let them run: a loop.Patchbay.
type Bay interface {
	// Devices returns all devices.
	Devices() []*loop.Engine
	// Status returns all loops, with the programs at them.
	Status() []loop.Status
	// Revision returns a channel that is closed when a program or a device comes or goes, or is set.
	Revision() (events uint64, next <-chan struct{})
}

// Keeper keeps the history of places and devices. Any goroutine but an engine's may call its methods; they block for
// milliseconds. While no place is watched, no device runs and no program is there, it does not wake up.
type Keeper struct {
	bay Bay
	hub *tap.Hub

	mu     sync.Mutex
	last   time.Time // when the last step ended
	asleep bool      // steps go by that nobody counts
	wake   chan struct{}
	places []*place
	known  []*device
	quit   chan struct{}
	served sync.WaitGroup
}

// New returns a Keeper of the devices of a bay, and of no place. Close it.
func New(bay Bay, hub *tap.Hub) *Keeper {
	k := &Keeper{bay: bay, hub: hub, last: time.Now(), wake: make(chan struct{}, 1), quit: make(chan struct{})}
	k.served.Go(k.run)
	return k
}

// Watch measures these places from now on, and no others. What is known of those that stay is kept.
func (k *Keeper) Watch(places []tap.Place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.places = slices.DeleteFunc(k.places, func(p *place) bool {
		gone := !slices.Contains(places, p.place)
		if gone {
			p.listener.Close()
		}
		return gone
	})
	for _, p := range places {
		if !slices.ContainsFunc(k.places, func(o *place) bool { return o.place == p }) {
			k.places = append(k.places, listen(k.hub, p))
		}
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Close ends the measurement.
func (k *Keeper) Close() {
	k.Watch(nil)
	close(k.quit)
	k.served.Wait()
}

func (k *Keeper) run() {
	t := time.NewTimer(Step)
	defer t.Stop()
	for {
		_, next := k.bay.Revision() // first: what comes after it is not slept through
		if k.busy() {
			next = nil
			t.Reset(k.left())
		} else {
			t.Stop()
			k.sleep()
		}
		select {
		case <-t.C:
			k.step()
		case <-next:
		case <-k.wake:
		case <-k.quit:
			return
		}
	}
}

// busy reports whether there may be something to keep.
func (k *Keeper) busy() bool {
	k.mu.Lock()
	watched := len(k.places) > 0
	k.mu.Unlock()
	return watched || slices.ContainsFunc(k.bay.Devices(), (*loop.Engine).Ticks) ||
		slices.ContainsFunc(k.bay.Status(), func(s loop.Status) bool { return s.Attached == 0 && s.Server.Open || len(s.Clients) > 0 })
}

// left returns how long the step goes on. Nobody sleeps any more.
func (k *Keeper) left() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.skipLocked()
	k.asleep = false
	return Step - time.Since(k.last)
}

func (k *Keeper) sleep() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asleep = true
}

// skipLocked adds the steps that were slept through, in which there was nothing to keep.
func (k *Keeper) skipLocked() {
	missed := int(time.Since(k.last) / Step)
	if !k.asleep || missed == 0 {
		return
	}
	k.last = k.last.Add(time.Duration(missed) * Step)
	for _, e := range k.bay.Devices() {
		k.deviceLocked(e)
	}
	for range min(missed, Steps) {
		for _, p := range k.places {
			p.skip()
		}
		for _, d := range k.known {
			d.skip()
		}
	}
}

// step adds a step to all series.
func (k *Keeper) step() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last = k.last.Add(Step)
	for _, p := range k.places {
		p.step()
	}
	engines := k.bay.Devices()
	k.known = slices.DeleteFunc(k.known, func(d *device) bool {
		return !slices.ContainsFunc(engines, func(e *loop.Engine) bool { return e.Name() == d.name })
	})
	for _, e := range engines {
		k.deviceLocked(e).step(e)
	}
}

// deviceLocked returns what is known of a device, from now on if nothing is.
func (k *Keeper) deviceLocked(e *loop.Engine) *device {
	at := slices.IndexFunc(k.known, func(d *device) bool { return d.name == e.Name() })
	if at < 0 {
		xruns, _ := e.Xruns()
		at, k.known = len(k.known), append(k.known, &device{name: e.Name(), before: xruns})
	}
	return k.known[at]
}

// Read returns the last steps in groups of by; both are at least 1.
func (k *Keeper) Read(steps, by int) (places []Place, devices []Device) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.skipLocked()
	for _, p := range k.places {
		places = append(places, Place{Place: p.place.String(), Peak: p.peak.fold(steps, by), Loudness: p.loudness.fold(steps, by)})
	}
	for _, d := range k.known {
		devices = append(devices, Device{Device: d.name, Xruns: d.xruns.fold(steps, by), PPM: d.ppm.fold(steps, by)})
	}
	return places, devices
}
