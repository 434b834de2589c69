// Package report says in a few words what the daemon tells, for tables, logs and screens: the same words wherever a
// person reads them. Names that programs have chosen cannot control a terminal. Any goroutine may call its functions.
package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Format returns a format as in "S16_LE 48000 Hz 2 ch FL,FR".
func Format(f audio.Format) string {
	text := fmt.Sprintf("%s %d Hz %d ch", f.Encoding, f.Rate, f.Channels)
	if f.Positions.Known() {
		text += " " + f.Positions.String()
	}
	return text
}

// Holder says who holds an end of a loop, and for what: "aplay (123) writes"; "-": nobody.
func Holder(e api.End) string {
	if !e.Held() {
		return "-"
	}
	text := fmt.Sprintf("%s (%d) %ss", console.Printable(e.Program), e.PID, e.Direction)
	if e.PID == 0 { // a device
		text = fmt.Sprintf("%s %ss", console.Printable(e.Program), e.Direction)
	}
	if e.Converted {
		text += " " + Format(e.Format)
	}
	return text
}

// Change returns "play.gain: 100 -> 120", with values as info prints them.
func Change(c api.Change) string {
	text := func(raw json.RawMessage) string {
		switch string(raw) {
		case "false":
			return "0"
		case "true":
			return "1"
		}
		return strings.Trim(string(raw), `"`)
	}
	return console.Printable(fmt.Sprintf("%s: %s -> %s", c.Field, text(c.Old), text(c.New)))
}

// Kinds of event: a changed state, what a route or a recorder does now, and how a reload went.
const (
	setKind      = "set"
	routeKind    = "route"
	reloadKind   = "reload"
	recorderKind = "recorder"
)

// Event returns a line for each change of an event; none if nothing changed.
func Event(ev api.Event) (lines []string) {
	switch {
	case len(ev.Changes) > 0:
		for _, change := range ev.Changes {
			lines = append(lines, fmt.Sprintf("%s: %s", subject(ev), Change(change)))
		}
		return lines
	case ev.Kind == reloadKind:
		return []string{"reload: " + console.Printable(ev.Note)}
	case ev.Kind == routeKind, ev.Kind == recorderKind:
		return []string{fmt.Sprintf("%s: %s", ev.Device, console.Printable(ev.Note))}
	case ev.Note != "":
		return []string{fmt.Sprintf("%s: %s: %s", ev.Device, ev.Kind, console.Printable(ev.Note))}
	case ev.Device != "" || ev.Kind == setKind: // a set that changed nothing
		return nil
	}
	return []string{fmt.Sprintf("%s: %s %s: %s (%d)", ev.Loop, ev.End, ev.Kind, console.Printable(ev.Program), ev.PID)}
}

// subject returns the name that info has for the subject of an event.
func subject(ev api.Event) string {
	switch {
	case ev.Device != "":
		return ev.Device
	case ev.End == pcm.Server.String():
		return ev.Loop + "/" + ev.End
	case ev.PID != 0:
		return fmt.Sprintf("%s/%d", ev.Loop, ev.PID)
	}
	return ev.Loop
}

// Route says in a few words what a route does.
func Route(r *api.Route) string {
	switch {
	case r.State == "waiting" && r.Error != "":
		return "waits for " + r.WaitsFor + ": " + r.Error
	case r.State == "waiting" && r.WaitsFor == "":
		return "starts"
	case r.State == "waiting":
		return "waits for " + r.WaitsFor
	case r.Pause:
		return "paused"
	case r.Clock != nil && r.Clock.State == "lost" && r.Clock.Reason != "":
		return "silent, lost: " + r.Clock.Reason
	case r.Clock != nil && r.Clock.State == "lost":
		return "silent, measures the clocks"
	case r.Clock != nil:
		return r.State + ", " + r.Clock.State + actuator(r)
	}
	return r.State
}

// actuator says what follows the clocks, if something does.
func actuator(r *api.Route) string {
	switch {
	case r.Pitch != nil:
		return fmt.Sprintf(" by pitch of %s, %+.0f ppm", r.Pitch.Device, r.Pitch.PPM)
	case r.Actuator == "resample" && r.NoPitch != "":
		return " by resampling: " + r.NoPitch
	}
	return ""
}
