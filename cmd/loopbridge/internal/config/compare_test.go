package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio/state"
)

func parsed(t testing.TB, text string) Config {
	t.Helper()
	c, err := Parse("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const before = `
[daemon]
users = ["0"]
[[device]]
name = "main"
backend = "null"
play = { gain = 200 }
[[device]]
name = "other"
backend = "null"
[[loop]]
name = "speaker"
server = { device = "main", side = "play" }
[[loop]]
name = "phone"
rate = 8000
[[loop]]
name = "tape"
[[route]]
name = "talk"
from = "phone"
to = "main"
[[route]]
name = "hum"
from = "tape/server"
to = "main"
gain = 100
`

// Each class of change: what is to be done, and no more.
func TestCompare(t *testing.T) {
	swap := func(pairs ...string) string {
		text := strings.NewReplacer(pairs...).Replace(before)
		if text == before {
			t.Fatalf("%q is not there", pairs)
		}
		return text
	}
	for _, c := range []struct{ name, file, want string }{
		{"nothing", before, ""},
		{"the same in other words", swap("play = { gain = 200 }", "rate = 48000\nmonitor_gain = 0\nplay = { gain = 200, balance = 32 }"), ""},
		{"a gain", swap("gain = 200", "gain = 100"), "device main: play.gain 200 -> 100"},
		{"no gain", swap("gain = 200", ""), "device main: play.gain 200 -> 255"},
		{"a port", swap("gain = 200", `gain = 200, port = "headphone"`), "device main: play.port speaker -> headphone"},
		{"a period", swap(`play = { gain = 200 }`, "period = \"5ms\"\nplay = { gain = 200 }"),
			"device main: replaced: period 480 -> 240\nloop speaker: replaced: its device main is replaced\n" +
				"route talk: replaced: the device main is replaced\nroute hum: replaced: the device main is replaced"},
		{"a device more", before + "[[device]]\nname=\"new\"\nbackend=\"null\"\n", "device new: added"},
		{"a device less", swap("[[device]]\nname = \"other\"\nbackend = \"null\"\n", ""), "device other: removed"},
		{"a policy", swap("rate = 8000", "rate = 8000\non_client_close = \"hold\"\nstart_timeout = \"5s\""),
			"loop phone: on_client_close reset -> hold, start_timeout none -> 5s"},
		{"a rate", swap("rate = 8000", "rate = 16000"),
			"loop phone: replaced: rate 8000 -> 16000\nroute talk: replaced: the loop phone is replaced"},
		{"a clock", swap("rate = 8000", "rate = 8000\ndevice = \"other\""),
			"loop phone: replaced: device null -> other\nroute talk: replaced: the loop phone is replaced"},
		{"a loop more", before + "[[loop]]\nname=\"new\"\n", "loop new: added"},
		{"a loop less", swap("[[loop]]\nname = \"tape\"\n", "", `"tape/server"`, `"phone/server"`),
			"loop tape: removed\nroute hum: replaced: from tape/server -> phone/server"},
		{"a route's gain", swap("gain = 100", "gain = 90\nmute = true"), "route hum: play.gain 100 -> 90, output_muted 0 -> 1"},
		{"a route's latency", swap("gain = 100", "gain = 100\nlatency = \"1s\""), "route hum: replaced: latency none -> 1s"},
		{"another order", swap(`name = "phone"`, `name = "tape"`, `name = "tape"`, `name = "phone"`, "rate = 8000", "", "[[route]]\nname = \"talk\"", "rate = 8000\n[[route]]\nname = \"talk\""), ""},
		{"who may connect", swap(`users = ["0"]`, "mode = \"0600\"\nlog = \"warn\""), `daemon: mode 0660 -> 0600, users ["0"] -> none, log info -> warn`},
		{"where", swap(`users = ["0"]`, "users = [\"0\"]\nsocket = \"/x\"\nstate = \"none\""), "daemon: socket none -> /x, state none -> none: takes a restart"},
		{"a side that is needed no more", swap("[[loop]]\nname = \"speaker\"\nserver = { device = \"main\", side = \"play\" }\n", "", "to = \"main\"\n[[", "to = \"tape/server\"\n[[",
			"to = \"main\"\ngain = 100", "to = \"phone/server\"\ngain = 100", "play = { gain = 200 }", ""),
			"device main: play.gain 200 -> 255\nloop speaker: removed\nroute talk: replaced: to main -> tape/server\nroute hum: replaced: to main -> phone/server"},
		{"a side that is needed now", swap("name = \"tape\"\n[[", "name = \"tape\"\n[[loop]]\nname = \"mic\"\nserver = { device = \"other\", side = \"record\" }\n[["),
			"device other: replaced: record closed -> open\nloop mic: added"},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, file := parsed(t, before), parsed(t, c.file)
			plan := Compare(old, file)
			if got := planText(&plan); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			follows(t, old, file)
		})
	}
}

func planText(p *Plan) string {
	var lines []string
	for _, s := range p.Steps {
		lines = append(lines, s.String())
	}
	return strings.Join(lines, "\n")
}

// What operators have added stays, as long as the file has not its name and has what it needs.
func TestCompareWithWhatOperatorsAdded(t *testing.T) {
	running := parsed(t, before)
	add := func(text string) {
		l, err := ParseLoop([]byte(text), []string{"main", "other", NullDevice})
		if err != nil {
			t.Fatal(err)
		}
		running.Loops = append(running.Loops, l)
	}
	cord := func(text string) {
		r, err := ParseRoute([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		running.Routes = append(running.Routes, r)
	}
	add(`{"name": "guest"}`)
	add(`{"name": "there", "device": "other"}`)
	cord(`{"name": "visit", "from": "guest", "to": "there/server"}`)
	cord(`{"name": "stay", "from": "guest/server", "to": "main"}`)
	running.Loops = slices.DeleteFunc(running.Loops, func(l Loop) bool { return l.Name == "tape" }) // by an operator, too
	for _, c := range []struct{ name, file, want string }{
		{"the same file", before, "loop tape: added\nroute hum: replaced: tape/server is something else now"},
		{"names it", before + "[[loop]]\nname=\"guest\"\n",
			"loop guest: stays, and is the file's from now on\nloop tape: added\nroute hum: replaced: tape/server is something else now"},
		{"says otherwise", before + "[[loop]]\nname=\"guest\"\nrate=44100\n", "loop guest: replaced: rate 48000 -> 44100\nloop tape: added\n" +
			"route hum: replaced: tape/server is something else now\nroute visit: replaced: the loop guest is replaced\nroute stay: replaced: the loop guest is replaced"},
		{"takes its device", strings.Replace(before, "[[device]]\nname = \"other\"\nbackend = \"null\"\n", "", 1),
			"device other: removed\nloop there: removed: its device other is removed\nloop tape: added\n" +
				"route visit: removed: to there/server: there is no device and no loop there/server\nroute hum: replaced: tape/server is something else now"},
		{"names the route", before + "[[route]]\nname=\"stay\"\nfrom=\"phone/server\"\nto=\"other\"\n",
			"loop tape: added\nroute hum: replaced: tape/server is something else now\ndevice other: replaced: play closed -> open\nloop there: replaced: its device other is replaced\n" +
				"route visit: replaced: the loop there is replaced\nroute stay: replaced: from guest/server -> phone/server, to main -> other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := Compare(running, parsed(t, c.file))
			got, want := strings.Split(planText(&plan), "\n"), strings.Split(c.want, "\n")
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if again := Compare(plan.To, parsed(t, c.file)); len(again.Steps) > 0 {
				t.Errorf("and then\n%s", planText(&again))
			}
		})
	}
}

// follows checks a plan by following it: the steps alone, and nothing else, lead from what runs to what the file says.
func follows(t interface {
	Helper()
	Errorf(string, ...any)
}, running, file Config) {
	t.Helper()
	plan := Compare(running, file)
	if got, want := described(apply(running, &plan)), described(plan.To); !slices.Equal(got, want) {
		t.Errorf("the steps\n%s\nlead to\n%s\nand not to\n%s", planText(&plan), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	again := Compare(plan.To, file)
	if again.Steps = slices.DeleteFunc(again.Steps, func(s Step) bool { return s.Action == Restart }); len(again.Steps) > 0 {
		t.Errorf("after\n%s\nthere is still to be done\n%s", planText(&plan), planText(&again))
	}
	for _, c := range []Config{running, file, plan.To} {
		if same := Compare(c, c); len(same.Steps) > 0 {
			t.Errorf("from a configuration to itself:\n%s", planText(&same))
		}
	}
}

// apply takes from the end of a plan what its steps are about, and the rest from the beginning.
func apply(c Config, p *Plan) Config {
	c = c.Clone()
	for _, s := range p.Steps {
		switch s.Table {
		case OfDaemon:
			c.Daemon = p.To.Daemon
		case OfDevice:
			c.Devices = slices.DeleteFunc(c.Devices, func(d Device) bool { return d.Name == s.Name })
			if d := p.To.Device(s.Name); s.Action != Remove {
				c.Devices = append(c.Devices, *d)
			}
		case OfLoop:
			c.Loops = slices.DeleteFunc(c.Loops, func(l Loop) bool { return l.Name == s.Name })
			if l := p.To.Loop(s.Name); s.Action != Remove {
				c.Loops = append(c.Loops, *l)
			}
		case OfRoute:
			c.Routes = slices.DeleteFunc(c.Routes, func(r Route) bool { return r.Name == s.Name })
			if r := p.To.Route(s.Name); s.Action != Remove {
				c.Routes = append(c.Routes, *r)
			}
		}
	}
	return c
}

// described is a configuration as text, a sorted line for each table.
func described(c Config) []string {
	all := []string{fmt.Sprint("daemon", c.Daemon.keys())}
	for i := range c.Devices {
		d := &c.Devices[i]
		line := fmt.Sprint("device ", d.Name, d.keys())
		for _, f := range initialFields() {
			v, _ := d.initial(f)
			line += fmt.Sprint(" ", v)
		}
		all = append(all, line)
	}
	for i := range c.Loops {
		all = append(all, fmt.Sprint("loop ", c.Loops[i].Name, c.Loops[i].keys(), c.Loops[i].Added))
	}
	for i := range c.Routes {
		r := &c.Routes[i]
		line := fmt.Sprint("route ", r.Name, r.keys(), r.added())
		for _, f := range routeFields() {
			line += fmt.Sprint(" ", r.initial(f))
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// drawConfig is any valid configuration of a few names.
func drawConfig(t *rapid.T, label string) Config {
	pick := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	text := "[daemon]\n" + pick("", "mode = \"0600\"\n", "users = [\"a\"]\n", "users = [\"a\", \"b\"]\n", "log = \"warn\"\n", "socket = \"/x\"\n")
	c, err := Parse("test", []byte(text))
	add := func(table, name string, words ...string) {
		if !rapid.Bool().Draw(t, label+name) {
			return
		}
		more := fmt.Sprintf("[[%s]]\nname = %q\n%s", table, name, strings.Join(words, ""))
		if then, wrong := Parse("test", []byte(text+more)); wrong == nil { // a device that is not there, for example
			text, c = text+more, then
		}
	}
	for _, name := range []string{"a", "b", "null"} {
		add("device", name, "backend = \"null\"\n", pick("", "period = 480\n", "period = 240\n", "freewheel = true\n"),
			pick("", "input = { tone = 1000 }\n", "monitor_gain = 0\n", "output_muted = true\n"),
			pick("", "play = { gain = 100 }\n", "play = { gain = 255 }\n", "play = { port = \"headphone\" }\n", "play = { ports = { speaker = [1], headphone = [2] } }\n"))
	}
	for _, name := range []string{"l", "m", "a"} {
		add("loop", name, pick("", "rate = 8000\n", "on_client_close = \"hold\"\n", "buffer = \"1s\"\n", "device = \"a\"\n",
			"server = { device = \"a\", side = \"play\" }\n", "server = { device = \"b\", side = \"record\" }\n", "clients = \"shared\"\n"))
	}
	for _, name := range []string{"r", "s"} {
		add("route", name, fmt.Sprintf("from = %q\nto = %q\n", pick("a", "l", "m/server", "b/play", "m/mix"), pick("b", "l/server", "m", "a")),
			pick("", "gain = 100\n", "pause = true\n", "latency = \"1s\"\n", "drift = \"none\"\n"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompareLeadsThere: from any configuration to any other.
func TestCompareLeadsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		running, file := drawConfig(t, "running"), drawConfig(t, "file")
		for i := range running.Loops {
			running.Loops[i].Added = rapid.Bool().Draw(t, "added")
		}
		for i := range running.Routes {
			if rapid.Bool().Draw(t, "added") {
				running.Routes[i].Line = 0
			}
		}
		follows(t, running, file)
	})
}

// No key is forgotten: whatever field of a table is another one, Compare sees it.
func TestCompareSeesEveryField(t *testing.T) {
	base := parsed(t, before)
	alter := func(name string, change func(*Config) reflect.Value, unseen ...string) {
		for _, path := range leaves(change(&base).Type(), "") {
			if slices.Contains(unseen, path) {
				continue
			}
			other := base.Clone()
			mutate(t, change(&other), path)
			if plan := Compare(base, other); len(plan.Steps) == 0 {
				t.Errorf("%s: another %s is not seen", name, path)
			}
		}
	}
	alter("daemon", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Daemon).Elem() })
	alter("device", func(c *Config) reflect.Value { return reflect.ValueOf(c.device("other")).Elem() },
		"Card.Controls.Note", "State", "Card.Port", "Input.Level", "Receive", "Send", "Added") // not of a file; below; nothing without a tone; TestCompareStreams
	alter("loop", func(c *Config) reflect.Value { return reflect.ValueOf(c.Loop("tape")).Elem() },
		"Spec.Convert.Vary", "Added", "Spec.Convert.Matrix.Out", "Spec.Convert.Matrix.Gains") // not of a file; nothing without In
	alter("route", func(c *Config) reflect.Value { return reflect.ValueOf(c.Route("hum")).Elem() }, "Line", "Spec.Setting.Scale",
		"Spec.ToChannels") // not of a file; nothing without FromChannels
	for _, f := range initialFields() {
		other := base.Clone()
		patch := &other.device("main").State
		if f.Kind() == state.KindPorts {
			patch = &other.device("main").Card.Port
		}
		v := uint32(2)
		if f.Kind() == state.KindFlag {
			v = 1
		}
		if err := patch.Set(f, v); err != nil {
			t.Fatal(err)
		}
		if plan := Compare(base, other); len(plan.Steps) != 1 || plan.Steps[0].Action != Change {
			t.Errorf("another %s: %s", f.Name(), planText(&plan))
		}
	}
}

// leaves are the paths of the exported fields of a struct that are no structs.
func leaves(of reflect.Type, path string) (all []string) {
	for _, f := range reflect.VisibleFields(of) {
		if len(f.Index) > 1 || !f.IsExported() || path == "" && f.Name == "Name" {
			continue
		}
		at := strings.TrimPrefix(path+"."+f.Name, ".")
		switch {
		case f.Type == reflect.TypeFor[state.Patch](), f.Type.Kind() != reflect.Struct, f.Type.NumField() == 0 || !f.Type.Field(0).IsExported():
			if strings.HasSuffix(at, "Spec.Name") {
				continue
			}
			all = append(all, at)
		default:
			all = append(all, leaves(f.Type, at)...)
		}
	}
	return all
}

// mutate gives a field another value.
func mutate(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	for name := range strings.SplitSeq(path, ".") {
		v = v.FieldByName(name)
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() ^ 1)
	case reflect.Uint32: // not the lowest bit, which is the usual port
		v.SetUint(v.Uint() ^ 2)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Array:
		v.Index(0).SetUint(v.Index(0).Uint() ^ 1)
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		m.SetMapIndex(reflect.ValueOf(uint32(1)).Convert(v.Type().Key()), reflect.Zero(v.Type().Elem()))
		v.Set(m)
	default:
		t.Fatalf("%s is a %s", path, v.Kind())
	}
}
