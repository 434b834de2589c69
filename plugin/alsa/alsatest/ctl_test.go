package alsatest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// mixerRig is a daemon with a clock, a device with both sides and one that only plays.
type mixerRig struct {
	*rig
	main, speaker *loop.Engine
	server        *servertest.Daemon
}

func newMixerRig(t *testing.T) *mixerRig {
	t.Helper()
	m := &mixerRig{rig: rigOf(t)}
	clock := m.device("clock", backend.Config{}, inRealTime)
	m.main = m.device("main", backend.Config{Play: true, Record: true}, inRealTime)
	m.speaker = m.device("speaker", backend.Config{Play: true}, inRealTime)
	m.server = m.daemon([]*loop.Engine{clock, m.main, m.speaker})
	return m
}

// amixer is what it prints.
func (m *mixerRig) amixer(args ...string) string {
	m.Helper()
	return m.run("amixer", args...).succeeds(m.rig).stdout.String()
}

// has fails the test unless main has these values: field=value.
func (m *mixerRig) has(want ...string) {
	m.Helper()
	i := m.main.Info()
	for _, w := range want {
		name, _, _ := strings.Cut(w, "=")
		f, ok := state.FieldByName(name)
		if !ok {
			m.Fatalf("no field %s", name)
		}
		if got := fmt.Sprintf("%s=%d", name, f.Get(&i)); got != w {
			m.Errorf("%s, want %s", got, w)
		}
	}
}

// set changes main as an operator does.
func (m *mixerRig) set(fields ...string) {
	m.Helper()
	p, err := state.ParsePatch(fields...)
	if err == nil {
		_, err = m.main.Set(p)
	}
	if err != nil {
		m.Fatal(err)
	}
}

// contents is the mixer as "amixer contents" has it: by name the lines below.
func contents(text string) map[string]string {
	all := map[string]string{}
	var name string
	for line := range strings.Lines(text) {
		if _, named, ok := strings.Cut(line, "name='"); ok {
			name, _, _ = strings.Cut(named, "'")
			continue
		}
		all[name] += strings.TrimSpace(line) + "\n"
	}
	return all
}

func TestMixerShowsTheDevice(t *testing.T) {
	t.Parallel()
	m := newMixerRig(t)
	const (
		volume  = "; type=INTEGER,access=rw---R--,values=1,min=0,max=255,step=1\n: values=%d\n| dBlinear-min=-99999.99dB,max=0.00dB\n"
		balance = "; type=INTEGER,access=rw------,values=1,min=0,max=64,step=1\n: values=%d\n"
		onoff   = "; type=BOOLEAN,access=rw------,values=1\n: values=%s\n"
		outputs = "; type=ENUMERATED,access=rw------,values=1,items=3\n; Item #0 'speaker'\n; Item #1 'headphone'\n; Item #2 'line_out'\n: values=%d\n"
		inputs  = "; type=ENUMERATED,access=rw------,values=1,items=2\n; Item #0 'microphone'\n; Item #1 'line_in'\n: values=%d\n"
	)
	playing := func(gain int, on string, bal, port int) map[string]string {
		return map[string]string{
			"Master Playback Volume": fmt.Sprintf(volume, gain), "Master Playback Switch": fmt.Sprintf(onoff, on),
			"Balance": fmt.Sprintf(balance, bal), "Output Playback Enum": fmt.Sprintf(outputs, port),
		}
	}
	both := func(want map[string]string, monitor, gain, bal, port int) map[string]string {
		want["Monitor Playback Volume"], want["Capture Volume"] = fmt.Sprintf(volume, monitor), fmt.Sprintf(volume, gain)
		want["Capture Balance"], want["Capture Source"] = fmt.Sprintf(balance, bal), fmt.Sprintf(inputs, port)
		return want
	}
	check := func(name string, want map[string]string) {
		t.Helper()
		got := contents(m.amixer("-D", name, "contents"))
		for element, text := range want {
			if got[element] != text {
				t.Errorf("%s: %s is\n%s, want\n%s", name, element, got[element], text)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s has %d elements, want %d: %v", name, len(got), len(want), got)
		}
	}
	check("loopbridge:main", both(playing(255, "on", 32, 0), 0, 255, 32, 0))
	check("loopbridge:speaker", playing(255, "on", 32, 0)) // nothing of a side that is not there
	m.set("play.gain=100", "output_muted=1", "play.balance=3", "play.port=headphone+line_out",
		"monitor_gain=7", "record.gain=9", "record.balance=60", "record.port=line_in")
	want := both(playing(100, "off", 3, 1), 7, 9, 60, 1)
	check("loopbridge:main", want)
	check("loopbridge:DEVICE=main,SOCKET="+m.socket, want)
	check("loopbridge:main,fixed,"+m.socket, want)
	check("loopbridge", want) // the first with sound, which is not the first
}

func TestMixerSets(t *testing.T) {
	t.Parallel()
	m := newMixerRig(t)
	events := m.bay.Subscribe(100)
	defer events.Cancel()
	cases := []struct{ args, want string }{
		{"cset name='Master Playback Volume' 77", "play.gain=77"},
		{"sset Master 50%", "play.gain=128"},
		{"sset Master 10dB-", "play.gain=40"},
		{"sset Master 0dB", "play.gain=255"},
		{"sset Master 0", "play.gain=0"},
		{"sset Master mute", "output_muted=1"},
		{"sset Master unmute", "output_muted=0"},
		{"sset Balance 64", "play.balance=64"},
		{"sset Output line_out", "play.port=4"},
		{"sset Capture 200", "record.gain=200"},
		{"cset name='Capture Balance' 5", "record.balance=5"},
		{"sset line_in cap", "record.port=2"},
		{"cset name='Capture Source' microphone", "record.port=1"},
		{"sset Monitor 33", "monitor_gain=33"},
	}
	for _, c := range cases {
		args := []string{"-q", "-D", "loopbridge:main"}
		var rest string
		if command, name, quoted := strings.Cut(c.args, " name='"); quoted {
			name, rest, _ = strings.Cut(name, "' ")
			args = append(args, command, "name='"+name+"'", rest)
		} else {
			args = append(args, strings.Fields(c.args)...)
		}
		m.amixer(args...)
		m.has(c.want)
		field, _, _ := strings.Cut(c.want, "=")
		select {
		case e := <-events.C:
			if e.Kind != event.Set || e.Device != "main" || len(e.Changes) == 0 || e.Changes[0].Field.Name() != field {
				t.Errorf("amixer %s: the event %+v", c.args, e)
			}
		default:
			t.Errorf("amixer %s: no event", c.args)
		}
	}
	m.has("play.gain=0", "output_muted=0", "play.balance=64", "play.port=4", "record.gain=200", "record.balance=5", "record.port=1", "monitor_gain=33")
	if i := m.speaker.Info(); i.Play.Gain != 255 {
		t.Errorf("another device has the gain %d", i.Play.Gain)
	}
}

func TestMixerThatIsNotThere(t *testing.T) {
	t.Parallel()
	m := newMixerRig(t)
	fails := func(device string, words ...string) {
		t.Helper()
		p := m.run("amixer", "-D", device, "contents").said(m.rig, words...)
		if p.status() <= 0 || p.stdout.Len() > 0 {
			t.Errorf("%s: status %d, output %q", device, p.status(), p.stdout.String())
		}
	}
	fails("loopbridge:nosuch", "loopbridge: there is no device nosuch; there are clock, main, speaker", "No such device")
	fails("loopbridge:SOCKET="+m.file("none"), "no daemon on "+m.file("none"), `start one with "loopbridge serve"`)
	long := strings.Repeat("n", 150)
	m.rc = fmt.Sprintf(`
		ctl.odd { type loopbridge loop "loop0" }
		ctl.number { type loopbridge device 5 }
		ctl.long { type loopbridge device "%s" }
		ctl.deep { type loopbridge socket "/%s" }
	`, long, long)
	fails("long", "the name of a device has at most 63 bytes")
	fails("deep", "the path of its socket is too long")
	fails("odd", `odd has an unknown field "loop"; it may have device, rows and socket`)
	fails("loopbridge:main,client", `rows of loopbridge:main,client are fixed or clients; "client" is neither`)
	fails("number", `the field "device" of number is not text`)
}
