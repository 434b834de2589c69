package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/wire"
)

// model is the command line as kong sees it.
func model(t *testing.T) *kong.Node {
	t.Helper()
	parser, err := newParser(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model.Node
}

// visible calls f for every command that is not hidden, with its full name.
func visible(n *kong.Node, name string, f func(n *kong.Node, name string)) {
	f(n, name)
	for _, c := range n.Children {
		if !c.Hidden {
			visible(c, strings.TrimSpace(name+" "+c.Name), f)
		}
	}
}

func TestManualHasEveryCommandAndFlag(t *testing.T) {
	text, err := os.ReadFile("../../man/loopbridge.1")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(text), `\-`, "-")
	visible(model(t), "", func(n *kong.Node, name string) {
		section := page
		if name != "" && len(n.Children) == 0 {
			// The text of a command is from its heading to the next one.
			_, after, found := strings.Cut(page, "\n.SS "+name)
			if !found {
				_, after, found = strings.Cut(page, "\n.SS \""+name)
			}
			if !found {
				t.Errorf("no section for %s", name)
				return
			}
			section, _, _ = strings.Cut(after, "\n.SS ")
			if name == "play" || name == "record" {
				_, section, _ = strings.Cut(page, "\n.SS \"Options of play and record\"")
				section, _, _ = strings.Cut(section, "\n.SS ")
			}
		}
		for _, f := range n.Flags {
			if !f.Hidden && !strings.Contains(section, "--"+f.Name) {
				t.Errorf("the section of %q lacks --%s", name, f.Name)
			}
			if f.Short != 0 && !strings.Contains(section, " -"+string(f.Short)) && !strings.Contains(section, "\n.BR -"+string(f.Short)) {
				t.Errorf("the section of %q lacks -%c", name, f.Short)
			}
		}
	})
}

func TestManualHasEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../man/loopbridge.toml.5")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../configs/loopbridge.toml")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(example)) {
		key, _, isKey := strings.Cut(line, " = ")
		if isKey && !strings.HasPrefix(line, "#") && !strings.Contains(string(text), strings.TrimSpace(key)) {
			t.Errorf("the manual lacks %s", key)
		}
	}
}

func TestEveryFlagHasHelp(t *testing.T) {
	visible(model(t), "", func(n *kong.Node, name string) {
		if n.Help == "" {
			t.Errorf("%q has no help", name)
		}
		for _, f := range n.Flags {
			if f.Help == "" {
				t.Errorf("%q: --%s has no help", name, f.Name)
			}
		}
		for _, p := range n.Positional {
			if p.Help == "" {
				t.Errorf("%q: %s has no help", name, p.Name)
			}
		}
		o := cliRun(t, nil, append(strings.Fields(name), "--help")...)
		if o.want(t, exitOK); !strings.HasPrefix(o.stdout, "Usage: loopbridge") {
			t.Errorf("%q --help prints %q", name, o.stdout)
		}
	})
}

func TestVersion(t *testing.T) {
	o := cliRun(t, nil, "version")
	if o.want(t, exitOK); !strings.HasPrefix(o.stdout, "loopbridge ") || !strings.Contains(o.stdout, "protocol version") {
		t.Errorf("%q", o.stdout)
	}
	var v map[string]any
	o = cliRun(t, nil, "version", "--json")
	if err := json.Unmarshal([]byte(o.stdout), &v); err != nil || v["protocol_version"] != float64(wire.Version) || v["version"] == "" || v["go_version"] == "" {
		t.Errorf("%v: %s", err, o.stdout)
	}
}

func TestCheck(t *testing.T) {
	o := cliRun(t, nil, "check", "../../configs/loopbridge.toml")
	if o.want(t, exitOK); !strings.Contains(o.stdout, "ok") {
		t.Errorf("%q", o.stdout)
	}
	bad := filepath.Join(trial.TempDir(t), "bad.toml")
	if err := os.WriteFile(bad, []byte("[daemon]\nlog = \"loud\"\n[[loop]]\nname = \"a\"\nrate = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	o = cliRun(t, nil, "check", bad)
	o.want(t, exitFailed, "has 2 problems")
	if !strings.Contains(o.stdout, bad+":2:7: ") || !strings.Contains(o.stdout, bad+":5:8: ") {
		t.Errorf("%q", o.stdout)
	}
}

func TestComplete(t *testing.T) {
	socket := testDaemon(t)
	t.Setenv(client.SocketVariable, socket)
	for line, want := range map[string]string{
		"":                            "alarm analyse bench check completion device devices doctor drain halt info levels loop ls measure nodes play record recorder reload route serve set top upgrade version watch",
		"pl":                          "play",
		"play ":                       "loop0 loop1 loop2 loop3",
		"record --server --wait loop": "loop0 loop1 loop2 loop3",
		"play -r 48000 ":              "loop0 loop1 loop2 loop3",
		"play loop0 ":                 "file",
		"play loop0 x ":               "",
		"record --fo":                 "--format",
		"record --format S24_3":       "S24_3BE S24_3LE",
		"record --format=S24_3":       "--format=S24_3BE --format=S24_3LE",
		"record --format = S24_3":     "S24_3BE S24_3LE",
		"record -f A":                 "A_LAW",
		"--socket /nowhere play ":     "",
		"serve --config ":             "file",
		"check ":                      "file",
		"completion ":                 "bash fish zsh",
		"watch ":                      "loop0 loop0/server loop1 loop1/server loop2 loop2/server loop3 loop3/server null",
		"info loop0/":                 "loop0/server",
		"info null play.gain":         "play.gain play.gain_db",
		"info null play.gain reco":    "record.active record.avail_ports record.balance record.buffer_size record.channels record.delay record.encoding record.eof record.error record.gain record.gain_db record.mod_ports record.open record.pause record.port record.precision record.sample_rate record.samples record.waiting",
		"set nu":                      "null",
		"set null mon":                "monitor_gain=",
		"set null monitor_gain=3 out": "output_muted=",
		"set null monitor_gain = ":    "",
		"measure ":                    "loop0 loop1 loop2 loop3 null",
		"measure --plot ":             "file",
		"measure --record loop1":      "loop1 loop1/heard loop1/mix loop1/server",
		"analyse ":                    "loop0 loop0/client loop0/server loop1 loop1/client loop1/server loop2 loop2/client loop2/server loop3 loop3/client loop3/server",
		"analyse --window black":      "blackman-harris blackman-harris-7",
		"device ":                     "add rm sdp",
		"device add ":                 "file",
		"device rm ":                  "",
		"levels ":                     "loop0 loop0/server loop1 loop1/server loop2 loop2/server loop3 loop3/server null",
		"nothing ":                    "alarm analyse bench check completion device devices doctor drain halt info levels loop ls measure nodes play record recorder reload route serve set top upgrade version watch",
	} {
		words := strings.Split(line, " ")
		o := cliRun(t, nil, append([]string{"__complete", "--"}, words...)...)
		if got := strings.Join(strings.Fields(o.stdout), " "); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		t.Run(shell, func(t *testing.T) {
			script := cliRun(t, nil, "completion", shell)
			script.want(t, exitOK)
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed", shell)
			}
			check := exec.Command(path, "-n")
			check.Stdin = strings.NewReader(script.stdout)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// TestHeirsReadTheSameLine: a program that takes over from a daemon reads from a command line what that daemon has read.
func TestHeirsReadTheSameLine(t *testing.T) {
	for _, args := range [][]string{
		{"serve"},
		{"serve", "--config", "a.toml"},
		{"--socket=/x/y", "serve", "--config=a.toml"},
		{"--control", "http://127.0.0.1:7070", "--token-file", "t", "serve"},
	} {
		var c cli
		var heir heirLine
		for _, grammar := range []any{&c, &heir} {
			parser, err := newParser(grammar)
			if err == nil {
				_, err = parser.Parse(args)
			}
			if err != nil {
				t.Fatalf("%T: %q: %v", grammar, args, err)
			}
		}
		if heir.globalFlags != c.globalFlags || heir.Serve != c.Serve {
			t.Errorf("%q: %+v, and the daemon has %+v %+v", args, heir, c.globalFlags, c.Serve)
		}
	}
}
