package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// boardOf is a server.Routes that takes objects with a name and places.
type boardOf struct{ *route.Board }

// Add implements server.Routes.
func (b boardOf) Add(text []byte) (string, error) {
	spec := route.Spec{Setting: mixer.Neutral()}
	if err := json.Unmarshal(text, &spec); err != nil {
		return "", audio.ErrInvalid.With("not a route: %v", err)
	}
	_, err := b.Board.Add(spec)
	return spec.Name, err
}

// delete is a request without a body in the reply, or with an error.
func (p *panel) delete(path string) int {
	p.Helper()
	q, err := http.NewRequestWithContext(p.Context(), http.MethodDelete, "http://x"+path, http.NoBody)
	if err != nil {
		p.Fatal(err)
	}
	r, err := p.http.Do(q)
	if err != nil {
		p.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}

func TestControlRoutes(t *testing.T) {
	p := newPanel(t)
	other := backendtest.NewClock(backend.Config{Play: true})
	if err := p.bay.AddDevice(loop.NewEngine("other", other)); err != nil {
		t.Fatal(err)
	}
	var list struct{ Routes []object }
	if code := p.ask("GET", "/v1/routes", "", &list); code != 200 || list.Routes == nil || len(list.Routes) != 0 {
		t.Errorf("%d %v", code, list)
	}
	var r object
	for _, c := range []struct {
		body string
		code int
		text string
	}{
		{`{"name":"over","from":"card","to":"other"}`, 201, ""},
		{`{"name":"in","from":"mic","to":"speaker","FromChannels":[2,1],"ToChannels":[1,2]}`, 201, ""},
		{`{"name":"over","from":"card","to":"other"}`, 409, "there is a route over already"},
		{`{"name":"x","from":"desk","to":"other"}`, 400, "x: from: there is no device and no loop desk"},
		{`{"name":"x","from":"speaker","to":"other"}`, 400, "x: from: speaker: a route can only go to it"},
		{`{"name":"x","from":"card","to":"other","FromChannels":[1],"ToChannels":[3]}`, 400, "x: to has 2 channels, and no channel 3"},
		{`[]`, 400, "not a route: json: cannot unmarshal array into Go value of type route.Spec"},
		{``, 400, "not a route: unexpected end of JSON input"},
	} {
		r = nil
		code := p.ask("POST", "/v1/routes", c.body, &r)
		if text, _ := r["error"].(string); code != c.code || text != c.text {
			t.Errorf("%s: %d %v, want %d %s", c.body, code, r, c.code, c.text)
		}
	}
	if code := p.ask("GET", "/v1/routes", "", &list); code != 200 || len(list.Routes) != 2 || list.Routes[0]["channels"] != "2,1 -> 1,2" || list.Routes[1]["name"] != "over" {
		t.Errorf("%d %v", code, list)
	}
	// Both ends are open, and until both clocks were heard nothing is known of them.
	servertest.Until(t, "over is connected", func() bool {
		return p.ask("GET", "/v1/routes/over", "", &r) == 200 && r["clock"] != nil
	})
	clock := r["clock"].(object)
	if r["state"] != "silent" || clock["state"] != "lost" || clock["ppm"] != nil || clock["locked_s"] != nil {
		t.Errorf("%v", r)
	}
	if code := p.ask("GET", "/v1/routes/none", "", &r); code != 404 || r["error"] != "there is no route none" {
		t.Errorf("%d %v", code, r)
	}
	p.statesOfRoutes()
	for path, want := range map[string]int{"/v1/routes/none": 404, "/v1/routes/over": 204} {
		if code := p.delete(path); code != want {
			t.Errorf("DELETE %s is %d, want %d", path, code, want)
		}
	}
	if p.delete("/v1/routes/over") != 404 {
		t.Error("it is there for ever")
	}
}

// statesOfRoutes sets the route "over" as any state is set.
func (p *panel) statesOfRoutes() {
	p.Helper()
	var set struct {
		Changes []object
		Ignored []string
	}
	body := `{"play.gain":7,"play.balance":0,"output_muted":true,"play.pause":true}`
	if code := p.ask("PATCH", "/v1/states/route%2Fover", body, &set); code != 200 || len(set.Changes) != 4 || len(set.Ignored) != 0 {
		p.Errorf("%d %v", code, set)
	}
	var r object
	p.ask("GET", "/v1/routes/over", "", &r)
	if r["gain"] != 7.0 || r["balance"] != 0.0 || r["mute"] != true || r["pause"] != true {
		p.Errorf("%v", r)
	}
	for path, want := range map[string]string{"/v1/states/route%2Fnone": "there is no route none", "/v1/states/route%2F": "there is no route "} {
		r = nil
		if code := p.ask("PATCH", path, `{}`, &r); code != 404 || r["error"] != want {
			p.Errorf("%s: %d %v", path, code, r)
		}
	}
	if code := p.ask("PATCH", "/v1/states/route%2Fover", `{"play.gain":256}`, &r); code != 400 {
		p.Errorf("%d %v", code, r)
	}
	var l struct{ Play struct{ Frames *int } }
	if code := p.ask("GET", "/v1/levels/route%2Fover", "", &l); code != 200 || l.Play.Frames == nil {
		p.Errorf("%d %v", code, l)
	}
}

// The clock of a device is known when it has run for a while, and is not before.
func TestControlClocks(t *testing.T) {
	p := newPanel(t)
	var d struct{ Hardware object }
	if p.ask("GET", "/v1/devices/card", "", &d); d.Hardware["clock_ppm"] != nil {
		t.Errorf("%v of a device that never ran", d.Hardware)
	}
	c, err := p.bay.Open(t.Context(), "mic", pcm.Options{Role: pcm.Client, Direction: pcm.Read})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abandon()
	if _, err := c.Poll(1); err != nil { // it runs
		t.Fatal(err)
	}
	for range 12000 { // two minutes
		p.clock.Advance(480)
	}
	p.ask("GET", "/v1/devices/card", "", &d)
	if ppm, known := d.Hardware["clock_ppm"].(float64); !known || ppm < -0.5 || ppm > 0.5 {
		t.Errorf("%v of a clock without error", d.Hardware)
	}
}
