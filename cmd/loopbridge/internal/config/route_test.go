package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample"
)

func TestParseRoutes(t *testing.T) {
	c, err := Parse("test", []byte(`
[[device]]
name = "other"
backend = "null"
[[route]]
name = "a"
from = "null"
to = "loop0/server"
[[route]]
name = "b"
from = "loop1/client"
to = "other/play"
gain = 0
balance = 64
mute = true
pause = true
latency = "2.5ms"
drift = "resample"
quality = "best"
channels = " 2,1->1 , 2"
feedback = true
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Route{
		{Line: 5, Spec: route.Spec{Name: "a", From: "null", To: "loop0/server", Quality: resample.Good, Setting: mixer.Neutral()}},
		{Line: 9, Spec: route.Spec{Name: "b", From: "loop1/client", To: "other/play", Quality: resample.Best, Drift: route.Resample,
			Latency: 2500 * time.Microsecond, FromChannels: []int{2, 1}, ToChannels: []int{1, 2}, Feedback: true, Paused: true,
			Setting: mixer.Setting{Balance: 64, Mute: true}}},
	}
	if !reflect.DeepEqual(c.Routes, want) {
		t.Errorf("%+v\nwant\n%+v", c.Routes, want)
	}
	// The sides that routes lead from and to are opened.
	for _, d := range c.Devices {
		if d.Name == "null" && (!d.Record || d.Play) || d.Name == "other" && (d.Record || !d.Play) {
			t.Errorf("%s records %v, plays %v", d.Name, d.Record, d.Play)
		}
	}
}

// A route that is asked for is refused in the words of a file; its places are the board's business.
func TestParseRouteRefuses(t *testing.T) {
	for object, want := range map[string]string{
		`[]`: "not a JSON object",
		`{}`: "route[0].name: missing",
		`{"name": "a", "from": "x", "to": "y", "gain": 1.5}`: "route[0].gain = 1.5: is a float, use an integer 0..255",
		`{"name": "a", "from": "x", "to": "y/", "z": 1}`:     "route[0].to = 'y/': not a place",
		`{"name": "a", "from": "x", "to": "y"}`:              "",
	} {
		r, err := ParseRoute([]byte(object))
		switch {
		case want == "" && (err != nil || r.Name != "a" || r.Setting != mixer.Neutral()):
			t.Errorf("%s: %+v, %v", object, r, err)
		case want != "" && (!errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", object, err, want)
		}
	}
}
