package doctor

import (
	"fmt"
	"slices"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// deviceStates reports devices of the daemon that are broken, on a substitute, or late.
func (l *look) deviceStates() (found []Finding) {
	if l.err != nil {
		return nil
	}
	well := 0
	for _, d := range l.devices {
		n := len(found)
		switch {
		case d.Error != "":
			found = append(found, one(Fault, "loopbridge devices", "device %s cannot be used any more: %s", d.Name, d.Error)...)
		case d.Hardware == nil:
		case d.Hardware.RunsOn == config.NullDevice && l.onNetwork(d.Name):
			found = append(found, one(Warning, "loopbridge watch "+console.Quote(d.Name)+"    # says why, and when packets come",
				"device %s hears nothing from the network: a timer with silence stands in for it", d.Name)...)
		case d.Hardware.RunsOn == config.NullDevice && d.Name != config.NullDevice:
			found = append(found, one(Fault, "loopbridge devices    # the cards that are there",
				"device %s has no card now: a timer with silence stands in for it", d.Name)...)
		case l.onFallback(d):
			found = append(found, one(Warning, "loopbridge devices    # the cards that are there",
				"device %s runs on %s, as the card that it should have is missing", d.Name, d.Hardware.RunsOn)...)
		}
		if h := d.Hardware; h != nil && h.Xruns > 0 {
			found = append(found, one(Warning, "loopbridge watch "+console.Quote(d.Name)+"    # shows when; a longer period for the device helps",
				"device %s has had %d xruns, with %d frames lost", d.Name, h.Xruns, h.Lost)...)
		}
		if len(found) == n {
			well++
		}
	}
	if well > 0 {
		found = append(found, fine("%d of %d devices run on what they should, without an xrun", well, len(l.devices))...)
	}
	return found
}

// onNetwork reports whether a device of the configuration is one of the network.
func (l *look) onNetwork(name string) bool {
	return slices.ContainsFunc(l.conf.Devices, func(c config.Device) bool { return c.Name == name && c.Backend == config.RTP })
}

// onFallback reports whether a device runs on a replacement of its card.
func (l *look) onFallback(d api.State) bool {
	return l.confErr == nil && slices.ContainsFunc(l.conf.Devices, func(c config.Device) bool {
		return c.Name == d.Name && slices.Contains(c.Card.Fallback, d.Hardware.RunsOn)
	})
}

// loopStates reports programs that are late.
func (l *look) loopStates() []Finding {
	if l.err != nil {
		return nil
	}
	var late []string
	first := ""
	for _, p := range l.condition.loops {
		ends := p.Clients
		if p.Server != nil {
			ends = append([]api.End{*p.Server}, ends...)
		}
		for _, e := range ends {
			if e.Xruns == 0 || e.PID == 0 { // those of a device are its own
				continue
			}
			if first == "" {
				first = p.Name
			}
			late = append(late, fmt.Sprintf("%s (%d) in %s %d times", e.Program, e.PID, p.Name, e.Xruns))
		}
	}
	if len(late) > 0 {
		return one(Warning, "loopbridge watch "+console.Quote(first)+"    # shows when; a larger buffer in the program helps",
			"programs were late: %s", list(late))
	}
	return fine("no program that holds one of the %d loops was late", len(l.condition.loops))
}

// routeStates reports routes that do not flow as they should.
func (l *look) routeStates() (found []Finding) {
	if l.err != nil {
		return nil
	}
	well := 0
	for _, r := range l.routes {
		if level, text := routeState(r); level == OK {
			well++
		} else {
			found = append(found, one(level, "loopbridge info "+console.Quote("route/"+r.Name), "route %s %s", r.Name, text)...)
		}
	}
	if well > 0 {
		found = append(found, fine("%d of %d routes are as they should be", well, len(l.routes))...)
	}
	return found
}

// routeState says what is wrong with a route.
func routeState(r api.Route) (Level, string) {
	switch {
	case r.Error != "":
		return Fault, fmt.Sprintf("waits for %s: %s", r.WaitsFor, r.Error)
	case r.State == "waiting":
		return Note, "waits for " + r.WaitsFor
	case r.Clock != nil && r.State == "flowing" && r.Clock.State != "locked":
		return Warning, fmt.Sprintf("is not locked to its two clocks: it is %s", r.Clock.State)
	case r.Clock != nil && r.Clock.Resyncs > 0:
		return Warning, fmt.Sprintf("has lost its place %d times, the last time because %s", r.Clock.Resyncs, r.Clock.Reason)
	case r.NoPitch != "":
		return Note, "moves no clock: " + r.NoPitch
	}
	return OK, ""
}
