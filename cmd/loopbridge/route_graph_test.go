package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// laboratory has three cards, five loops and routes of every kind.
const laboratory = desk + `
[[device]]
name = "lab"
backend = "null"
channels = 4
input = { tone = 440, level = -20 }
[device.play]
[[route]]
name = "talk"
from = "desk"
to = "room"
[[route]]
name = "listen"
from = "music"
to = "speaker"
gain = 100
[[route]]
name = "through"
from = "lab"
to = "lab"
channels = "1,2 -> 3,4"
[[route]]
name = "heard"
from = "lab/mix"
to = "phone/server"
mute = true
[[route]]
name = "ear"
from = "music/heard"
to = "room"
[[route]]
name = "a-route-with-a-name-as-long-as-names-can-be-in-this-program-xxx"
from = "solid"
to = "room/play"
`

func TestRouteGraph(t *testing.T) {
	d := newDesk(t, strings.TrimPrefix(laboratory, desk))
	hold(t, d.socket, "solid", pcm.Options{Direction: pcm.Write})
	openClient(t, d.socket, "mic", pcm.Options{Direction: audio.Record})
	openClient(t, d.socket, "speaker", pcm.Options{Direction: audio.Play})
	d.until("talk", "flows", flows)
	d.until("through", "flows", flows)
	d.until("ear", "flows", flows)
	waitForLoop(t, d.socket, "phone", func(l api.Loop) bool { return l.State == "armed" })
	waitForLoop(t, d.socket, "solid", func(l api.Loop) bool { return l.State == "paired" })
	o := d.cli("route", "ls", "--graph")
	o.want(t, exitOK)
	ppm := regexp.MustCompile(`, [+-][0-9.]+ ppm(, [0-9.]+ ms)?|, (acquiring|locked)`)
	pid := regexp.MustCompile(`[^ ]+ \(\d+\)`)
	got := pid.ReplaceAllString(ppm.ReplaceAllString(o.stdout, ""), "PROGRAM")
	const want = `null (device, S16_LE 48000 Hz 2 ch)

desk (device, S16_LE 48000 Hz 2 ch)
 ├─ record ─▶ [talk] ─▶ room/play   flowing
 │         ─▶ PROGRAM on mic
 └─ play   ·

room (device, S16_LE 48000 Hz 2 ch)
 └─ play   ◀─ [a-route-with-a-name-as-long-as-names-can-be-in-this-program-xxx] ◀─ solid/client
           ◀─ [ear] ◀─ music/heard
           ◀─ [listen] ◀─ music/client
           ◀─ [talk] ◀─ desk/record
           ◀─ PROGRAM on speaker

lab (device, S16_LE 48000 Hz 4 ch)
 ├─ record ─▶ [through] ─▶ lab/play   flowing
 └─ play   ─▶ [heard] ─▶ phone/server   waits for phone, muted
           ◀─ [through] ◀─ lab/record

music (loop on null, S16_LE 48000 Hz 2 ch, closed)
 ├─ server ·
 ├─ client ─▶ [listen] ─▶ room/play   waits for music, gain 100
 └─ heard  ─▶ [ear] ─▶ room/play   flowing

phone (loop on null, S16_LE 48000 Hz 2 ch, armed)
 ├─ server ◀─ [heard] ◀─ lab/play
 └─ client ·

solid (loop on null, S16_LE 48000 Hz 2 ch, paired)
 ├─ server ◀─ PROGRAM
 └─ client ─▶ [a-route-with-a-name-as-long-as-names-can-be-in-this-program-xxx] ─▶ room/play   wait…
`
	if got != want {
		t.Errorf("it draws\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(o.stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestRouteDot(t *testing.T) {
	d := newDesk(t, strings.TrimPrefix(laboratory, desk))
	hold(t, d.socket, "solid", pcm.Options{Direction: pcm.Write})
	d.until("through", "flows", flows)
	o := d.cli("route", "ls", "--dot")
	o.want(t, exitOK)
	for _, want := range []string{
		`"lab/record" -> "lab/play" [label="through\nflowing", style=solid];`,
		`"music/client" -> "room/play" [label="listen\nwaits for music, gain 100", style=dashed];`,
		`"solid/server" -> "solid/client" [style=dotted, dir=forward];`,
		`"music/server" -> "music/client" [style=dotted, dir=none];`,
	} {
		if !strings.Contains(o.stdout, "\t"+want+"\n") {
			t.Errorf("no %s in\n%s", want, o.stdout)
		}
	}
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("dot is not installed, so nothing but the text is looked at")
	}
	draw := exec.Command(dot, "-Tsvg")
	draw.Stdin = strings.NewReader(o.stdout)
	if out, err := draw.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// A route says what it does, to who watches it by its name.
func TestWatchRoutes(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"talk\"\nfrom = \"desk\"\nto = \"room\"\nlatency = \"500ms\"\n")
	d.until("talk", "flows", flows)
	var all, one trial.Output
	for out, args := range map[*trial.Output][]string{&one: {"watch", "route/talk"}, &all: {"watch", "--json"}} {
		p := newProcess(t, d.socket, args...)
		p.Stdout = out
		p.begin(t)
		for balance := 0; out.Text() == ""; balance++ { // until it listens
			d.cli("set", "route/talk", fmt.Sprint("play.balance=", balance%60)).want(t, exitOK)
		}
	}
	d.cli("set", "route/talk", "play.pause=1").want(t, exitOK)
	one.Until(t, "route/talk: play.pause: 0 -> 1")
	one.Until(t, "route/talk: paused")
	d.cli("route", "rm", "talk").want(t, exitOK)
	one.Until(t, "route/talk: removed")
	all.Until(t, `"kind":"route","device":"route/talk","note":"removed"`)
}

func TestCompleteRoutes(t *testing.T) {
	d := newDesk(t, "[[route]]\nname = \"talk\"\nfrom = \"desk\"\nto = \"room\"\n")
	t.Setenv(client.SocketVariable, d.socket)
	for line, want := range map[string]string{
		"route ":          "add ls rm set",
		"route rm ":       "talk",
		"route set t":     "talk",
		"route set talk ": "output_muted= play.balance= play.gain= play.pause=",
		"route add x ": "desk/mix desk/play desk/record mic music music/heard music/mix music/server phone phone/heard phone/mix phone/server " +
			"room/mix room/play solid solid/heard solid/mix solid/server",
		"route add x desk ":          "desk/play music music/server phone phone/server room/play solid solid/server speaker",
		"route add x a b --drift ":   "auto none pitch resample",
		"route add x a b --qual":     "--quality",
		"route add x a b --qual ":    "",
		"info route/":                "route/talk",
		"levels route":               "route/talk",
		"route ls --":                "--control --dot --graph --help --json --socket --token-file",
		"route add x a b --quality ": "best fast good",
	} {
		o := cliRun(t, nil, append([]string{"__complete", "--"}, strings.Split(line, " ")...)...)
		if got := strings.Join(strings.Fields(o.stdout), " "); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
