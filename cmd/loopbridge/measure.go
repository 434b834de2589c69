package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/probe"
)

// measureCmd measures the way of the sound between two ends.
type measureCmd struct {
	Target string `arg:"" optional:"" help:"A device with a cable from its output to its input, a loop, or a route." complete:"measure"`

	Play    string  `help:"Play into this place instead: a device, LOOP, or LOOP/server." placeholder:"PLACE" complete:"to"`
	Record  string  `help:"Record this place instead: a device, LOOP, or LOOP/server." placeholder:"PLACE" complete:"from"`
	Level   float64 `help:"How loud the noise is, in dBFS: -80 to -1; default: -20." default:"-20" placeholder:"DB"`
	Channel int     `help:"Play on this channel only, from 1; default: on one after the other." placeholder:"N"`
	Order   int     `help:"The sequence has 2^N - 1 frames: 10 to 18; default: as many as 0.6 s need." placeholder:"N"`
	Periods int     `help:"How often it is compared: 1 to 64; default: 3. More of them stand out of more noise." default:"3" placeholder:"N"`
	Plot    string  `help:"Draw the impulse response." placeholder:"FILE.png" complete:"file"`
	JSON    bool    `name:"json" help:"Print JSON."`
}

// Validate implements kong.Validatable. It checks the flags against each other.
func (c *measureCmd) Validate() error {
	switch {
	case c.Target != "" && c.Play != "" && c.Record != "":
		return fmt.Errorf("--play and --record say it all: leave out %s", c.Target)
	case c.Target == "" && (c.Play == "" || c.Record == ""):
		return fmt.Errorf("name a device, a loop or a route, or both --play and --record")
	case !(c.Level >= -80 && c.Level <= -1):
		return fmt.Errorf("--level %g is out of range; use -80 to -1", c.Level)
	case c.Periods < 1 || c.Periods > 64:
		return fmt.Errorf("--periods %d is out of range; use 1 to 64", c.Periods)
	}
	return nil
}

// Run measures and prints what was found. It fails if nothing of the sequence came back.
func (c *measureCmd) Run(ctx context.Context, e *env) error {
	all, err := survey(ctx, control.New(e.socket()), c.Target)
	if err != nil {
		return benchStopped(ctx, err)
	}
	w, err := all.way(c.Target, c.Play, c.Record)
	if err != nil {
		return err
	}
	if err := all.silenced(w); err != nil {
		return err
	}
	r, err := c.measure(ctx, e, w)
	if err != nil {
		return benchStopped(ctx, err)
	}
	if c.JSON {
		err = writeJSON(e.stdout, r)
	} else if r.found() {
		err = r.write(e.stdout)
	}
	if err == nil && !r.found() {
		err = audio.ErrTimedOut.With("%s: nothing of the sequence came back within %.0f ms: %s", w.name, r.Range, w.advice)
	}
	if err == nil && c.Plot != "" {
		err = r.plot(c.Plot)
	}
	return err
}

// measured is the JSON of the command.
type measured struct {
	Target string  `json:"target"`
	Level  float64 `json:"level_dbfs"` // that was played
	Range  float64 `json:"range_ms"`   // a latency beyond counts as less
	Route  string  `json:"route,omitempty"`
	// RouteLatency is what the route says that it adds, with a period of its sink.
	RouteLatency *float64 `json:"route_latency_ms,omitempty"`
	*probe.Report
}

// connecting is how long a route may take to connect to an end after the other.
const connecting = 5 * time.Second

func (c *measureCmd) measure(ctx context.Context, e *env, w *way) (*measured, error) {
	show := showProgress(e, w.name, "measuring", false)
	defer show.stop()
	o := probe.Options{
		Socket: e.socket(), Play: w.play, Record: w.record, Order: c.Order, Periods: c.Periods, Channel: c.Channel,
		Amplitude: math.Pow(10, c.Level/20),
	}
	if w.route != "" {
		o.Wait = connecting
	}
	var p *probe.Probe
	o.Ready = func(ctx context.Context) error {
		if err := w.flows(ctx, control.New(e.socket())); err != nil {
			return err
		}
		end, frames := p.Recorded()
		show.expect(int64(end.Position()) + frames)
		return nil
	}
	p, err := probe.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	end, _ := p.Recorded()
	show.attach(end, -1)
	defer show.detach()
	p.OnHeard(show.level)
	report, err := p.Run(ctx)
	if err != nil {
		return nil, err
	}
	if w.tapped {
		report.PlayDelay = 0 // beyond the way
	}
	r := &measured{Target: w.name, Level: c.Level, Range: float64(p.Range()) / float64(time.Millisecond), Report: report}
	if r.Route = w.route; w.route != "" {
		if now, err := control.New(e.socket()).Route(ctx, w.route); err == nil && now.Clock != nil {
			r.RouteLatency = now.Clock.Latency
		}
	}
	show.finish("measured", int64(end.Position()))
	return r, nil
}

// found reports whether anything came back.
func (r *measured) found() bool {
	for _, c := range r.Channels {
		if c.Found {
			return true
		}
	}
	return false
}
