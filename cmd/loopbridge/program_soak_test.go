package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/bench"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// A soak of seconds finds nothing, and does what it says. Which actions there is time for depends on the machine.
func TestBenchSoak(t *testing.T) {
	p, dir := startBench(t, "soak", "--duration=2s", "--seed=1", "--json")
	o := p.wait(t)
	o.want(t, exitOK)
	var r bench.SoakReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatal(err)
	}
	if !r.OK || r.Seed != 1 || r.Flows != 7 || r.Moved == 0 || r.Programs == 0 || len(r.Actions) == 0 || r.Upgrades < 4 || r.Reloads < 2 {
		t.Errorf("%+v", r)
	}
	for _, kind := range []string{"memory: bytes resident", "threads: threads", "descriptors: socket, after an upgrade", "mappings: rings"} {
		if !slices.ContainsFunc(r.Leaks, func(l bench.Leak) bool { return l.Kind == kind }) {
			t.Errorf("%q was not looked at: %+v", kind, r.Leaks)
		}
	}
	leftNothing(t, dir)
}

// What is watched and ends is a find, and no hang: here somebody kills the daemon.
func TestBenchSoakDaemonDies(t *testing.T) {
	p, dir := startBench(t, "soak", "--duration=1h", "--only=look", "--json")
	var daemon string
	servertest.Until(t, "the daemon and what is watched run", func() bool {
		pids := children(p.Process.Pid)
		for _, pid := range pids {
			if line, _ := os.ReadFile("/proc/" + pid + "/cmdline"); strings.Contains(string(line), "serve") {
				daemon = pid
			}
		}
		return daemon != "" && len(pids) >= 4
	})
	var pid int
	if err := json.Unmarshal([]byte(daemon), &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	o := p.wait(t)
	o.want(t, exitFailed, "did not stand it")
	var r bench.SoakReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("%v: %s", err, o.stdout)
	}
	if r.OK || r.Failed == 0 {
		t.Errorf("%+v", r)
	}
	leftNothing(t, dir)
}

func TestBenchSoakRefusals(t *testing.T) {
	for args, words := range map[string]string{
		"soak --duration=1ms":    "a duration is 1s to 1000h",
		"soak --only=earthquake": "there is no action",
	} {
		cliRun(t, nil, append([]string{"bench"}, strings.Fields(args)...)...).want(t, exitUsage, words)
	}
	for _, command := range []string{"program", "room /tmp"} {
		cliRun(t, strings.NewReader(""), append([]string{"bench"}, strings.Fields(command)...)...).want(t, exitFailed, "bench command only")
	}
}
