package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

func TestLevels(t *testing.T) {
	socket := testDaemon(t, cardConfig, func(c *config.Config) {
		c.Devices[len(c.Devices)-1].Input = config.Input{Tone: 1000, Level: -20}
	})
	cliRun(t, nil, "--socket", socket, "set", "card", "monitor_gain=128").want(t, exitOK) // which makes it run
	cliRun(t, nil, "--socket", socket, "levels", "--once").want(t, exitOK)                // until it has ramped up
	o := cliRun(t, nil, "--socket", socket, "levels", "card", "--once", "--json", "--interval", "500ms")
	o.want(t, exitOK)
	var l api.Levels
	if err := json.Unmarshal([]byte(o.stdout), &l); err != nil || l.Play.Frames == 0 {
		t.Fatal(err, o.stdout)
	}
	for what, pair := range map[string][2]float64{"input": {*l.Record.RMS[0], -23.01}, "output": {*l.Play.RMS[1], -29.0}} {
		if diff := pair[0] - pair[1]; diff > 0.05 || diff < -0.05 {
			t.Errorf("the %s has %.2f dBFS, want %.2f", what, pair[0], pair[1])
		}
	}
	if o = cliRun(t, nil, "--socket", socket, "levels", "--once"); !strings.HasPrefix(o.stdout, "play    -26.0 dBFS") || !strings.Contains(o.stdout, "\nrecord  -20.0 dBFS") {
		t.Errorf("%q", o.stdout)
	}
	cliRun(t, nil, "--socket", socket, "levels", "nobody").want(t, exitFailed, "there is no device nobody")
	cliRun(t, nil, "--socket", socket, "levels", "--interval", "1ms").want(t, exitUsage, "use 10ms to 10s")
}

// The programs at the ends of a loop are measured as devices are, each behind its controls.
func TestLevelsOfEnds(t *testing.T) {
	socket := testDaemon(t, func(c *config.Config) {
		c.Devices[0].Freewheel = false // or the file is over before somebody looks
		c.Devices = append(c.Devices, config.Device{Name: "loop1", Backend: c.Devices[0].Backend, Config: c.Devices[0].Config})
	})
	cli := func(args ...string) outcome { return cliRun(t, nil, append([]string{"--socket", socket}, args...)...) }
	if o := cli("levels", "loop0", "--once", "--interval", "10ms"); o.stdout != "stopped\n" {
		t.Errorf("without a client: %q, %q", o.stdout, o.stderr)
	}
	frames := make([]byte, 4*48000)
	for i := range len(frames) / 2 {
		binary.LittleEndian.PutUint16(frames[2*i:], 16384) // -6 dBFS
	}
	endless := forever(frames)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 2)
	for _, args := range [][]string{{"record", "--server", "loop0", filepath.Join(t.TempDir(), "out.raw")}, {"play", "--wait", "--raw", "loop0"}} {
		go func() {
			ended <- run(ctx, append([]string{"--socket", socket}, args...), endless, io.Discard, io.Discard)
		}()
	}
	waitForFrames(t, socket, "loop0")
	cli("set", "loop0/server", "record.gain=128").want(t, exitOK)
	pid := fmt.Sprintf("loop0/%d", os.Getpid())
	cli("levels", pid, "--once").want(t, exitOK) // until it has ramped
	for name, want := range map[string]string{"loop0": "play     -6.0 dBFS", "loop0/client": "play     -6.0 dBFS", pid: "play     -6.0 dBFS", "loop0/server": "record  -12.0 dBFS"} {
		if o := cli("levels", name, "--once"); !strings.HasPrefix(o.stdout, want) || strings.Count(o.stdout, "\n") != 1 {
			t.Errorf("%s: %q, %q; want %s", name, o.stdout, o.stderr, want)
		}
	}
	o := cli("levels", "loop0/server", "--once", "--json")
	var l api.Levels
	if err := json.Unmarshal([]byte(o.stdout), &l); err != nil || l.Record.Frames == 0 || len(l.Record.Peak) != 2 || *l.Record.Peak[0] != -12.01 || l.Play.Frames != 0 || l.Play.Peak == nil {
		t.Errorf("%v: %s", err, o.stdout)
	}
	cli("levels", "loop0/1").want(t, exitFailed, "loop0 has no client with pid 1; there are "+fmt.Sprint(os.Getpid()))
	cli("levels", "nobody/server").want(t, exitFailed, "there is no loop nobody")
	cancel()
	<-ended
	<-ended

	// A device and a loop of one name.
	cli("set", "loop1/client", "play.gain=7").want(t, exitOK)
	if device, loop := cli("info", "-n", "loop1", "play.gain").stdout, cli("info", "-n", "loop1/client", "play.gain").stdout; device != "255\n" || loop != "7\n" {
		t.Errorf("the device has the gain %q, the loop %q; the loop's was set", device, loop)
	}
}

// forever repeats itself.
type forever []byte

func (f forever) Read(p []byte) (int, error) { return copy(p, f), nil }
