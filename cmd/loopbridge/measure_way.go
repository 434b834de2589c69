package main

import (
	"context"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/probe"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// way is from where to where something is measured.
type way struct {
	name         string // of what is measured
	play, record probe.End
	route        string // that carries the sound; "": none that is known
	tapped       bool   // what the device of play plays is recorded within the daemon, before its card
	advice       string // what to look at if nothing comes back
}

// patch is what a daemon has, to look for a way.
type patch struct {
	devices []api.State
	loops   []api.Loop
	routes  []api.Route
}

// survey asks for what a target can be.
func survey(ctx context.Context, c *control.Client, target string) (p *patch, err error) {
	p = &patch{}
	if p.devices, err = c.Devices(ctx); err != nil {
		return nil, err
	}
	if p.loops, err = c.Loops(ctx); err != nil {
		return nil, err
	}
	if target != "" && p.device(target) == nil && p.loop(target) == nil {
		p.routes, err = c.Routes(ctx)
	}
	return p, err
}

// What to look at if nothing comes back.
const (
	aboutCable   = "is the cable plugged in, is the input muted?"
	aboutRoute   = "does the route flow? see loopbridge route ls"
	aboutLoop    = "is one of its ends muted? see loopbridge info"
	aboutProgram = "does anything carry sound from there to here?"
)

// way finds both ends: those of the target, but for what is named by itself. A name means a device, else a loop,
// else a route.
func (p *patch) way(target, play, record string) (*way, error) {
	w := &way{name: target, advice: aboutProgram}
	var playErr, recordErr error
	name, isRoute := strings.CutPrefix(target, routePrefix)
	device, loop, route := p.device(name), p.loop(name), p.route(name)
	switch {
	case target == "":
		w.name = play + " to " + record
	case device != nil && !isRoute:
		w.advice = aboutCable
		w.play, playErr = p.playPlace(name)
		w.record, recordErr = p.recordPlace(name)
	case loop != nil && !isRoute && loop.Attached != "":
		w.advice = aboutCable
		w.play, playErr = p.playPlace(loopOr(loop, "play"))
		w.record, recordErr = p.recordPlace(loopOr(loop, "record"))
	case loop != nil && !isRoute:
		w.advice = aboutLoop
		w.play, w.record = probe.End{Name: name, Role: pcm.Client}, probe.End{Name: name, Role: pcm.Server}
	case route != nil:
		w.route, w.advice = route.Name, aboutRoute
		w.play, w.tapped, playErr = p.intoSource(route)
		w.record, recordErr = p.outOfSink(route)
	default:
		return nil, audio.ErrNoDevice.With("there is no device, no loop and no route %s", target)
	}
	if play != "" {
		w.play, playErr = p.playPlace(play)
	}
	if record != "" {
		w.record, recordErr = p.recordPlace(record)
	}
	for _, err := range []error{playErr, recordErr} {
		if err != nil {
			return nil, err
		}
	}
	w.tapped = w.tapped || p.taps(w)
	return w, nil
}

// The taps of a device, or of a loop.
const (
	mixEnd   = "mix"
	heardEnd = "heard"
)

// loopOr returns a loop if its device is the server with that side, else the device.
func loopOr(l *api.Loop, side string) string {
	if l.Attached == side {
		return l.Name
	}
	return l.Device
}

// taps reports whether what a device plays is recorded from that device itself.
func (p *patch) taps(w *way) bool {
	device, end, _ := strings.Cut(w.record.Name, "/")
	return (end == mixEnd || end == heardEnd) && p.device(device) != nil && device == p.deviceOf(w.play.Name)
}

// deviceOf returns the device that plays what is written to an end, "" for none.
func (p *patch) deviceOf(end string) string {
	if l := p.loop(end); l != nil && l.Attached != "" {
		return l.Device
	}
	name, _ := strings.CutSuffix(end, "/play")
	return name
}

func (p *patch) device(name string) *api.State {
	return named(p.devices, name, func(d api.State) string { return d.Name })
}
func (p *patch) loop(name string) *api.Loop {
	return named(p.loops, name, func(l api.Loop) string { return l.Name })
}
func (p *patch) route(name string) *api.Route {
	return named(p.routes, name, func(r api.Route) string { return r.Name })
}

func named[T any](all []T, name string, of func(T) string) *T {
	if i := slices.IndexFunc(all, func(x T) bool { return of(x) == name }); i >= 0 {
		return &all[i]
	}
	return nil
}
