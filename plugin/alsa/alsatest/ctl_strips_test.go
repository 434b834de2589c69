package alsatest_test

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
)

// newStripsRig is a mixerRig whose device main has the loops phones and mic.
func newStripsRig(t *testing.T) *mixerRig {
	t.Helper()
	m := newMixerRig(t)
	m.add("phones", audio.Play)
	m.add("mic", audio.Record)
	return m
}

// add attaches a loop to main.
func (m *mixerRig) add(name string, side audio.Direction) {
	m.Helper()
	if err := m.bay.Add(loop.Spec{Name: name, Attached: side}, m.main); err != nil {
		m.Fatal(err)
	}
}

// remove takes a loop away.
func (m *mixerRig) remove(name string) {
	m.Helper()
	if err := m.bay.Remove(name); err != nil {
		m.Fatal(err)
	}
}

// strip is the state of an end or a client.
func (m *mixerRig) strip(name string) state.Info {
	m.Helper()
	s, err := m.bay.EndControls(name)
	if err != nil {
		m.Fatal(err)
	}
	return s.Info()
}

// setStrip changes it as an operator does.
func (m *mixerRig) setStrip(name string, fields ...string) {
	m.Helper()
	s, err := m.bay.EndControls(name)
	if err != nil {
		m.Fatal(err)
	}
	p, err := state.ParsePatch(fields...)
	if err == nil {
		_, err = s.Set(p)
	}
	if err != nil {
		m.Fatal(err)
	}
}

// plays starts a program that plays on a loop without end, and returns how a mixer calls
// it.
func (m *mixerRig) plays(name string) (p *program, label string) {
	m.Helper()
	return m.client(name, m.start("aplay", "-q", "-D", "loopbridge:"+name, "-f", "dat", "/dev/zero"))
}

func (m *mixerRig) records(name string) (p *program, label string) {
	m.Helper()
	return m.client(name, m.start("arecord", "-q", "-D", "loopbridge:"+name, "-f", "dat", "-t", "raw", "/dev/null"))
}

func (m *mixerRig) client(name string, p *program) (*program, string) {
	m.Helper()
	m.until("the client is there", func() bool { return m.holds(name, p) })
	return p, fmt.Sprint(filepath.Base(p.Path), " ", p.Process.Pid)
}

// holds reports whether a program is a client of a loop.
func (m *mixerRig) holds(name string, p *program) bool {
	return slices.ContainsFunc(m.status(name).Clients, func(c loop.EndStatus) bool { return c.Holder.PID == p.Process.Pid })
}

// leaves ends a client.
func (m *mixerRig) leaves(name string, p *program) {
	m.Helper()
	p.kill(m.rig)
	m.until("the client has gone", func() bool { return !m.holds(name, p) })
}

// others are the elements of a mixer that are not the device's own.
func (m *mixerRig) others(mixer string) []string {
	m.Helper()
	all := contents(m.amixer("-D", mixer, "contents"))
	for _, own := range []string{
		"Master Playback Volume", "Master Playback Switch", "Balance", "Output Playback Enum",
		"Capture Volume", "Capture Balance", "Capture Source", "Monitor Playback Volume",
	} {
		delete(all, own)
	}
	return slices.Sorted(maps.Keys(all))
}

func TestMixerShowsLoopsAndClients(t *testing.T) {
	t.Parallel()
	m := newStripsRig(t)
	check := func(mixer string, want ...string) {
		t.Helper()
		slices.Sort(want)
		if got := m.others(mixer); !slices.Equal(got, want) {
			t.Errorf("%s has\n%q, want\n%q", mixer, got, want)
		}
	}
	main := []string{"phones Playback Volume", "phones Playback Switch", "mic Capture Volume"}
	check("loopbridge:main", main...)
	check("loopbridge:speaker")
	check("loopbridge:phones")
	check("loopbridge:loop0", "Server Playback Volume", "Server Playback Switch", "Server Capture Volume")
	_, player := m.plays("phones")
	_, second := m.plays("phones")
	_, recorder := m.records("mic")
	clients := []string{player + " Playback Volume", player + " Playback Switch", second + " Playback Volume", second + " Playback Switch"}
	all := append(append(main, recorder+" Capture Volume"), clients...)
	check("loopbridge:main,clients", all...)
	check("loopbridge:DEVICE=main,ROWS=Clients", all...)
	check("loopbridge:phones,clients", clients...)
	check("loopbridge:mic,clients", recorder+" Capture Volume")
	check("loopbridge:main", main...)
	check("loopbridge:main,fixed", main...)
	check("loopbridge:phones")
	_, pid, _ := strings.Cut(player, " ")
	check("loopbridge:phones/" + pid) // that client as Master
	check("loopbridge:phones/" + pid + ",clients")
	if got := contents(m.amixer("-D", "loopbridge:mic", "contents")); got["Master Playback Volume"] != "" || got["Capture Volume"] == "" {
		t.Errorf("the mixer of a loop that is recorded from has %q", slices.Sorted(maps.Keys(got)))
	}
	// A long name is cut, and what is then another's gets a number.
	m.add("a-name-of-more-than-twenty-seven-bytes", audio.Play)
	m.add("a-name-of-more-than-twenty-seven-other", audio.Play)
	for _, own := range []string{"Master", "Balance", "Output", "Monitor", "main"} {
		m.add(own, audio.Play)
	}
	m.add("Capture", audio.Record)
	simple := m.amixer("-D", "loopbridge:main,clients", "scontrols")
	for _, want := range []string{
		"'a-name-of-more-than-twenty',0", "'a-name-of-more-than-twenty',1", "'Master',0", "'Master',1", "'Balance',1", "'Output',1",
		"'Monitor',1", "'main',0", "'Capture',1", "'phones',0", "'" + player + "',0",
	} {
		if !strings.Contains(simple, want+"\n") {
			t.Errorf("there is no %s in\n%s", want, simple)
		}
	}
}

func TestMixerSetsLoopsAndClients(t *testing.T) {
	t.Parallel()
	m := newStripsRig(t)
	p, player := m.plays("phones")
	_, recorder := m.records("mic")
	one := fmt.Sprint("phones/", p.Process.Pid)
	other, _ := m.plays("phones")
	decibels := regexp.MustCompile(`\[(-?[\d.]+)dB\]`)
	cases := []struct {
		mixer, control, value string
		strip, want           string
	}{
		{"main", "phones", "50%", "phones", "play.gain=128"},
		{"main", "phones", "-10dB", "phones", "play.gain=81"},
		{"main", "phones", "mute", "phones", "output_muted=1"},
		{"main", "phones", "unmute", "phones", "output_muted=0"},
		{"main", "mic", "200", "mic", "record.gain=200"},
		{"main,clients", player, "77", one, "play.gain=77"},
		{"main,clients", player, "mute", one, "output_muted=1"},
		{"main,clients", player, "unmute", one, "output_muted=0"},
		{"main,clients", "phones", "100", "phones", "play.gain=100"},
		{"main,clients", recorder, "5", "mic/" + strings.Fields(recorder)[1], "record.gain=5"},
		{"phones", "Master", "99", "phones", "play.gain=99"},
		{"phones,clients", player, "11", one, "play.gain=11"},
		{"loop0", "Server,0", "33", "loop0/server", "play.gain=33"},
		{"loop0", "Capture", "44", "loop0", "record.gain=44"},
	}
	for _, c := range cases {
		said := m.amixer("-D", "loopbridge:"+c.mixer, "--", "sset", c.control, c.value)
		name, value, _ := strings.Cut(c.want, "=")
		f, _ := state.FieldByName(name)
		i := m.strip(c.strip)
		if got := f.Get(&i); fmt.Sprint(got) != value {
			t.Errorf("%s of %s set to %s: %s of %s is %d, want %s", c.control, c.mixer, c.value, name, c.strip, got, value)
		}
		if !strings.HasSuffix(name, "gain") {
			continue
		}
		gain, _ := strconv.Atoi(value)
		db, err := strconv.ParseFloat(append(decibels.FindStringSubmatch(said), "", "")[1], 64)
		if want := 20 * math.Log10(float64(gain)/255); err != nil || math.Abs(db-want) > 0.011 {
			t.Errorf("%s set to %d is %.2f dB, want %.2f; amixer says\n%s", c.control, gain, db, want, said)
		}
	}
	if i := m.strip(fmt.Sprint("phones/", other.Process.Pid)); i.Play.Gain != 255 || i.OutputMuted {
		t.Errorf("the other client has the gain %d, muted %v", i.Play.Gain, i.OutputMuted)
	}
	m.leaves("phones", p)
	if out := m.run("amixer", "-D", "loopbridge:main,clients", "sset", player, "50%"); out.status() <= 0 {
		t.Errorf("a client that has gone was set: %s", out.stdout.String())
	}
}

// Clients and loops come and go, and others set them, while a program follows.
func TestMixerFollowsLoopsAndClients(t *testing.T) {
	t.Parallel()
	m := newStripsRig(t)
	f := m.follow(plainBuild.program(t, "follow"), "loopbridge:main,clients")
	f.says("follows\n")
	m.setStrip("phones", "play.gain=12", "output_muted=1")
	f.says("phones Playback Volume = 12\n", "phones Playback Switch = 0\n")
	m.amixer("-q", "-D", "loopbridge:mic", "sset", "Capture", "34") // through another mixer
	f.says("mic Capture Volume = 34\n")
	for range 3 {
		p, player := m.plays("phones")
		f.says("+ "+player+" Playback Volume = 255\n", "+ "+player+" Playback Switch = 1\n")
		m.setStrip(fmt.Sprint("phones/", p.Process.Pid), "play.gain=56")
		f.says(player + " Playback Volume = 56\n")
		m.leaves("phones", p)
		f.says("- "+player+" Playback Volume\n", "- "+player+" Playback Switch\n")
	}
	m.add("more", audio.Play)
	f.says("+ more Playback Volume = 255\n", "+ more Playback Switch = 1\n")
	p, player := m.records("mic")
	f.says("+ " + player + " Capture Volume = 255\n")
	m.remove("more")
	f.says("- more Playback Volume\n", "- more Playback Switch\n")
	m.remove("mic")
	f.says("- mic Capture Volume\n", "- "+player+" Capture Volume\n")
	p.wait(m.rig)
	m.set("play.gain=78")
	f.says("Master Playback Volume = 78\n")
	if f.ended() {
		t.Error("it does not follow any more")
	}
	if err := m.server.Close(); err != nil {
		t.Error(err)
	}
	f.says("ends: No such device\n")
	f.succeeds(m.rig)
}

// The mixer of a loop that is removed is as that of a card that was pulled out.
func TestMixerOfALoopThatGoes(t *testing.T) {
	t.Parallel()
	m := newStripsRig(t)
	f := m.follow(plainBuild.program(t, "follow"), "loopbridge:phones,clients")
	f.says("follows\n")
	_, player := m.plays("phones")
	f.says("+ " + player + " Playback Volume = 255\n")
	m.remove("phones")
	f.says("ends: No such device\n")
	f.succeeds(m.rig)
}

// Programs that give up, or abort, if they are told of what they know, or have never heard
// of, or cannot read what they were told of.
func TestAmixerFollowsClients(t *testing.T) {
	t.Parallel()
	for _, events := range []string{"events", "sevents"} {
		t.Run(events, func(t *testing.T) {
			t.Parallel()
			m := newStripsRig(t)
			f := m.follow("stdbuf", "-oL", "amixer", "-D", "loopbridge:main,clients", events)
			f.says("Ready to listen")
			for range 8 {
				p, player := m.plays("phones")
				f.says(player) // before it goes: else it may never hear of it
				_, other := m.plays("phones")
				m.leaves("phones", p)
				f.says(other)
			}
			for i := range 300 { // faster than it can follow
				m.add("brief", audio.Play)
				m.setStrip("brief", fmt.Sprint("play.gain=", i%256))
				m.remove("brief")
			}
			m.add("last", audio.Record)
			f.says("'last")
			ended := f.ended()
			f.stop(m.rig)
			if said := string(m.read("said")); ended || strings.Contains(said, "ERR") || strings.Contains(f.stderr.String(), "twice") {
				t.Errorf("ended: %v; it says %s, %s", ended, said, f.stderr.String())
			}
		})
	}
}
