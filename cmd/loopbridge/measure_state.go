package main

import (
	"context"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// silenced says what keeps a way from carrying sound, nil if nothing is known that does.
func (p *patch) silenced(w *way) error {
	before := strings.HasSuffix(w.record.Name, "/"+mixEnd) // what mutes the device comes later
	if r := p.route(w.route); r != nil {
		before = before || strings.HasSuffix(r.From, "/"+mixEnd)
		switch {
		case r.Pause:
			return audio.ErrInvalid.With("the route %s is paused: loopbridge route set %s play.pause=0", r.Name, r.Name)
		case r.Mute:
			return audio.ErrInvalid.With("the route %s is muted: loopbridge route set %s output_muted=0", r.Name, r.Name)
		}
	}
	if d := p.device(p.deviceOf(w.play.Name)); d != nil && w.play.Role == pcm.Client {
		switch {
		case d.Info.Play.Pause:
			return audio.ErrInvalid.With("the device %s is paused: loopbridge set %s play.pause=0", d.Name, d.Name)
		case d.Info.OutputMuted && !before:
			return audio.ErrInvalid.With("the device %s is muted: loopbridge set %s output_muted=0", d.Name, d.Name)
		}
	}
	return nil
}

// flows waits until the route carries sound, and knows its clocks.
func (w *way) flows(ctx context.Context, c *control.Client) error {
	const patience, look = 30 * time.Second, 50 * time.Millisecond
	for begun := time.Now(); w.route != ""; {
		r, err := c.Route(ctx, w.route)
		if err != nil {
			return err
		}
		flowing := r.State == "flowing"
		if flowing && (r.Clock == nil || r.Clock.State == "locked") {
			return nil
		}
		if time.Since(begun) > patience {
			if flowing {
				return nil // its clocks are restless, which is worth a measurement
			}
			return audio.ErrTimedOut.With("the route %s does not flow: it %s", w.route, report.Route(&r))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
	}
	return nil
}
