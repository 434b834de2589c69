package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

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
	waitForLoop(t, socket, "loop2", func(l api.Loop) bool { return l.State == "armed" })
	server := hold(t, socket, "loop3", pcm.Options{Direction: pcm.Write})
	p, err := client.Open(t.Context(), socket, "loop3", pcm.Options{Role: pcm.Client, Direction: pcm.Read})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abandon()
	_, _ = server.Poll(1)
	_, _ = p.Poll(1)
	waitForLoop(t, socket, "loop3", func(l api.Loop) bool { return l.State == "running" })

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
		waitForLoop(t, socket, name, func(l api.Loop) bool { return l.State == "armed" })
		p, err := client.Open(t.Context(), socket, name, pcm.Options{Role: pcm.Client, Direction: pcm.Write})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Abandon()
		if _, err := p.Write(t.Context(), make([]byte, 4*480)); err != nil {
			t.Fatal(err)
		}
		waitForLoop(t, socket, name, func(l api.Loop) bool { return l.State == "running" })
		if err := p.Halt(t.Context()); err != nil { // a seek
			t.Fatal(err)
		}
	}
	waitForLoop(t, socket, "loop0", func(l api.Loop) bool { return l.State == "ended" })
	o := cliRun(t, nil, "--socket", socket, "ls")
	o.want(t, exitOK, `loop0 has ended, because a program closed, or stopped, paused or sought in its sound; with on_client_close = "hold" or "silence" for the loop its server goes on`)
	for _, want := range []string{"\nloop0 .* reset\n", "\nloop1 .* hold\n", "\nspeaker .* -\n"} {
		if !regexp.MustCompile(want).MatchString(o.stdout) {
			t.Errorf("no %q in\n%s", want, o.stdout)
		}
	}
}

// What ls --json prints is what GET /v1/loops answers.
func TestLsJSON(t *testing.T) {
	socket := testDaemon(t)
	hold(t, socket, "loop1", pcm.Options{Direction: pcm.Read, Period: 256, Buffer: 1024})
	o := cliRun(t, nil, "--socket", socket, "ls", "--json")
	o.want(t, exitOK)
	api := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", control.Socket(socket))
	}}}
	r, err := api.Get("http://x/v1/loops")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if text, err := io.ReadAll(r.Body); err != nil || string(text) != o.stdout {
		t.Errorf("%v; ls prints\n%s\nand the API answers\n%s", err, o.stdout, text)
	}
	for _, want := range []string{`"name": "loop1"`, `"state": "idle"`, `"direction": "read"`, `"period": 256`, `"buffer": 1024`} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("no %s in\n%s", want, o.stdout)
		}
	}
}
