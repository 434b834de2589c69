package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Compare returns what has to be done, so that a daemon that runs one configuration runs what a file says, with as
// little as possible. What operators have added stays, unless the file says otherwise or has not what it needs. Of the
// daemon, socket and state file stay.
//
//	between two cycles      gain, balance, mute, port, monitor; a loop's policy, timeout, conversion and sizes; who may connect; the log; alarms
//	ends streams            the rest of a loop and of a route; all that is on a device if anything else of it differs
//	takes a restart         socket, state
func Compare(running, file Config) Plan {
	p := planner{from: &running}
	p.plan.To = file.Clone()
	p.to = &p.plan.To
	p.keepDevices()
	p.keepLoops()
	p.keepRoutes()
	sides(p.to)
	p.daemon()
	p.devices()
	p.loops()
	p.routes()
	p.alarms()
	p.recorders()
	return p.plan
}

// planner makes a plan.
type planner struct {
	from, to *Config
	plan     Plan

	lost map[string]string // by the address of what operators have added and cannot stay: why
}

// add adds a step.
func (p *planner) add(s Step) { p.plan.Steps = append(p.plan.Steps, s) }

// lose remembers why something cannot stay.
func (p *planner) lose(t Table, name, cause string) {
	if p.lost == nil {
		p.lost = map[string]string{}
	}
	p.lost[string(t)+" "+name] = cause
}

// keepDevices keeps the devices of operators.
func (p *planner) keepDevices() {
	for _, d := range p.from.Devices {
		if d.Added && p.to.device(d.Name) == nil {
			p.to.Devices = append(p.to.Devices, d)
		}
	}
}

// keepLoops keeps the loops of operators whose device stays.
func (p *planner) keepLoops() {
	for _, l := range p.from.Loops {
		switch {
		case !l.Added || p.to.Loop(l.Name) != nil:
		case p.to.device(l.Device) == nil:
			p.lose(OfLoop, l.Name, "its device "+l.Device+" is removed")
		default:
			p.to.Loops = append(p.to.Loops, l)
		}
	}
}

// keepRoutes keeps the routes of operators whose places stay.
func (p *planner) keepRoutes() {
	ways := p.to.ways()
	for _, r := range p.from.Routes {
		if !r.added() || p.to.Route(r.Name) != nil {
			continue
		}
		from, why := p.to.place(r.From, audio.Record)
		to, wrong := p.to.place(r.To, audio.Play)
		switch {
		case why != "":
			p.lose(OfRoute, r.Name, "from "+r.From+": "+why)
		case wrong != "":
			p.lose(OfRoute, r.Name, "to "+r.To+": "+wrong)
		case cycleOf(ways, from, to.node) != nil && !r.mayCycle():
			p.lose(OfRoute, r.Name, "it would close a cycle with routes of the file")
		default:
			ways = append(ways, span{from, to.node})
			p.to.Routes = append(p.to.Routes, r)
		}
	}
}

// ways returns the routes in the graph of nodes.
func (c *Config) ways() (ways []span) {
	for _, r := range c.Routes {
		from, _ := c.place(r.From, audio.Record)
		to, _ := c.place(r.To, audio.Play)
		ways = append(ways, span{from, to.node})
	}
	return ways
}

func (p *planner) daemon() {
	was, now := &p.from.Daemon, &p.to.Daemon
	all, _ := differences(was.keys(), now.keys())
	change, restart := Step{Action: Change, Table: OfDaemon}, Step{Action: Restart, Table: OfDaemon}
	for _, d := range all {
		if d.Key == "socket" || d.Key == "state" {
			restart.Keys = append(restart.Keys, d)
		} else {
			change.Keys = append(change.Keys, d)
		}
	}
	for _, s := range []Step{change, restart} {
		if len(s.Keys) > 0 {
			p.add(s)
		}
	}
	now.Socket, now.State = was.Socket, was.State
}

func (p *planner) devices() {
	for _, d := range p.from.Devices {
		if p.to.device(d.Name) == nil {
			p.add(Step{Action: Remove, Table: OfDevice, Name: d.Name})
		}
	}
	for i := range p.to.Devices {
		now := &p.to.Devices[i]
		if was := p.from.device(now.Name); was == nil {
			p.add(Step{Action: Add, Table: OfDevice, Name: now.Name})
		} else if s := was.step(now); s.Action != "" {
			p.add(s)
		}
	}
}

// step returns what makes a device another one of the same name. A direction that is open stays so, if nothing else
// makes it necessary to open the device again.
func (d *Device) step(now *Device) Step {
	s := Step{Table: OfDevice, Name: d.Name}
	s.Set, s.Keys = changed(initialFields(), d.initial, now.initial)
	wider := *now
	wider.Play, wider.Record = d.Play || now.Play, d.Record || now.Record
	all, allLive := differences(d.keys(), wider.keys())
	if allLive {
		now.Play, now.Record = wider.Play, wider.Record
	} else {
		all, _ = differences(d.keys(), now.keys())
	}
	s.Keys = append(all, s.Keys...)
	switch {
	case !allLive:
		s.Action = Replace
	case len(s.Keys) > 0:
		s.Action = Change
	case d.Added && !now.Added:
		s.Action = Adopt
	}
	return s
}

// changed returns the fields with another first value, as a patch and for people.
func changed(fields []state.Field, was, now func(state.Field) (uint32, bool)) (patch state.Patch, keys []Difference) {
	for _, f := range fields {
		old, _ := was(f)
		v, known := now(f)
		if !known || v == old || patch.Set(f, v) != nil {
			continue
		}
		keys = append(keys, Difference{f.Name(), fieldText(f, old), fieldText(f, v)})
	}
	return patch, keys
}

// fieldText returns a value as set takes it.
func fieldText(f state.Field, v uint32) string {
	var one state.Patch
	if f.Kind() == state.KindPorts && v == 0 || one.Set(f, v) != nil {
		return ""
	}
	_, text, _ := strings.Cut(one.Texts()[0], "=")
	return text
}

// upheaval returns why what is on a device ends, or "".
func (p *planner) upheaval(device string) string {
	switch p.plan.Of(OfDevice, device).Action {
	case Replace:
		return "its device " + device + " is replaced"
	case Remove:
		return "its device " + device + " is removed"
	}
	return ""
}

func (p *planner) loops() {
	for _, l := range p.from.Loops {
		if p.to.Loop(l.Name) == nil {
			p.add(Step{Action: Remove, Table: OfLoop, Name: l.Name, Cause: p.lost[string(OfLoop)+" "+l.Name]})
		}
	}
	for i := range p.to.Loops {
		now := &p.to.Loops[i]
		was := p.from.Loop(now.Name)
		if was == nil {
			p.add(Step{Action: Add, Table: OfLoop, Name: now.Name})
			continue
		}
		if reflect.DeepEqual(was, now) && p.upheaval(was.Device) == "" {
			continue // most loops, most of the time
		}
		s := Step{Table: OfLoop, Name: now.Name}
		all, allLive := differences(was.keys(), now.keys())
		s.Keys = all
		switch cause := p.upheaval(was.Device); {
		case !allLive:
			s.Action = Replace
		case cause != "":
			s.Action, s.Cause = Replace, cause
		case len(all) > 0:
			s.Action = Change
		case was.Added && !now.Added:
			s.Action = Adopt
		default:
			continue
		}
		p.add(s)
	}
}

func (p *planner) routes() {
	for _, r := range p.from.Routes {
		if p.to.Route(r.Name) == nil {
			p.add(Step{Action: Remove, Table: OfRoute, Name: r.Name, Cause: p.lost[string(OfRoute)+" "+r.Name]})
		}
	}
	for i := range p.to.Routes {
		now := &p.to.Routes[i]
		was := p.from.Route(now.Name)
		if was == nil {
			p.add(Step{Action: Add, Table: OfRoute, Name: now.Name})
			continue
		}
		s := Step{Table: OfRoute, Name: now.Name}
		known := func(initial func(state.Field) uint32) func(state.Field) (uint32, bool) {
			return func(f state.Field) (uint32, bool) { return initial(f), true }
		}
		s.Set, s.Keys = changed(routeFields(), known(was.initial), known(now.initial))
		all, _ := differences(was.keys(), now.keys())
		s.Keys = append(all, s.Keys...)
		switch cause := p.uprooted(was, now); {
		case len(all) > 0:
			s.Action = Replace
		case cause != "":
			s.Action, s.Cause = Replace, cause
		case len(s.Keys) > 0:
			s.Action = Change
		case was.added() && !now.added():
			s.Action = Adopt
		default:
			continue
		}
		p.add(s)
	}
}

// uprooted returns why a route loses one of its places for a moment, or "".
func (p *planner) uprooted(was, now *Route) string {
	for _, places := range [][2]string{{was.From, now.From}, {was.To, now.To}} {
		device, loop := p.from.holder(places[0])
		then, thereafter := p.to.holder(places[1])
		switch s := p.plan.Of(OfLoop, loop); {
		case loop == "" && thereafter == "" && p.upheaval(device) != "":
			return "the " + strings.TrimPrefix(p.upheaval(device), "its ")
		case loop != "" && (s.Action == Replace || s.Action == Remove):
			return "the loop " + loop + " is " + string(s.Action) + "d"
		case device != then || loop != thereafter:
			return places[1] + " is something else now"
		}
	}
	return ""
}

// holder returns the device, and the loop if it is of one, that a place is of.
func (c *Config) holder(place string) (device, loop string) {
	base, end, _ := strings.Cut(place, "/")
	ofDevice := slices.Contains([]string{"", mix, heard, audio.Play.String(), audio.Record.String()}, end)
	if c.device(base) != nil && ofDevice {
		return base, ""
	}
	if l := c.Loop(base); l != nil {
		return l.Device, l.Name
	}
	return "", ""
}
