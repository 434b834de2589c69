package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
)

// scene is all that a daemon holds, for a drawing: nodes in the order of devices, then loops by name.
type scene struct {
	nodes  []node
	routes []cord
}

// node is a device or a loop whose ends are programs.
type node struct {
	name, about string
	ends        []nodeEnd
}

// nodeEnd is record or play of a device, client or server of a loop, or a tap of one.
type nodeEnd struct {
	name     string
	programs []held
}

// held is a program at an end.
type held struct {
	name  string // with its pid
	loop  string // at a device: the loop it plays into or records from
	reads bool
}

// cord is a route between two ends, which are named "NODE/END".
type cord struct {
	api.Route
	from, to string
}

// see asks a daemon for everything. What changes between two questions may be seen half.
func see(ctx context.Context, c *control.Client) (*scene, error) {
	devices, err := c.Devices(ctx)
	if err != nil {
		return nil, err
	}
	loops, err := c.Loops(ctx)
	if err != nil {
		return nil, err
	}
	routes, err := c.Routes(ctx)
	if err != nil {
		return nil, err
	}
	s := &scene{}
	for _, d := range devices {
		s.nodes = append(s.nodes, deviceNode(&d, loops))
	}
	attached := map[string]string{}
	for _, l := range loops {
		if l.Attached != "" {
			attached[l.Name] = l.Device + "/" + l.Attached
			continue
		}
		s.nodes = append(s.nodes, loopNode(&l))
	}
	for _, r := range routes {
		s.routes = append(s.routes, cord{r, s.end(r.From, "record", attached), s.end(r.To, "play", attached)})
		s.tap(&r)
	}
	return s, nil
}

// deviceNode returns a device with the programs on the loops that are attached to it.
func deviceNode(d *api.State, loops []api.Loop) node {
	n := node{name: d.Name, about: "device"}
	if h := d.Hardware; h != nil {
		n.about += ", " + report.Format(h.Format)
		if h.RunsOn != d.Name {
			n.about += ", runs on " + console.Printable(h.RunsOn)
		}
		if h.ClockPPM != nil {
			n.about += fmt.Sprintf(", %+.2f ppm", *h.ClockPPM)
		}
	}
	for _, side := range []string{"record", "play"} {
		if !strings.Contains(d.Info.HW.String(), side) {
			continue
		}
		end := nodeEnd{name: side}
		for _, l := range loops {
			if l.Device == d.Name && l.Attached == side {
				for i := range l.Clients {
					end.hold(&l.Clients[i], l.Name)
				}
			}
		}
		n.ends = append(n.ends, end)
	}
	return n
}

// loopNode returns a loop of programs.
func loopNode(l *api.Loop) node {
	server, client := nodeEnd{name: "server"}, nodeEnd{name: "client"}
	if l.Server != nil {
		server.hold(l.Server, "")
	}
	for i := range l.Clients {
		client.hold(&l.Clients[i], "")
	}
	return node{l.Name, fmt.Sprintf("loop on %s, %s, %s", l.Device, report.Format(l.Format), l.State), []nodeEnd{server, client}}
}

// hold adds the program at an end, unless that is a route.
func (e *nodeEnd) hold(h *api.End, loop string) {
	if h.PID == 0 && strings.HasPrefix(h.Program, "route ") {
		return
	}
	name := fmt.Sprintf("%s (%d)", console.Printable(h.Program), h.PID)
	e.programs = append(e.programs, held{name, loop, h.Direction == "read"})
}

// tap adds the tap of a loop that a route comes from, unless it is there.
func (s *scene) tap(r *api.Route) {
	base, end, _ := strings.Cut(r.From, "/")
	if end != mixEnd && end != heardEnd {
		return
	}
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.name != base {
			continue
		}
		if !n.isDevice() && !slices.ContainsFunc(n.ends, func(e nodeEnd) bool { return e.name == end }) {
			n.ends = append(n.ends, nodeEnd{name: end})
		}
		return
	}
}

func (n *node) isDevice() bool { return strings.HasPrefix(n.about, "device") }

// end returns the end that a place is; side is that of a device.
func (s *scene) end(place, side string, attached map[string]string) string {
	base, end, _ := strings.Cut(place, "/")
	for _, n := range s.nodes {
		if n.name == base {
			switch {
			case n.isDevice() && (end == mixEnd || end == heardEnd):
				return base + "/play" // before or after its controls
			case end != "":
				return place
			case n.isDevice():
				return base + "/" + side
			}
			return base + "/client"
		}
	}
	if at := attached[base]; at != "" {
		return at
	}
	return place
}
