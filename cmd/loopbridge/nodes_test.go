package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

func TestNodesAreATable(t *testing.T) {
	var out bytes.Buffer
	err := printNodes(&out, []api.Node{
		{Path: "/dev/loopbridge/loop0", Kind: "loop", Of: "loop0", End: "client", Holders: []api.NodeHolder{{PID: 7, Program: "cat", Direction: "write"}}},
		{Path: "/dev/loopbridge/loop0.server", Kind: "loop", Of: "loop0", End: "server"},
		{Path: "/dev/audio", Kind: "audio", Of: "main", Problem: "it is there already"},
	})
	want := `
NODE                          KIND         OF     HELD BY
/dev/loopbridge/loop0         loop client  loop0  cat (7) write
/dev/loopbridge/loop0.server  loop server  loop0  -
/dev/audio                    audio        main   missing: it is there already
`
	if err != nil || out.String() != strings.TrimPrefix(want, "\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// A machine without CUSE: one note, each node says why it is missing, and the daemon goes on.
func TestNodesWithoutCUSE(t *testing.T) {
	if _, err := os.Stat("/dev/cuse"); err == nil {
		t.Skip("not tested: a machine without CUSE; this one has it")
	}
	socket := testDaemon(t, func(c *config.Config) { c.Daemon.Nodes.Make = true })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		o := cliRun(t, nil, "--socket", socket, "nodes")
		if strings.Count(o.stdout, "missing: ") == 8 && strings.Contains(o.stdout, "modprobe cuse") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s%s", o.stdout, o.stderr)
		}
	}
}
