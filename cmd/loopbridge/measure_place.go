package main

import (
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/probe"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Places are written as those of routes: what is played goes to one, what is recorded comes from one.

const (
	playSide   = "play"
	recordSide = "record"
)

func has(d *api.State, side string) bool { return strings.Contains(d.Info.HW.String(), side) }

// playPlace returns the end to play into.
func (p *patch) playPlace(place string) (probe.End, error) {
	base, end, _ := strings.Cut(place, "/")
	if d := p.device(base); d != nil && (end == "" || end == playSide) {
		if !has(d, playSide) {
			return probe.End{}, sideless(d)
		}
		return probe.End{Name: base + "/" + playSide, Role: pcm.Client}, nil
	} else if d != nil && p.loop(base) == nil {
		return probe.End{}, audio.ErrInvalid.With("nothing can be played into %s: use %s, or a loop", place, base)
	}
	return p.loopPlace(place, base, end, playSide)
}

// recordPlace returns the end to record.
func (p *patch) recordPlace(place string) (probe.End, error) {
	base, end, _ := strings.Cut(place, "/")
	if d := p.device(base); d != nil {
		side := playSide
		switch end {
		case "", recordSide:
			end, side = recordSide, recordSide
		case playSide:
			end = heardEnd
		case mixEnd, heardEnd:
		default:
			side = ""
		}
		switch {
		case side == "" && p.loop(base) == nil:
			return probe.End{}, audio.ErrInvalid.With("nothing can be recorded from %s: use %s, or a loop", place, base)
		case side == "":
		case !has(d, side):
			return probe.End{}, sideless(d)
		default:
			return probe.End{Name: base + "/" + end, Role: pcm.Client}, nil
		}
	}
	return p.loopPlace(place, base, end, recordSide)
}

// sideless says what to do about a device that has no sound on one side.
func sideless(d *api.State) error {
	switch {
	case has(d, playSide):
		return audio.ErrInvalid.With("the device %s only plays: name what to record with --record, such as the device to which its cable leads", d.Name)
	case has(d, recordSide):
		return audio.ErrInvalid.With("the device %s only records: name what to play into with --play, such as the device from which its cable comes", d.Name)
	}
	return audio.ErrInvalid.With("the device %s has no sound: measure a loop, or another device", d.Name)
}

// loopPlace returns an end of a loop.
func (p *patch) loopPlace(place, base, end, side string) (probe.End, error) {
	l := p.loop(base)
	role := pcm.Client
	switch {
	case l == nil:
		return probe.End{}, audio.ErrNoDevice.With("there is no device and no loop %s", place)
	case end == pcm.Server.String() && l.Attached != "":
		return probe.End{}, audio.ErrInvalid.With("%s: the server end is the device %s", place, l.Device)
	case end == pcm.Server.String():
		role = pcm.Server
	case (end == mixEnd || end == heardEnd) && l.Attached == "" && side == recordSide:
		return probe.End{Name: base + "/" + end, Role: role}, nil
	case end != "" && end != pcm.Client.String() && side == recordSide:
		return probe.End{}, audio.ErrInvalid.With("%s has no end %s; use client, server, heard or mix", base, end)
	case end != "" && end != pcm.Client.String():
		return probe.End{}, audio.ErrInvalid.With("%s has no end %s; use client or server", base, end)
	case l.Attached == recordSide && side == playSide:
		return probe.End{}, audio.ErrInvalid.With("%s comes from the device %s: nothing can be played into it", place, l.Device)
	case l.Attached == playSide && side == recordSide:
		return probe.End{}, audio.ErrInvalid.With("%s goes to the device %s: record %s/play, which is what is heard", place, l.Device, l.Device)
	}
	return probe.End{Name: base, Role: role}, nil
}

// intoSource returns the end whose sound a route takes, and whether it takes it from what a device plays.
func (p *patch) intoSource(r *api.Route) (e probe.End, tapped bool, err error) {
	base, end, _ := strings.Cut(r.From, "/")
	l := p.loop(base)
	switch d := p.device(base); {
	case d != nil && (end == playSide || end == mixEnd || end == heardEnd):
		e, err = p.playPlace(base)
		return e, true, err
	case d != nil && (end == "" || end == recordSide), l != nil && l.Attached != "":
		return e, false, audio.ErrInvalid.With("the route %s comes from the input of a device, %s: name what leads there with --play",
			r.Name, r.From)
	case end == mixEnd || end == heardEnd:
		return e, false, audio.ErrInvalid.With("the route %s taps the loop %s: name the end that its programs play into with --play",
			r.Name, base)
	}
	return otherEnd(base, end), false, nil
}

// outOfSink returns the end where sound comes out of a route.
func (p *patch) outOfSink(r *api.Route) (probe.End, error) {
	base, end, _ := strings.Cut(r.To, "/")
	l := p.loop(base)
	switch d := p.device(base); {
	case d != nil && (end == "" || end == playSide):
		return p.recordPlace(base + "/" + playSide)
	case l != nil && l.Attached != "":
		return p.recordPlace(l.Device + "/" + playSide)
	}
	return otherEnd(base, end), nil
}

// otherEnd returns the other end of a loop.
func otherEnd(loop, end string) probe.End {
	if end == pcm.Server.String() {
		return probe.End{Name: loop, Role: pcm.Client}
	}
	return probe.End{Name: loop, Role: pcm.Server}
}
