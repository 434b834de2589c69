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

// Keeper keeps the history of places and devices. Any goroutine but an engine's may call its methods; they block for
// milliseconds.
type Keeper struct {
	devices func() []*loop.Engine
	hub     *tap.Hub

	mu     sync.Mutex
	places []*place
	known  []*device
	quit   chan struct{}
	served sync.WaitGroup
}

// New returns a Keeper of the devices that a function returns, and of no place. Close it.
func New(devices func() []*loop.Engine, hub *tap.Hub) *Keeper {
	k := &Keeper{devices: devices, hub: hub, quit: make(chan struct{})}
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
}

// Close ends the measurement.
func (k *Keeper) Close() {
	k.Watch(nil)
	close(k.quit)
	k.served.Wait()
}

func (k *Keeper) run() {
	t := time.NewTicker(Step)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			k.step()
		case <-k.quit:
			return
		}
	}
}

// step adds a step to all series.
func (k *Keeper) step() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.places {
		p.step()
	}
	engines := k.devices()
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
	for _, p := range k.places {
		places = append(places, Place{Place: p.place.String(), Peak: p.peak.fold(steps, by), Loudness: p.loudness.fold(steps, by)})
	}
	for _, d := range k.known {
		devices = append(devices, Device{Device: d.name, Xruns: d.xruns.fold(steps, by), PPM: d.ppm.fold(steps, by)})
	}
	return places, devices
}
