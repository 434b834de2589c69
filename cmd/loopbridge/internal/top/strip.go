package top

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
)

// kind is what a strip stands for.
type kind uint8

const (
	ofDevice kind = iota
	ofLoop
	ofRoute
)

// controls are what keys change.
type controls struct {
	gain, balance int
	mute          bool
	port          audio.Ports
}

// strip is a line of the screen: a side of a device, a loop, or a route.
type strip struct {
	kind    kind
	name    string // as people read it
	subject string // as State and Set take it
	place   string // as Live takes it
	side    audio.Direction

	controls
	known    bool // whether the controls are
	mutes    bool // it can be muted
	ports    audio.Ports
	switches audio.Ports // those that can be switched

	format  string
	where   audio.Positions // of its channels, if they are known
	state   string          // what it does, in a few words
	holder  string          // who holds it
	held    []string        // the same in full
	xruns   uint64
	ppm     *float64
	late    *float64 // ms
	latency *float64 // ms
	failed  bool     // state is an error
	detail  string
}

// stripsOf returns devices, then loops, then routes.
func stripsOf(s *Snapshot) (all []strip) {
	for i := range s.Devices {
		d := &s.Devices[i]
		for _, side := range audio.Directions() {
			if sidesOf(&d.Info)&side != 0 {
				all = append(all, deviceStrip(s, d, side))
			}
		}
	}
	for i := range s.Loops {
		all = append(all, loopStrip(s, &s.Loops[i]))
	}
	for i := range s.Routes {
		all = append(all, routeStrip(&s.Routes[i]))
	}
	return all
}

func deviceStrip(s *Snapshot, d *api.State, side audio.Direction) strip {
	t := strip{kind: ofDevice, name: d.Name + ":" + side.String(), subject: d.Name, side: side, mutes: side == audio.Play}
	t.place = t.name
	t.control(&d.Info)
	t.state = "rests"
	if d.Info.Side(side).Active {
		t.state = "runs"
	}
	if h := d.Hardware; h != nil {
		t.where = h.Format.Positions
		t.format, t.xruns, t.ppm = report.Format(h.Format), h.Xruns, h.ClockPPM
		t.detail = fmt.Sprintf("on %s, period %d of %d frames", h.RunsOn, h.Period, h.Period*h.Periods)
		if h.Lost > 0 {
			t.detail += fmt.Sprintf(", %d lost", h.Lost)
		}
		if h.Thread != "" {
			t.detail += ", thread " + h.Thread
		}
		if n := h.Network; n != nil {
			t.detail += ", " + networkText(n, side)
		}
	}
	if ms, some := s.Load.Late[d.Name]; some {
		t.late = &ms
	}
	if delay, rate := d.Info.Side(side).Delay, d.Info.Side(side).Format.Rate; rate > 0 && delay > 0 {
		ms := 1000 * float64(delay) / float64(rate)
		t.latency = &ms
	}
	t.programs(s, d.Name, side)
	if d.Error != "" {
		t.state, t.failed = d.Error, true
	}
	return t
}

// networkText says what a side of a device has seen of the network.
func networkText(n *api.Network, side audio.Direction) string {
	switch {
	case side == audio.Play && n.Sends:
		return fmt.Sprintf("%d packets sent", n.Sent)
	case side == audio.Record && n.Receives:
		text := fmt.Sprintf("%d packets, %d lost, %d late, jitter %.2f ms, latency %.2f ms", n.Packets, n.Lost, n.Late, n.Jitter, n.Latency)
		if n.Sender != "" {
			text += ", from " + n.Sender
		}
		return text
	}
	return "on the network"
}

// programs names those on the loops that are attached to a side of a device.
func (t *strip) programs(s *Snapshot, device string, side audio.Direction) {
	var names []string
	for i := range s.Loops {
		l := &s.Loops[i]
		if l.Device == device && l.Attached == side.String() {
			for k := range l.Clients {
				names, t.held = append(names, l.Clients[k].Program), append(t.held, report.Holder(l.Clients[k]))
			}
		}
	}
	t.holder = strings.Join(names, ", ")
}

func loopStrip(s *Snapshot, l *api.Loop) strip {
	t := strip{kind: ofLoop, name: l.Name, subject: clientOf(l.Name), place: clientOf(l.Name), state: l.State, format: report.Format(l.Format)}
	t.side, t.where = sideOf(l), l.Format.Positions
	t.mutes = t.side == audio.Play
	if end, found := s.Ends[l.Name]; found {
		t.control(&end.Info)
		t.state, t.failed = l.State, end.Error != ""
		if t.failed {
			t.state = end.Error
		}
	}
	server, clients := "", make([]string, len(l.Clients))
	if l.Server != nil {
		server, t.xruns = program(l.Server), l.Server.Xruns
		t.held = append(t.held, report.Holder(*l.Server))
	}
	for i := range l.Clients {
		clients[i] = program(&l.Clients[i])
		t.xruns += l.Clients[i].Xruns
		t.held = append(t.held, report.Holder(l.Clients[i]))
	}
	from, to := cmp.Or(strings.Join(clients, ", "), nobody), cmp.Or(server, nobody)
	if t.side == audio.Record {
		from, to = to, from
	}
	if len(clients) > 0 || server != "" {
		t.holder = from + arrow + to
	}
	t.detail = fmt.Sprintf("on %s, %d frames moved", l.Device, l.Frames)
	if l.Skipped > 0 {
		t.detail += fmt.Sprintf(", %d skipped", l.Skipped)
	}
	if l.Waiting > 0 {
		t.detail += fmt.Sprintf(", %d waiting", l.Waiting)
	}
	return t
}

// nobody holds an end.
const nobody = "-"

// arrow stands between a source and a sink until a Canvas draws it.
const arrow = " > "

func program(e *api.End) string {
	name := strings.TrimPrefix(e.Program, "device ")
	if e.Paused {
		name += " (paused)"
	}
	return name
}

// sideOf returns what the clients of a loop do, or would do.
func sideOf(l *api.Loop) audio.Direction {
	server, client := l.Ends()
	switch {
	case l.Attached == audio.Play.String(), client.Direction == "write", !client.Held() && server.Direction == "read":
		return audio.Play
	case l.Attached == audio.Record.String(), client.Direction == "read", server.Direction == "write":
		return audio.Record
	}
	return audio.Play
}

func routeStrip(r *api.Route) strip {
	t := strip{kind: ofRoute, name: "route/" + r.Name, subject: "route/" + r.Name, place: "route/" + r.Name, side: audio.Play, known: true, mutes: true}
	t.controls = controls{gain: r.Gain, balance: r.Balance, mute: r.Mute}
	t.state, t.failed = report.Route(r), r.Error != ""
	t.holder = r.From + arrow + r.To
	t.detail = fmt.Sprintf("%d frames moved", r.Frames)
	if r.Missing > 0 {
		t.detail += fmt.Sprintf(", %d missing", r.Missing)
	}
	if k := r.Clock; k != nil {
		t.ppm, t.latency, t.xruns = k.PPM, k.Latency, k.Resyncs
	}
	return t
}

// control takes what keys change from a state.
func (t *strip) control(i *state.Info) {
	s := i.Side(t.side)
	t.known = true
	t.controls = controls{gain: s.Gain, balance: s.Balance, port: s.Port, mute: t.mutes && i.OutputMuted}
	t.ports, t.switches = s.AvailPorts, s.ModPorts
}
