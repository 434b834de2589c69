package doctor

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// On a machine without a fault each check has something to say, and it is good.
func TestHealthy(t *testing.T) {
	r := Examine(t.Context(), newFake(t).Machine)
	said := map[string]bool{}
	for _, f := range r.Findings {
		if f.Level != OK || f.Remedy != "" {
			t.Errorf("%s/%s: %s: %s $ %s", f.Group, f.Check, f.Level, f.Text, f.Remedy)
		}
		said[f.Group+"/"+f.Check] = true
	}
	for _, c := range table() {
		if !said[c.group+"/"+c.name] {
			t.Errorf("%s/%s says nothing", c.group, c.name)
		}
	}
	if r.Faults+r.Warnings != 0 {
		t.Errorf("%d faults, %d warnings", r.Faults, r.Warnings)
	}
}

// Each fault is found, by the check whose subject it is, with words of its own and a command that a shell takes.
func TestFaults(t *testing.T) {
	found := map[string]bool{}
	var script strings.Builder
	for name, c := range faults() {
		f := newFake(t)
		c.change(f)
		r := Examine(t.Context(), f.Machine)
		i := slices.IndexFunc(r.Findings, func(f Finding) bool {
			return f.Group+"/"+f.Check == c.check && f.Level == c.level && strings.Contains(f.Text, c.words)
		})
		if i < 0 {
			var all strings.Builder
			_ = Print(&all, r, false)
			t.Errorf("%s: no %s of %s with %q:\n%s", name, c.level, c.check, c.words, &all)
			continue
		}
		got := r.Findings[i]
		if !strings.Contains(got.Remedy, c.remedy) || c.remedy == "" && got.Remedy != "" {
			t.Errorf("%s: the remedy is %q, want %q", name, got.Remedy, c.remedy)
		}
		if c.level > Note && got.Remedy == "" || strings.Contains(got.Remedy, "\n") {
			t.Errorf("%s: its remedy %q is no line", name, got.Remedy)
		}
		found[c.check] = true
		script.WriteString("{ " + got.Remedy + "\ntrue; }\n")
		wide(t, r)
	}
	for _, c := range table() {
		if !found[c.group+"/"+c.name] {
			t.Errorf("%s/%s finds no fault", c.group, c.name)
		}
	}
	shell := exec.Command("sh", "-n")
	shell.Stdin = strings.NewReader(strings.ReplaceAll(script.String(), " &\n", "\n"))
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("a remedy is no command: %v: %s", err, out)
	}
}

// wide fails if a line of the text is wider than a terminal, but for commands and what has no spaces.
func wide(t *testing.T, r Report) {
	t.Helper()
	var text strings.Builder
	if err := Print(&text, r, false); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(text.String()) {
		line = strings.TrimRight(line, "\n")
		if n := len([]rune(line)); n > width && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, " $ ") || n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// The worst comes first in its group, and groups keep their order.
func TestOrder(t *testing.T) {
	f := newFake(t)
	f.daemon.devices[1].Hardware.RunsOn = "null"
	f.daemon.devices[0].Hardware.Xruns = 1
	r := Examine(t.Context(), f.Machine)
	var groups []string
	for i, f := range r.Findings {
		if i == 0 || f.Group != r.Findings[i-1].Group {
			groups = append(groups, f.Group)
		} else if f.Level > r.Findings[i-1].Level {
			t.Errorf("%s comes after %s", f.Level, r.Findings[i-1].Level)
		}
	}
	if want := "daemon, configuration, permissions, real time, cards, alsa-lib, kernel, machine"; strings.Join(groups, ", ") != want {
		t.Errorf("%v", groups)
	}
	if r.Findings[0].Level != Fault || r.Faults != 1 || r.Warnings != 1 {
		t.Errorf("%+v", r)
	}
}

// The text has colours on request, and none of the control characters of a program's name.
func TestPrint(t *testing.T) {
	r := newReport([]Finding{{"cards", "holders", Fault, "a\x1b[2Jb has hw:0,0", "kill 7"}, {"cards", "cards", OK, "card 0", ""}}, []string{"cards"})
	var bare, coloured strings.Builder
	if err := Print(&bare, r, false); err != nil {
		t.Fatal(err)
	}
	if err := Print(&coloured, r, true); err != nil {
		t.Fatal(err)
	}
	want := "cards\n  fault    a\uFFFD[2Jb has hw:0,0\n           $ kill 7\n  ok       card 0\n\n1 fault and 0 warnings.\n"
	if bare.String() != want {
		t.Errorf("%q, want %q", bare.String(), want)
	}
	if !strings.Contains(coloured.String(), "\x1b[31mfault    \x1b[0m") {
		t.Errorf("%q", coloured.String())
	}
}

// What this user may not read is said, and is no fault.
func TestUnreadable(t *testing.T) {
	f := newFake(t)
	hidden := hiding{f.files, map[string]bool{"etc/loopbridge/loopbridge.toml": true, "home/ann/state.json": true, "proc/700/limits": true, "proc/700/fd": true}}
	f.Root = hidden
	load := f.Load
	f.Load = func(name string) (c configured, err error) {
		if hidden.names[name[1:]] {
			return c, os.ErrPermission
		}
		return load(name)
	}
	f.StateFile = func(string) string { return "/home/ann/state.json" }
	r := Examine(t.Context(), f.Machine)
	notes := 0
	for _, found := range r.Findings {
		if found.Level == Note && strings.Contains(found.Text, "may not read") {
			notes++
			if found.Remedy != "sudo loopbridge doctor" {
				t.Errorf("%+v", found)
			}
		}
	}
	if notes != 5 || r.Faults+r.Warnings != 0 {
		t.Errorf("%d notes: %+v", notes, r)
	}
}

// With no daemon at all what it would have said is left out, and nothing panics.
func TestNothing(t *testing.T) {
	f := newFake(t)
	clear(f.files)
	f.daemon.err = audio.ErrNoDaemon.With("no daemon on %s", socket)
	f.Access, f.Free, f.RealTime, f.RTKit, f.Load, f.StateFile, f.StateError, f.PCMs, f.Resolution, f.PTP = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
	if r := Examine(t.Context(), f.Machine); r.Faults != 1 || r.Findings[0].Check != "reach" {
		t.Errorf("%+v", r)
	}
}
