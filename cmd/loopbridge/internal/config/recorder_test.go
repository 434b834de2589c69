package config

import (
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/record"
)

const recorders = `
[[device]]
name = "main"
backend = "null"
[[recorder]]
name = "a"
of = "main/record"
path = "/rec/{name}-{time}.flac"
keep = "30d"
[[recorder]]
name = "b"
of = "main/play"
path = "/rec/{name}-{n}.wav"
split = "1h"
trigger = "quiet"
preroll = "10s"
`

func TestRecorderValues(t *testing.T) {
	c := parsed(t, recorders)
	want := []record.Spec{
		{Name: "a", Of: "main/record", Path: "/rec/{name}-{time}.flac", Format: record.FLAC, Keep: record.Keep{Age: 30 * 24 * time.Hour}, Hold: 10 * time.Second},
		{Name: "b", Of: "main/play", Path: "/rec/{name}-{n}.wav", Format: record.WAV, Split: time.Hour, Trigger: "quiet", Preroll: 10 * time.Second, Hold: 10 * time.Second},
	}
	for i, w := range want {
		if c.Recorders[i].Spec != w {
			t.Errorf("%+v, want %+v", c.Recorders[i].Spec, w)
		}
	}
	if d := c.Device("main"); !d.Play || !d.Record {
		t.Errorf("the sides that are recorded are not open: %+v", d)
	}
	for text, want := range map[string]record.Keep{
		"12h": {Age: 12 * time.Hour}, "1.5w": {Age: 252 * time.Hour}, "20GB": {Bytes: 20e9}, "500MiB": {Bytes: 500 << 20},
	} {
		c := parsed(t, strings.Replace(recorders, "30d", text, 1))
		if got := c.Recorders[0].Keep; got != want {
			t.Errorf("keep %q is %+v, want %+v", text, got, want)
		}
	}
	for _, text := range []string{"", "d", "0d", "-1h", "20", "20kB", "1e10GB", "30 days", "NaNd", "infGB"} {
		if c, err := Parse("test", []byte(strings.Replace(recorders, "30d", text, 1))); err == nil {
			t.Errorf("keep %q is %+v", text, c.Recorders[0].Keep)
		}
	}
}

// A recorder stays for another keep, and is replaced for all else.
func TestCompareRecorders(t *testing.T) {
	for change, want := range map[string]string{
		"":                                    "",
		`"30d" -> "20GB"`:                     "recorder a: keep 720h0m0s -> 20000000000 bytes",
		`"1h" -> "2h"`:                        "recorder b: replaced: split 1h0m0s -> 2h0m0s",
		`"quiet" -> "loud"`:                   "recorder b: replaced: trigger quiet -> loud",
		`-{n}.wav -> -{n}.flac`:               "recorder b: replaced: path /rec/{name}-{n}.wav -> /rec/{name}-{n}.flac, format wav -> flac",
		`name = "b" -> name = "c"`:            "recorder b: removed|recorder c: added",
		`of = "main/play" -> of = "main/mix"`: "recorder b: replaced: of main/play -> main/mix",
	} {
		text := recorders
		if old, now, found := strings.Cut(change, " -> "); found {
			text = strings.Replace(recorders, old, now, 1)
		}
		plan := Compare(parsed(t, recorders), parsed(t, text))
		var steps []string
		for _, s := range plan.Steps {
			steps = append(steps, s.String())
		}
		if got := strings.Join(steps, "|"); got != want {
			t.Errorf("%s: %q, want %q", change, got, want)
		}
		if len(plan.To.Recorders) != 2 {
			t.Errorf("%s: %+v", change, plan.To.Recorders)
		}
	}
}
