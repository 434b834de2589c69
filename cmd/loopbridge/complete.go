package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/top"
)

// completeCmd answers the completion scripts: "file", or the candidates for the last word, one in
// each line.
type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// completePatience is how long the tab key waits for a daemon that hangs.
const completePatience = time.Second

// Run never fails: a shell cannot show errors during completion.
func (c *completeCmd) Run(ctx context.Context, e *env) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	parser, err := newParser(&cli{})
	if err != nil {
		return nil
	}
	ctx = client.WithPatience(ctx, min(completePatience, client.Patience(ctx)))
	for _, candidate := range complete(ctx, e, parser.Model.Node, words) {
		fmt.Fprintln(e.stdout, candidate)
	}
	return nil
}

// line is a partly typed command line.
type line struct {
	node   *kong.Node // the command so far
	flags  map[string]*kong.Flag
	args   int        // positional arguments so far
	waits  *kong.Flag // flag that still needs its value
	socket string
}

// complete returns the candidates for the last of words. bash splits words so that "=" is one.
func complete(ctx context.Context, e *env, root *kong.Node, words []string) []string {
	l := line{node: root, flags: make(map[string]*kong.Flag), socket: e.socket()}
	l.enter(root)
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
		for _, w := range words[:len(words)-1] {
			l.read(w)
		}
	}
	assigns := last == "=" || len(words) > 1 && words[len(words)-2] == "="
	if last == "=" {
		last = ""
	}
	prefix := ""
	if name, value, ok := strings.Cut(last, "="); ok && l.flags[name] != nil {
		prefix, last, l.waits = name+"=", value, l.flags[name]
	}
	var all []string
	switch {
	case l.waits != nil:
		all = l.values(ctx, l.waits.Value)
	case assigns: // the value of a field
	case strings.HasPrefix(last, "-"):
		all = l.flagNames()
	case len(l.node.Children) > 0:
		for _, c := range l.node.Children {
			if !c.Hidden {
				all = append(all, c.Name)
			}
		}
	case l.args < len(l.node.Positional):
		all = l.values(ctx, l.node.Positional[l.args])
	case l.args > 0 && len(l.node.Positional) > 0:
		if v := l.node.Positional[len(l.node.Positional)-1]; v.IsCumulative() {
			all = l.values(ctx, v)
		}
	}
	return matching(all, prefix, last)
}

// enter adds the flags of a command to the line.
func (l *line) enter(n *kong.Node) {
	l.node = n
	for _, f := range n.Flags {
		l.flags["--"+f.Name] = f
		if f.Short != 0 {
			l.flags["-"+string(f.Short)] = f
		}
	}
}

// read processes a complete word.
func (l *line) read(word string) {
	name, value, joined := strings.Cut(word, "=")
	switch f := l.flags[name]; {
	case word == "=":
	case l.waits != nil:
		if l.waits.Name == "socket" {
			l.socket = word
		}
		l.waits = nil
	case f != nil && joined:
		if f.Name == "socket" {
			l.socket = value
		}
	case f != nil && !f.IsBool():
		l.waits = f
	case f != nil || strings.HasPrefix(word, "--"):
	default:
		for _, c := range l.node.Children {
			if c.Name == word {
				l.enter(c)
				return
			}
		}
		l.args++
	}
}

func (l *line) flagNames() (names []string) {
	for name, f := range l.flags {
		if !f.Hidden && strings.HasPrefix(name, "--") {
			names = append(names, name)
		}
	}
	return names
}

// values returns the possible values of a flag or an argument, according to its tag.
func (l *line) values(ctx context.Context, v *kong.Value) (all []string) {
	switch tag := v.Tag.Get("complete"); tag {
	case "":
	case "file":
		return []string{"file"}
	case "format":
		for _, e := range audio.Encodings() {
			all = append(all, e.String())
		}
	case "loop":
		loops, _ := control.New(l.socket).Loops(ctx)
		for _, l := range loops {
			all = append(all, l.Name)
		}
	case "tap":
		return l.taps(ctx)
	case "route":
		return l.routes(ctx, "")
	case "alarm":
		alarms, _ := control.New(l.socket).Alarms(ctx)
		for _, a := range alarms {
			all = append(all, a.Name)
		}
	case "netdevice":
		devices, _ := control.New(l.socket).Devices(ctx)
		for _, d := range devices {
			if h := d.Hardware; h != nil && (h.Network != nil || h.RunsOn == config.NullDevice && d.Name != config.NullDevice) { // nothing may come now
				all = append(all, d.Name)
			}
		}
	case "stream":
		streams, _ := control.New(l.socket).Streams(ctx)
		for _, s := range streams.Streams {
			all = append(all, s.Name)
		}
		if len(all) == 0 {
			return []string{"file"}
		}
	case "recorder":
		recorders, _ := control.New(l.socket).Recorders(ctx)
		for _, r := range recorders {
			all = append(all, r.Name)
		}
	case "from":
		return l.places(ctx, audio.Record)
	case "to":
		return l.places(ctx, audio.Play)
	case "measure":
		return l.targets(ctx)
	case "routeset":
		return []string{"play.gain=", "play.balance=", "play.pause=", "output_muted="}
	case "state":
		return l.states(ctx)
	case "field":
		for f := range state.Fields() {
			all = append(all, f.Name())
		}
	case "set":
		for f := range state.Fields() {
			if f.Access()&state.Settable != 0 {
				all = append(all, f.Name()+"=")
			}
		}
		if l.args == 0 {
			all = append(all, l.states(ctx)...)
		}
	default:
		return strings.Split(tag, ",")
	}
	return all
}

// states returns the names of devices, of ends of loops and of routes.
func (l *line) states(ctx context.Context) (all []string) {
	devices, _ := control.New(l.socket).Devices(ctx)
	for _, d := range devices {
		all = append(all, d.Name)
	}
	loops, _ := control.New(l.socket).Loops(ctx)
	for _, l := range loops {
		all = append(all, l.Name)
		if l.Attached == "" {
			all = append(all, l.Name+"/server")
		}
	}
	return append(all, l.routes(ctx, routePrefix)...)
}

// taps returns the loops, and the places where something can be heard.
func (l *line) taps(ctx context.Context) (all []string) {
	devices, _ := control.New(l.socket).Devices(ctx)
	for _, d := range devices {
		for _, side := range audio.Directions() {
			if strings.Contains(d.Info.HW.String(), side.String()) {
				all = append(all, d.Name+":"+side.String())
			}
		}
	}
	loops, _ := control.New(l.socket).Loops(ctx)
	for _, l := range loops {
		all = append(all, l.Name, l.Name+"/client")
		if l.Attached == "" {
			all = append(all, l.Name+"/server")
		}
	}
	return append(all, l.routes(ctx, routePrefix)...)
}

// targets returns the names of devices, loops and routes, each once.
func (l *line) targets(ctx context.Context) (all []string) {
	devices, _ := control.New(l.socket).Devices(ctx)
	for _, d := range devices {
		all = append(all, d.Name)
	}
	loops, _ := control.New(l.socket).Loops(ctx)
	for _, l := range loops {
		all = append(all, l.Name)
	}
	all = append(all, l.routes(ctx, "")...)
	slices.Sort(all)
	return slices.Compact(all)
}

// routes returns the names of routes with a prefix.
func (l *line) routes(ctx context.Context, prefix string) (all []string) {
	routes, _ := control.New(l.socket).Routes(ctx)
	for _, r := range routes {
		all = append(all, prefix+r.Name)
	}
	return all
}

// places returns where a route can begin, or end.
func (l *line) places(ctx context.Context, side audio.Direction) []string {
	devices, _ := control.New(l.socket).Devices(ctx)
	loops, _ := control.New(l.socket).Loops(ctx)
	return top.Places(devices, loops, side)
}

// matching returns the candidates that begin with typed, sorted.
func matching(all []string, prefix, typed string) (some []string) {
	for _, a := range all {
		if a == "file" && len(all) == 1 || strings.HasPrefix(a, typed) {
			some = append(some, prefix+a)
		}
	}
	slices.Sort(some)
	return some
}
