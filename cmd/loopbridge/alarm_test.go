package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

func TestAlarmCommands(t *testing.T) {
	ran := filepath.Join(trial.TempDir(t), "ran")
	d := newDesk(t, `
[[alarm]]
name = "empty"
on = "no-client"
of = "phone"
for = "0s"
[[alarm]]
name = "late"
on = "silence"
of = "music/server"
for = "24h"
severity = "critical"
command = { run = ["/usr/bin/touch", "`+ran+`"] }
[[alarm]]
name = "lost"
on = "device-gone"
of = "room"
command = { run = ["/nowhere/pager"] }
`)
	alarm := func(args ...string) outcome {
		return cliRun(t, nil, append([]string{"--socket", d.socket, "alarm"}, args...)...)
	}
	servertest.Until(t, "the alarm", func() bool {
		text := alarm("ls").stdout
		return strings.Contains(text, " raised ") && strings.Contains(text, " pending ")
	})
	o := alarm("ls")
	o.want(t, exitOK)
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	for i, want := range []string{"ALARM SEVERITY STATE", "empty warning raised ", "late critical pending ", "lost warning ok "} {
		if got := strings.Join(strings.Fields(lines[i]), " "); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if !strings.Contains(lines[1], "no-client of phone: nobody") {
		t.Errorf("%q", lines[1])
	}
	alarm("ls", "--check").want(t, exitFailed, "1 alarm raised")
	o = alarm("ack", "empty", "it is\nSunday", "--by", "anna")
	o.want(t, exitOK)
	if o.stdout != "empty: acknowledged by anna\n" {
		t.Errorf("%q", o.stdout)
	}
	o = alarm("ls", "empty")
	if lines := strings.Split(o.stdout, "\n"); len(lines) != 5 || !strings.HasSuffix(lines[2], "  raised: no-client of phone: nobody") ||
		!strings.HasSuffix(lines[3], "  acknowledged: no-client of phone is known to anna: it is Sunday") {
		t.Errorf("%q", o.stdout)
	}
	alarm("ls", "none").want(t, exitFailed, "there is no alarm none")
	alarm("ls", "--check").want(t, exitFailed, "1 alarm raised")
	if got := alarm("ls").stdout; !strings.Contains(got, "anna: it is") || strings.Count(got, "\n") != 4 {
		t.Errorf("%q", got)
	}
	alarm("ack", "late").want(t, exitFailed, "the alarm late is not raised")
	alarm("ack", "none").want(t, exitFailed, "there is no alarm none")
	alarm("test", "none").want(t, exitFailed, "there is no alarm none")
	alarm("test", "empty").want(t, exitFailed, "empty has neither a webhook nor a command")
	o = alarm("test", "late")
	if o.want(t, exitOK); o.stdout != "command: done\n" {
		t.Errorf("%q", o.stdout)
	}
	if _, err := filepath.EvalSymlinks(ran); err != nil {
		t.Errorf("it did not run: %v", err)
	}
	o = alarm("test", "lost")
	if o.want(t, exitFailed, "1 action failed"); !strings.HasPrefix(o.stdout, "command: /nowhere/pager: ") {
		t.Errorf("%q", o.stdout)
	}
	var list api.Alarms
	o = alarm("ls", "--json")
	if err := json.Unmarshal([]byte(o.stdout), &list); err != nil || len(list.Alarms) != 3 || list.Alarms[0].Ack.By != "anna" || list.Alarms[1].For != 24*3600 {
		t.Errorf("%s %v", o.stdout, err)
	}
	if got := strings.Fields(cliRun(t, nil, "__complete", "--", "--socket", d.socket, "alarm", "ack", "l").stdout); len(got) != 2 || got[0] != "late" {
		t.Errorf("%v", got)
	}
}

func TestAlarmCheckOfNone(t *testing.T) {
	d := newDesk(t, "")
	o := cliRun(t, nil, "--socket", d.socket, "alarm", "ls", "--check")
	if o.want(t, exitOK); strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("%q", o.stdout)
	}
}
