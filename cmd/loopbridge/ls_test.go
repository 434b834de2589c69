package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/wire"
)

func TestPairState(t *testing.T) {
	end := func(flags uint32, s ring.State) wire.End { return wire.End{Flags: flags, State: uint32(s)} }
	const open, gone = wire.EndOpen, wire.EndOpen | wire.EndGone
	tests := []struct {
		server, client wire.End
		want           string
	}{
		{wire.End{}, wire.End{}, "closed"},
		{end(open, ring.Idle), wire.End{}, "idle"},
		{end(open, ring.Armed), wire.End{}, "armed"},
		{end(open, ring.Armed), end(open, ring.Idle), "paired"},
		{end(open, ring.Idle), end(open, ring.Armed), "paired"},
		{end(open, ring.Running), end(open, ring.Running), "running"},
		{end(open, ring.Running), wire.End{}, "running"}, // on_client_close = "silence"
		{end(open, ring.Running), end(gone, ring.Running), "draining"},
		{end(open, ring.Ended), wire.End{}, "ended"},
		{end(open, ring.Idle), end(open, ring.Ended), "ended"},
		{wire.End{}, end(open, ring.Ended), "ended"},
		{wire.End{}, end(open, ring.Running), "ended"},
	}
	for _, test := range tests {
		if got := pairState(&wire.Loop{Server: test.server, Client: test.client}); got != test.want {
			t.Errorf("server %v, client %v: %s, want %s", test.server.State, test.client.State, got, test.want)
		}
	}
}

func TestLs(t *testing.T) {
	socket := testDaemon(t, func(c *config.Config) {
		c.Devices[0].Freewheel = false
		c.Loops[0].OnClientClose, c.Loops[3].OnClientClose = loop.Hold, loop.Silence
	})
	hold(t, socket, "loop1", pcm.Options{Direction: pcm.Read})
	armed := hold(t, socket, "loop2", pcm.Options{Direction: pcm.Read})
	if _, err := armed.Poll(1); err != nil {
		t.Fatal(err)
	}
	waitForLoop(t, socket, "loop2", func(l loopInfo) bool { return l.State == "armed" })
	server := hold(t, socket, "loop3", pcm.Options{Direction: pcm.Write})
	p, err := client.Open(t.Context(), socket, "loop3", pcm.Options{Role: pcm.Client, Direction: pcm.Read})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abandon()
	_, _ = server.Poll(1)
	_, _ = p.Poll(1)
	waitForLoop(t, socket, "loop3", func(l loopInfo) bool { return l.State == "running" })

	o := cliRun(t, nil, "--socket", socket, "ls")
	o.want(t, exitOK)
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	holder := `\S+ \(\d+\) `
	for i, want := range []string{
		`^LOOP +DEVICE +FORMAT +STATE +SERVER +CLIENT +FRAMES +XRUNS +WAITING +ON CLOSE$`,
		`^loop0 +null +S16_LE 48000 Hz 2 ch +closed +- +- +0 +0/0 +0 +hold$`,
		`^loop1 +null +S16_LE 48000 Hz 2 ch +idle +` + holder + `reads +- +0 +0/0 +0 +reset$`,
		`^loop2 +null +S16_LE 48000 Hz 2 ch +armed +` + holder + `reads +- +0 +0/0 +0 +reset$`,
		`^loop3 +null +S16_LE 48000 Hz 2 ch +running +` + holder + `writes +` + holder + `reads +\d+ +\d+/\d+ +0 +silence$`,
	} {
		if i >= len(lines) || !regexp.MustCompile(want).MatchString(lines[i]) {
			t.Errorf("line %d does not match %s in:\n%s", i, want, o.stdout)
		}
	}
}

// Whoever looks at a loop that has ended because its client stopped, paused or sought is told
// what helps; where it is set already, or a device is the server, there is nothing to say.
func TestLsSaysWhatHelpsSeekingPlayers(t *testing.T) {
	socket := testDaemon(t, cardConfig, func(c *config.Config) {
		c.Devices[0].Freewheel = false
		c.Loops[1].OnClientClose = loop.Hold
	})
	for _, name := range []string{"loop0", "loop1"} {
		server := hold(t, socket, name, pcm.Options{Direction: pcm.Read})
		if _, err := server.Poll(1); err != nil {
			t.Fatal(err)
		}
		waitForLoop(t, socket, name, func(l loopInfo) bool { return l.State == "armed" })
		p, err := client.Open(t.Context(), socket, name, pcm.Options{Role: pcm.Client, Direction: pcm.Write})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Abandon()
		if _, err := p.Write(t.Context(), make([]byte, 4*480)); err != nil {
			t.Fatal(err)
		}
		waitForLoop(t, socket, name, func(l loopInfo) bool { return l.State == "running" })
		if err := p.Halt(t.Context()); err != nil { // a seek
			t.Fatal(err)
		}
	}
	waitForLoop(t, socket, "loop0", func(l loopInfo) bool { return l.State == "ended" })
	o := cliRun(t, nil, "--socket", socket, "ls")
	o.want(t, exitOK, `loop0 has ended, because a program closed, or stopped, paused or sought in its sound; with on_client_close = "hold" or "silence" for the loop its server goes on`)
	for _, want := range []string{"\nloop0 .* reset\n", "\nloop1 .* hold\n", "\nspeaker .* -\n"} {
		if !regexp.MustCompile(want).MatchString(o.stdout) {
			t.Errorf("no %q in\n%s", want, o.stdout)
		}
	}
}

func TestLsJSON(t *testing.T) {
	socket := testDaemon(t)
	hold(t, socket, "loop1", pcm.Options{Direction: pcm.Read, Period: 256, Buffer: 1024})
	o := cliRun(t, nil, "--socket", socket, "ls", "--json")
	o.want(t, exitOK)
	var loops []map[string]any
	if err := json.Unmarshal([]byte(o.stdout), &loops); err != nil || len(loops) != 4 {
		t.Fatalf("%v in %s", err, o.stdout)
	}
	// Scripts rely on these names.
	loopKeys := strings.Fields("name device format rate channels positions state waiting clients sessions frames skipped_frames server client on_client_close")
	endKeys := strings.Fields("open leaving converted bad_samples paused draining state direction program pid uid format rate channels positions period buffer frames xruns xrun_frames error")
	for _, l := range loops {
		if got := keys(l); !slices.Equal(got, sorted(loopKeys)) {
			t.Errorf("keys %v, want %v", got, sorted(loopKeys))
		}
		for _, end := range []string{"server", "client"} {
			if got := keys(l[end].(map[string]any)); !slices.Equal(got, sorted(endKeys)) {
				t.Errorf("keys of %s %v, want %v", end, got, sorted(endKeys))
			}
		}
	}
	s := loops[1]["server"].(map[string]any)
	if loops[1]["state"] != "idle" || s["open"] != true || s["direction"] != "read" || s["period"] != 256.0 || s["buffer"] != 1024.0 || s["format"] != "S16_LE" {
		t.Errorf("loop1 is %v", loops[1])
	}
}

func keys(m map[string]any) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return sorted(all)
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
