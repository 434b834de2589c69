package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/client/control"
)

func TestLevels(t *testing.T) {
	socket := testDaemon(t, cardConfig, func(c *Config) {
		c.Devices[len(c.Devices)-1].Input = DeviceInput{Tone: 1000, Level: -20}
	})
	cliRun(t, nil, "--socket", socket, "set", "card", "monitor_gain=128").want(t, exitOK) // which makes it run
	cliRun(t, nil, "--socket", socket, "levels", "--once").want(t, exitOK)                // until it has ramped up
	o := cliRun(t, nil, "--socket", socket, "levels", "card", "--once", "--json", "--interval", "500ms")
	o.want(t, exitOK)
	var l control.Levels
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
