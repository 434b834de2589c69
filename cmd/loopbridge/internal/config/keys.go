package config

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend/alsa/controls"
	"github.com/loopbridge/loopbridge/loop/device"
)

// key is a key of a table as text. Values that differ have texts that differ.
type key struct {
	name, text string
	live       bool // can be changed while it runs
}

func fixed(name string, v any) key { return key{name: name, text: textOf(v)} }
func live(name string, v any) key  { return key{name: name, text: textOf(v), live: true} }

// textOf returns a value for a message, "" for none.
func textOf(v any) string {
	text := fmt.Sprint(v)
	switch text {
	case "0", "0s", "[]", "map[]":
		return ""
	}
	return text
}

// differences returns the keys whose text differs, and whether all of them are live.
func differences(old, now []key) (all []Difference, allLive bool) {
	allLive = true
	for i, k := range now {
		if was := old[i].text; was != k.text {
			all = append(all, Difference{k.name, was, k.text})
			allLive = allLive && k.live
		}
	}
	return all, allLive
}

func (d *Daemon) keys() []key {
	return d.alsoKeys([]key{
		fixed("socket", d.Socket), fixed("state", d.State),
		live("mode", fmt.Sprintf("%04o", d.Mode)), live("group", d.Group), live("users", fmt.Sprintf("%q", d.Users)), live("log", d.Log),
		live("http", d.HTTP.Address), live("http_read", d.HTTP.Read), live("token_file", d.HTTP.TokenFile), live("tls_cert", d.HTTP.Cert), live("tls_key", d.HTTP.Key),
		live("discover", yes(d.Discover)),
	})
}

// keys are all but what initial has.
func (d *Device) keys() []key {
	c, o, r := &d.Card, &d.Card.Controls, &d.RecordCard
	keys := []key{
		fixed("backend", d.Backend), fixed("rate", d.Format.Rate), fixed("channels", d.Format.Channels),
		fixed("format", d.Format.Encoding), fixed("positions", d.Format.Positions),
		fixed("period", d.Period), fixed("periods", d.Periods), fixed("play", openText(d.Play)), fixed("record", openText(d.Record)),
		fixed("freewheel", d.Freewheel), fixed("input", inputText(d.Input)), fixed("output", d.Output),
		fixed("card", c.Name), fixed("fallback", fmt.Sprintf("%q", c.Fallback)), live("required", c.Required), // at the start only
		live("meters", d.Meters),
		fixed("auto_port", c.AutoPort), fixed("control_index", indexText(o.Names.Index)),
		fixed("restore", o.Restore), fixed("volume", hardware(o.Volume)), fixed("monitor", hardware(o.Monitor)),
		fixed("record.card", r.Name), fixed("record.fallback", fmt.Sprintf("%q", r.Fallback)), fixed("record.latency", r.Latency),
		fixed("record.resampler", r.Quality),
	}
	for _, side := range audio.Directions() {
		names, m := &o.Names.Play, &d.Ports.Play
		if side == audio.Record {
			names, m = &o.Names.Record, &d.Ports.Record
		}
		word := side.String() + "."
		keys = append(keys, fixed(word+"volume", names.Volume), fixed(word+"controls", controlsText(names.Ports, side)),
			fixed(word+"ports", portsText(m.Channels, side)))
	}
	return append(keys, d.networkKeys()...)
}

func openText(open bool) string {
	if open {
		return "open"
	}
	return "closed"
}

func hardware(on bool) string {
	if on {
		return "hardware"
	}
	return "software"
}

func indexText(index int) string {
	if index < 0 {
		return ""
	}
	return "number " + fmt.Sprint(index)
}

func inputText(in Input) string {
	switch {
	case in.File != "":
		return in.File
	case in.Tone != 0:
		return fmt.Sprintf("%g Hz at %g dBFS", in.Tone, in.Level)
	}
	return ""
}

func controlsText(m map[audio.Ports]controls.PortNames, side audio.Direction) string {
	var words []string
	for port := range audio.AllPorts(side).All() {
		if c, named := m[port]; named {
			words = append(words, fmt.Sprintf("%s [%q %q %q %q %q]", port.Names(side), c.Switch, c.Volume, c.Source, c.Item, c.Jack))
		}
	}
	return strings.Join(words, " ")
}

func portsText(m map[audio.Ports][]int, side audio.Direction) string {
	var words []string
	for port := range audio.AllPorts(side).All() {
		if list, mapped := m[port]; mapped {
			words = append(words, port.Names(side)+" "+fmt.Sprint(list))
		}
	}
	return strings.Join(words, " ")
}

// initialFields are the fields of a device's state that a file gives first values to.
func initialFields() []state.Field {
	return []state.Field{state.MonitorGain, state.OutputMuted, state.PlayGain, state.PlayBalance, state.PlayPort,
		state.PlayGain.On(audio.Record), state.PlayBalance.On(audio.Record), state.PlayPort.On(audio.Record)}
}

// initial returns the first value of a field, which is the usual one if the file has none. It is not known for
// gains and ports that a card keeps by itself.
func (d *Device) initial(f state.Field) (v uint32, known bool) {
	if v, given := d.State.Get(f); given {
		return v, true
	}
	if v, given := d.Card.Port.Get(f); given {
		return v, true
	}
	if f.Kind() == state.KindPorts {
		return d.initialPort(f)
	}
	if f.Short() == "gain" && d.Card.Controls.Volume {
		return 0, false
	}
	usual := state.NewInfo(audio.DefaultFormat(), 0, state.Rules{})
	return f.Get(&usual), true
}

func (d *Device) initialPort(f state.Field) (v uint32, known bool) {
	m, side := d.Ports.Play, audio.Play
	if f == state.PlayPort.On(audio.Record) {
		m, side = d.Ports.Record, audio.Record
	}
	switch {
	case m.Use != 0:
		return uint32(m.Use), true
	case d.Backend == ALSA && m.Channels == nil:
		return 0, false
	}
	return lowest(m, side), true
}

// lowest is the port that is in use if the file names none.
func lowest(m device.PortMap, side audio.Direction) uint32 {
	return 1 << bits.TrailingZeros32(uint32(m.Ports(side)))
}

func (l *Loop) keys() []key {
	server := ""
	if l.Attached != 0 {
		server = l.Device + "/" + l.Attached.String()
	}
	return []key{
		fixed("device", l.Device), fixed("server", server),
		fixed("rate", l.Format.Rate), fixed("channels", l.Format.Channels), fixed("format", l.Format.Encoding),
		fixed("positions", l.Format.Positions), fixed("clients", sharing(l)),
		live("buffer", l.Buffer), live("period", l.Period), live("on_client_close", l.OnClientClose),
		live("start_timeout", l.StartTimeout), live("resampler", l.Convert.Quality), live("dither", l.Convert.Dither),
		live("channel_map", mapText(l)), live("meters", l.Meters),
	}
}

func sharing(l *Loop) string { return [...]string{"by server", "exclusive", "shared"}[l.Clients] }

func mapText(l *Loop) string {
	c := &l.Convert
	switch {
	case c.Matrix.In != 0:
		return fmt.Sprintf("%d to %d %v", c.Matrix.In, c.Matrix.Out, c.Matrix.Gains)
	case c.Direct:
		return "direct"
	}
	return "surround"
}

// keys are all but what initial has.
func (r *Route) keys() []key {
	channels := ""
	if len(r.FromChannels) > 0 {
		channels = fmt.Sprint(r.FromChannels, " -> ", r.ToChannels)
	}
	return []key{
		fixed("from", r.From), fixed("to", r.To), fixed("latency", r.Latency), fixed("drift", r.Drift),
		fixed("quality", r.Quality), fixed("channels", channels), fixed("feedback", r.Feedback),
		live("meters", r.Meters),
	}
}

// routeFields are the fields of a route's state that a file gives first values to.
func routeFields() []state.Field {
	return []state.Field{state.PlayGain, state.PlayBalance, state.OutputMuted, state.PlayPause}
}

// initial returns the first value of a field.
func (r *Route) initial(f state.Field) uint32 {
	switch f {
	case state.PlayGain:
		return uint32(r.Setting.Gain)
	case state.PlayBalance:
		return uint32(r.Setting.Balance)
	case state.OutputMuted:
		return truth(r.Setting.Mute)
	}
	return truth(r.Paused)
}

func truth(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
