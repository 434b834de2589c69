package top

import (
	"fmt"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/report"
)

// openPorts shows the ports of the strip that is chosen.
func (m *Model) openPorts() []any {
	t := m.current()
	switch {
	case t == nil:
		return nil
	case t.ports == 0:
		return m.refuse("%s has no ports", t.name)
	}
	n := &menu{title: "ports of " + t.name, keys: "Enter: this one alone   Space: on and off   Esc: back"}
	for p := range t.ports.All() {
		i := item{text: p.Names(t.side), mark: func(m *Model) bool {
			now := m.current()
			return now != nil && now.port&p != 0
		}}
		if t.switches&p == 0 {
			i.text += " (always on)"
		}
		i.enter = func(m *Model) []any { return m.setPort(p) }
		i.other = map[Key]func(*Model) []any{" ": func(m *Model) []any {
			now := m.current()
			if now == nil {
				return nil
			}
			return m.setPort(now.port ^ p)
		}}
		n.items = append(n.items, i)
	}
	m.overlay = n
	return nil
}

func (m *Model) setPort(p audio.Ports) []any {
	t := m.current()
	if t == nil {
		return nil
	}
	return m.set(map[state.Field]uint32{state.PlayPort.On(t.side): uint32(p)}, func(c *controls) { c.port = p })
}

// openRoutes shows the routes, and the way to a new one.
func (m *Model) openRoutes() {
	if m.now == nil {
		return
	}
	n := &menu{title: "routes", keys: "Enter: choose   x: remove   Esc: back", fill: (*Model).routeItems}
	n.refill(m)
	m.overlay = n
}

func (m *Model) routeItems() []item {
	all := []item{{text: "a new route", enter: (*Model).openSources}}
	for i := range m.now.Routes {
		r := &m.now.Routes[i]
		name := r.Name
		remove := func(m *Model) []any { return m.askRemove(name) }
		all = append(all, item{
			text:  fmt.Sprintf("%s: %s%s%s, %s", name, r.From, arrow, r.To, report.Route(r)),
			enter: func(m *Model) []any { return m.find("route/" + name) },
			other: map[Key]func(*Model) []any{"x": remove, KeyDelete: remove},
		})
	}
	return all
}

// find chooses the strip with a name.
func (m *Model) find(name string) []any {
	for i := range m.strips {
		if m.strips[i].name == name {
			m.choose(i)
		}
	}
	return m.rewatch()
}

func (m *Model) askRemove(route string) []any {
	m.overlay = &menu{title: "remove the route " + route + "?", keys: "Enter: do so   Esc: back", items: []item{
		{text: "leave it", enter: func(*Model) []any { return nil }},
		{text: "fade it out and remove it", enter: func(*Model) []any { return []any{Remove{route}} }},
	}}
	return nil
}

func (m *Model) openSources() []any {
	return m.openPlaces("a route from", audio.Record, func(m *Model, from string) []any {
		return m.openPlaces("a route from "+from+" to", audio.Play, func(m *Model, to string) []any {
			m.overlay = &entry{title: "name of the route from " + from + " to " + to, text: freeName(m.now.Routes, from, to),
				enter: func(_ *Model, name string) []any { return []any{Add{name, from, to}} }}
			return nil
		})
	})
}

func (m *Model) openPlaces(title string, side audio.Direction, then func(*Model, string) []any) []any {
	n := &menu{title: title, keys: "Enter: choose   Esc: back"}
	for _, place := range Places(m.now.Devices, m.now.Loops, side) {
		n.items = append(n.items, item{text: place, enter: func(m *Model) []any { return then(m, place) }})
	}
	if len(n.items) == 0 {
		return m.refuse("there is no place for a route: add a loop or a device")
	}
	m.overlay = n
	return nil
}

// freeName returns a name for a route that no other one has.
func freeName(routes []api.Route, from, to string) string {
	plain := func(place string) string { return strings.ReplaceAll(place, "/", "-") }
	base := plain(from) + "-" + plain(to)
	name, taken := base, true
	for n := 2; taken; n++ {
		taken = false
		for i := range routes {
			taken = taken || routes[i].Name == name
		}
		if taken {
			name = fmt.Sprintf("%s-%d", base, n)
		}
	}
	return name
}
