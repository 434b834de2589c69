package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
)

// infoCmd shows the state of a device, of an end of a loop or of a route, like audioctl(1). set accepts what
// it prints, but for what a route does.
type infoCmd struct {
	Name   string   `arg:"" optional:"" help:"A device, a loop (LOOP, LOOP/server, LOOP/PID) or route/NAME; default: the first device with sound." complete:"state"`
	Fields []string `arg:"" optional:"" help:"Fields of its state, such as play.gain; default: all." complete:"field"`
	Values bool     `short:"n" help:"Print the values only."`
	JSON   bool     `name:"json" help:"Print JSON."`
}

// Run prints a line for each field.
func (c *infoCmd) Run(ctx context.Context, e *env) error {
	d, fields, err := c.find(ctx, e)
	if err != nil {
		return stopped(ctx, err)
	}
	var r *api.Route
	if len(c.Fields) == 0 {
		if r, err = routeOf(ctx, e, c.Name); err != nil {
			return stopped(ctx, err)
		}
	}
	if c.JSON {
		return writeJSON(e.stdout, fieldsOf(d, fields, r, len(c.Fields) == 0))
	}
	for _, f := range fields {
		if c.Values {
			fmt.Fprintln(e.stdout, f.Text(&d.Info))
		} else {
			fmt.Fprintf(e.stdout, "%s=%s\n", f.Name(), f.Text(&d.Info))
		}
	}
	if r != nil {
		return writeRoute(e.stdout, r, c.Values)
	}
	if len(c.Fields) == 0 && len(fields) > 1 && d.Hardware != nil && d.Hardware.Network != nil {
		return writeNetwork(e.stdout, d.Hardware.Network, c.Values)
	}
	return nil
}

// find parses the arguments and returns the state of the device and the fields to show.
func (c *infoCmd) find(ctx context.Context, e *env) (d api.State, fields []state.Field, err error) {
	name, names := c.Name, c.Fields
	if _, isField := state.FieldByName(name); isField {
		name, names = "", append([]string{name}, names...)
	}
	for _, n := range names {
		f, ok := state.FieldByName(n)
		if !ok {
			return d, nil, usageError(fmt.Sprintf("no such field %s; loopbridge info shows them all", n))
		}
		fields = append(fields, f)
	}
	if len(fields) == 0 {
		fields = slices.Collect(state.Fields())
	}
	d, err = e.control().State(ctx, name)
	return d, fields, err
}

// fieldsOf returns {"name": …, "play.gain": …} in the order of fields, with "route" or "network" at the end if there is one.
func fieldsOf(d api.State, fields []state.Field, r *api.Route, all bool) json.RawMessage {
	var b bytes.Buffer
	name, _ := json.Marshal(d.Name)
	fmt.Fprintf(&b, `{"name":%s`, name)
	for _, f := range fields {
		fmt.Fprintf(&b, `,%q:%s`, f.Name(), f.JSON(&d.Info))
	}
	if r != nil {
		route, _ := json.Marshal(r)
		fmt.Fprintf(&b, `,"route":%s`, route)
	}
	if h := d.Hardware; all && len(fields) > 1 && h != nil && h.Network != nil {
		network, _ := json.Marshal(h.Network)
		fmt.Fprintf(&b, `,"network":%s`, network)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// setCmd sets fields of a device or of an end of a loop, all or none.
type setCmd struct {
	Args []string `arg:"" name:"name and field=value" help:"A device, a loop (LOOP, LOOP/server, LOOP/PID) or route/NAME, then FIELD=VALUE, such as play.gain=128 or play.port=headphone+line_out." complete:"set"`
}

// Run prints the fields that changed.
func (c *setCmd) Run(ctx context.Context, e *env) error {
	name, sets := "", c.Args
	if !strings.Contains(sets[0], "=") {
		name, sets = sets[0], sets[1:]
	}
	if len(sets) == 0 {
		return usageError("nothing to set: say FIELD=VALUE; loopbridge info shows the fields")
	}
	p, err := state.ParsePatch(sets...)
	if err != nil {
		return usageError(err.Error())
	}
	set, err := e.control().Set(ctx, name, p)
	if err != nil {
		return stopped(ctx, err)
	}
	for _, change := range set.Changes {
		fmt.Fprintln(e.stdout, report.Change(change))
	}
	if len(set.Ignored) > 0 {
		e.warn("%s had no effect: no program is on that side, or it cannot be set", strings.Join(set.Ignored, ", "))
	}
	return nil
}

// watchCmd prints events.
type watchCmd struct {
	Name string `arg:"" optional:"" help:"A device, a loop, route/NAME or recorder/NAME; default: all." complete:"state"`
	JSON bool   `name:"json" help:"Print JSON, an object for each event."`
}

// Run prints a line for each change until it is interrupted, which counts as success.
func (c *watchCmd) Run(ctx context.Context, e *env) error {
	err := e.control().Events(ctx, func(ev api.Event) {
		if c.Name != "" && c.Name != ev.Device && c.Name != ev.Loop {
			return
		}
		if c.JSON {
			text, _ := json.Marshal(ev)
			fmt.Fprintf(e.stdout, "%s\n", text)
			return
		}
		for _, line := range report.Event(ev) {
			fmt.Fprintln(e.stdout, line)
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}
