package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
)

// routeCmd shows, adds, removes and sets routes.
type routeCmd struct {
	Add routeAddCmd `cmd:"" help:"Add a route until the daemon stops: sound from one place to another."`
	Rm  routeRmCmd  `cmd:"" help:"Fade a route out and remove it."`
	Ls  routeLsCmd  `cmd:"" help:"Show the routes and how they are, or a drawing of everything."`
	Set routeSetCmd `cmd:"" help:"Set gain, balance, mute or pause of a route, while sound flows."`
}

// routeAddCmd is the command "route add". The daemon has the defaults.
type routeAddCmd struct {
	Name string `arg:"" help:"Name of the new route."`
	From string `arg:"" help:"Where sound comes from: a device, LOOP, or LOOP/server." complete:"from"`
	To   string `arg:"" help:"Where it goes: a device, LOOP, or LOOP/server." complete:"to"`

	Gain     *int   `help:"0 to 255, which is unity." placeholder:"N"`
	Balance  *int   `help:"0 left, 32 middle, 64 right." placeholder:"N"`
	Mute     bool   `help:"Begin silent."`
	Pause    bool   `help:"Begin paused."`
	Latency  length `help:"How far the sink stays behind the source, if their clocks differ. Default: 10ms, or the least that is possible." placeholder:"TIME"`
	Drift    string `help:"Where clocks differ: auto moves one of them if a card can, else resamples; pitch: move one; resample: always; none: neither." placeholder:"WORD" complete:"auto,resample,pitch,none"`
	Quality  string `help:"Of the resampler: fast, good or best." placeholder:"WORD" complete:"fast,good,best"`
	Channels string `help:"Which channels go where, such as '1,2 -> 3,4'." placeholder:"MAP"`
	Feedback bool   `help:"Permit a cycle of routes, with a gain below 255."`
}

// Run adds a route and prints it.
func (c *routeAddCmd) Run(ctx context.Context, e *env) error {
	body, err := json.Marshal(c.keys())
	if err != nil {
		return err
	}
	r, err := e.control().AddRoute(ctx, body)
	if err != nil {
		return stopped(ctx, err)
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %s -> %s\n", r.Name, r.From, r.To)
	return err
}

// keys returns the keys of [[route]] that were given.
func (c *routeAddCmd) keys() map[string]any {
	table := map[string]any{"name": c.Name, "from": c.From, "to": c.To}
	if c.Gain != nil {
		table["gain"] = *c.Gain
	}
	if c.Balance != nil {
		table["balance"] = *c.Balance
	}
	if c.Latency != 0 {
		table["latency"] = time.Duration(c.Latency).String()
	}
	for key, word := range map[string]string{"drift": c.Drift, "quality": c.Quality, "channels": c.Channels} {
		if word != "" {
			table[key] = word
		}
	}
	for key, on := range map[string]bool{"mute": c.Mute, "pause": c.Pause, "feedback": c.Feedback} {
		if on {
			table[key] = true
		}
	}
	return table
}

type routeRmCmd struct {
	Name string `arg:"" help:"Name of the route." complete:"route"`
}

// Run removes a route.
func (c *routeRmCmd) Run(ctx context.Context, e *env) error {
	return stopped(ctx, e.control().RemoveRoute(ctx, c.Name))
}

// routeSetCmd is "set route/NAME".
type routeSetCmd struct {
	Name string   `arg:"" help:"Name of the route." complete:"route"`
	Sets []string `arg:"" name:"field=value" help:"play.gain, play.balance, play.pause or output_muted, such as play.gain=128." complete:"routeset"`
}

// Run prints the fields that changed.
func (c *routeSetCmd) Run(ctx context.Context, e *env) error {
	set := setCmd{Args: append([]string{routePrefix + c.Name}, c.Sets...)}
	return set.Run(ctx, e)
}

type routeLsCmd struct {
	JSON  bool `name:"json" xor:"as" help:"Print JSON with all details, as in the control API."`
	Graph bool `xor:"as" help:"Draw devices, loops, programs and routes."`
	Dot   bool `xor:"as" help:"Print that drawing in the language of Graphviz."`
}

// Run prints a table, a drawing, or JSON.
func (c *routeLsCmd) Run(ctx context.Context, e *env) error {
	client := e.control()
	if c.Graph || c.Dot {
		s, err := see(ctx, client)
		if err != nil {
			return stopped(ctx, err)
		}
		if c.Dot {
			return s.dot(e.stdout)
		}
		return s.draw(e.stdout)
	}
	routes, err := client.Routes(ctx)
	if err != nil {
		return stopped(ctx, err)
	}
	if c.JSON {
		return writeJSON(e.stdout, api.Routes{Routes: routes})
	}
	return printRoutes(e.stdout, routes)
}

func printRoutes(w io.Writer, routes []api.Route) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ROUTE\tFROM -> TO\tGAIN\tSTATE\tPPM\tLATENCY\tRESYNCS")
	for _, r := range routes {
		ppm, latency, resyncs := "-", "-", "-"
		if k := r.Clock; k != nil {
			resyncs = fmt.Sprint(k.Resyncs)
			if k.PPM != nil {
				ppm, latency = fmt.Sprintf("%+.2f", *k.PPM), fmt.Sprintf("%.2f ms", *k.Latency)
			}
		}
		fmt.Fprintf(table, "%s\t%s -> %s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.From, r.To, gainText(&r),
			console.Printable(report.Route(&r)), ppm, latency, resyncs)
	}
	return table.Flush()
}

func gainText(r *api.Route) string {
	if r.Mute {
		return "mute"
	}
	return fmt.Sprint(r.Gain)
}
