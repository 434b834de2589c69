package config

import (
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Plan leads from what a daemon runs to what a file says. Compare makes it.
type Plan struct {
	Steps []Step // of the daemon, of devices, of loops, of routes, of recorders, of alarms; empty: all is as the file says
	To    Config // what runs after them
}

// Step is one thing that a plan does to one table. What the thing is to be is in Plan.To.
type Step struct {
	Action Action
	Table  Table
	Name   string       // of the device, loop, route, recorder or alarm
	Keys   []Difference // that are the reason, for Replace, Change and Restart
	Cause  string       // the reason if no key is, such as "the device main is replaced"
	Set    state.Patch  // of a device or a route: initial values that are others now, and so are set
}

// Action is what a step does.
type Action string

// The actions, from the least to the most that programs notice.
const (
	Adopt   Action = "adopt"   // what an operator has added is in the file now
	Restart Action = "restart" // nothing: a change takes a restart
	Change  Action = "change"  // between two cycles
	Add     Action = "add"
	Replace Action = "replace" // ends streams: it is removed and added again
	Remove  Action = "remove"
)

// Table is what kind of thing a step is about.
type Table string

// The tables of a file.
const (
	OfDaemon   Table = "daemon"
	OfDevice   Table = "device"
	OfLoop     Table = "loop"
	OfRoute    Table = "route"
	OfRecorder Table = "recorder"
	OfAlarm    Table = "alarm"
)

// Difference is a key with the values that it has and is to have, as text; "" is no value.
type Difference struct {
	Key, Old, New string
}

// String returns the difference for people.
func (d Difference) String() string {
	show := func(s string) string {
		if s == "" {
			return "none"
		}
		return s
	}
	return d.Key + " " + show(d.Old) + " -> " + show(d.New)
}

// String returns the step in one line.
func (s Step) String() string {
	subject := strings.TrimSpace(string(s.Table) + " " + s.Name)
	keys := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		keys[i] = k.String()
	}
	why := strings.Join(keys, ", ")
	switch s.Action {
	case Change:
		return subject + ": " + why
	case Restart:
		return subject + ": " + why + ": takes a restart"
	case Adopt:
		return subject + ": stays, and is the file's from now on"
	}
	text := subject + ": " + map[Action]string{Add: "added", Remove: "removed", Replace: "replaced"}[s.Action]
	switch {
	case s.Cause != "":
		return text + ": " + s.Cause
	case why != "":
		return text + ": " + why
	}
	return text
}

// Of returns the step that a plan has for a thing, or a step without an action.
func (p *Plan) Of(t Table, name string) Step {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Table == t && s.Name == name && s.Action != Restart })
	if i < 0 {
		return Step{}
	}
	return p.Steps[i]
}

// All yields the steps of a table that do one of some actions.
func (p *Plan) All(t Table, actions ...Action) func(yield func(Step) bool) {
	return func(yield func(Step) bool) {
		for _, s := range p.Steps {
			if s.Table == t && slices.Contains(actions, s.Action) && !yield(s) {
				return
			}
		}
	}
}

// Device returns the device of a name, or nil.
func (c *Config) Device(name string) *Device { return c.device(name) }

// Loop returns the loop of a name, or nil.
func (c *Config) Loop(name string) *Loop {
	for i := range c.Loops {
		if c.Loops[i].Name == name {
			return &c.Loops[i]
		}
	}
	return nil
}

// Route returns the route of a name, or nil.
func (c *Config) Route(name string) *Route {
	for i := range c.Routes {
		if c.Routes[i].Name == name {
			return &c.Routes[i]
		}
	}
	return nil
}

// Alarm returns the alarm of a name, or nil.
func (c *Config) Alarm(name string) *alarm.Spec {
	for i := range c.Alarms {
		if c.Alarms[i].Name == name {
			return &c.Alarms[i]
		}
	}
	return nil
}

// Clone returns a copy whose tables can be added to, removed and replaced without changing c.
func (c *Config) Clone() Config {
	return Config{Daemon: c.Daemon, Devices: slices.Clone(c.Devices), Loops: slices.Clone(c.Loops), Routes: slices.Clone(c.Routes),
		Recorders: slices.Clone(c.Recorders), Alarms: slices.Clone(c.Alarms)}
}
