package daemon

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
)

const (
	// heedEvery is how often the devices of a network are looked at while one of them runs, and heedRarely while all rest: one may
	// begin to run without an event.
	heedEvery  = time.Second
	heedRarely = 10 * time.Second
	// calm is how long no packet is lost until the next one is news.
	calm = time.Minute
)

// heeded is what was told of a device.
type heeded struct {
	backend.Network
	missed time.Time // when packets were lost the last time
}

// heed tells what the network does to devices, until ctx ends: that a sender began anew, and that packets are lost, once until no more
// are for a while. While there is no device of the network it sleeps.
func heed(ctx context.Context, bay *loop.Patchbay) {
	told := map[string]heeded{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		_, changed := bay.Revision() // first, so that nothing is missed
		timer.Stop()
		if runs := heedOnce(bay, told, time.Now()); runs {
			timer.Reset(heedEvery)
		} else if len(told) > 0 {
			timer.Reset(heedRarely)
		}
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		select { // changes that follow each other are one
		case <-time.After(heedEvery / 4):
		case <-ctx.Done():
			return
		}
	}
}

// heedOnce looks at all devices, and reports whether one of the network runs.
func heedOnce(bay *loop.Patchbay, told map[string]heeded, now time.Time) (runs bool) {
	there := map[string]bool{}
	defer maps.DeleteFunc(told, func(name string, _ heeded) bool { return !there[name] })
	for _, e := range bay.Devices() {
		there[e.Name()] = true
		n, ok := e.Network()
		was, known := told[e.Name()]
		if !ok || !n.Receives {
			delete(told, e.Name())
			continue
		}
		runs = runs || e.Ticks()
		if !known || n.Packets < was.Packets { // opened anew
			told[e.Name()] = heeded{Network: n}
			continue
		}
		is := heeded{Network: n, missed: was.missed}
		if n.Restarts > was.Restarts {
			bay.Tell(event.Event{Kind: event.Network, Device: e.Name(), Note: fmt.Sprintf("the sender %s began anew, with SSRC %08x", n.Sender, n.SSRC)})
		}
		if lost, late := n.Lost-was.Lost, n.Late-was.Late; lost+late > 0 {
			if was.missed.IsZero() || now.Sub(was.missed) >= calm {
				bay.Tell(event.Event{Kind: event.Network, Device: e.Name(), Note: fmt.Sprintf("packets are missing: %d lost and %d late within %v", lost, late, heedEvery)})
			}
			is.missed = now
		}
		told[e.Name()] = is
	}
	return runs
}
