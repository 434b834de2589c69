package web_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// front stands before a daemon: it can pretend to be another release, and answers what the daemon of a test has none of.
type front struct {
	*httptest.Server
	release atomic.Bool  // the page is another one
	lives   atomic.Int64 // connections to /v1/live

	mu    sync.Mutex
	alarm map[string]any
	posts []string
	wires []net.Conn // to the daemon
}

func newFront(t *testing.T, base string) *front {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{alarm: map[string]any{
		"name": "air-silent", "on": "silence", "of": "console:play", "severity": "critical", "for_s": 5, "clear_s": 10, "state": "raised", "flapping": false,
		"text": "nothing is louder than -60 dB", "since": "2026-01-02T03:04:05Z", "raised": "2026-01-02T03:04:05Z", "raises": 1, "actions": []any{},
		"history": []any{map[string]any{"time": "2026-01-02T03:04:05Z", "change": "raised", "text": "nothing is louder than -60 dB"}},
	}}
	dial := new(net.Dialer)
	daemon := &httputil.ReverseProxy{
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial.DialContext(ctx, network, address)
			if err == nil {
				f.mu.Lock()
				f.wires = append(f.wires, c)
				f.mu.Unlock()
			}
			return c, err
		}},
		ErrorLog: log.New(io.Discard, "", 0), // of wires that were cut
		Rewrite: func(r *httputil.ProxyRequest) {
			if r.In.URL.Path == "/v1/live" {
				f.lives.Add(1)
			}
			r.SetURL(target)
			r.Out.Host = r.In.Host // the daemon compares it with the Origin
			if f.release.Load() {
				r.Out.Header.Del("If-None-Match") // it has no such file
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.URL.Path == "/" && f.release.Load() {
				r.Header.Set("ETag", `"another release"`)
			}
			return nil
		},
	}
	mux := http.NewServeMux()
	mux.Handle("/", daemon)
	mux.HandleFunc("GET /v1/alarms", f.alarms)
	mux.HandleFunc("GET /v1/alarms/{name}", f.one)
	mux.HandleFunc("POST /v1/alarms/{name}/{what}", f.acknowledge)
	mux.HandleFunc("GET /v1/recorders", f.recorders)
	mux.HandleFunc("POST /v1/recorders/{name}/{what}", f.acknowledge)
	mux.HandleFunc("GET /v1/history", f.history)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		f.cut()
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

// cut ends all connections to the daemon.
func (f *front) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.wires {
		c.Close()
	}
	f.wires = nil
}

func (f *front) alarms(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]any{"alarms": []any{f.alarm}})
}

func (f *front) one(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = json.NewEncoder(w).Encode(f.alarm)
}

func (f *front) acknowledge(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var said struct{ Text string }
	_ = json.NewDecoder(r.Body).Decode(&said)
	f.posts = append(f.posts, r.PathValue("name")+" "+r.PathValue("what")+" "+said.Text)
	if r.PathValue("what") == "ack" {
		f.alarm["state"], f.alarm["ack"] = "acknowledged", map[string]any{"by": "an engineer", "text": said.Text, "at": "2026-01-02T03:05:00Z"}
	}
	_ = json.NewEncoder(w).Encode(f.alarm)
}

func (f *front) recorders(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"recorders": [{"name": "keep", "of": "console:record", "path": "/srv/{name}-{time}.flac", "kind": "flac", "trigger": "", "state": "recording",
		"error": "", "format": {"rate": 48000, "channels": 2, "format": "S24_LE"}, "file": "/srv/keep-1.flac", "position": 172944000, "seconds": 3603, "frames": 172944000,
		"bytes": 400000000, "segments": 2, "gaps": 1, "missing": 480, "silent": 0, "removed": 0, "queued": 0, "room": 0, "memory": 0, "free": 9e11, "lasts": 1e6, "preroll": 10}]}`))
}

func (f *front) history(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"seconds": 120, "places": [{"place": "console:record", "peak": [null, -2000, -1500], "loudness": [null, -2300, -2100]}],
		"devices": [{"device": "console", "xruns": [0, 1, 0], "ppm": [12, 13, 12]}, {"device": "<b>other", "xruns": [null, null, 0], "ppm": [null, null, -5]}]}`))
}

// What the daemon of these tests has none of, a front has: alarms, recorders, a history. And it can be another release.
func fronted(t *testing.T, window context.Context) {
	d := daemon(t, anywhere(), lines(1)...)
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	f := newFront(t, "http://"+d.Remote.Address().String())
	v := visitAt(t, window, d, f.URL)
	v.signsIn()
	v.sees(`document.getElementById("alarm-count").textContent === "1"`)
	v.goes("#alarms")
	v.do(chromedp.SendKeys(chromedp.CSS("#ack-note"), "somebody is on the way"))
	v.click(`[aria-label="Acknowledge air-silent"]`)
	v.sees(`document.querySelector("#alarms tbody tr").dataset.state === "acknowledged" && document.getElementById("alarm-count").hidden`)
	v.sees(`document.querySelector("#alarms tbody").textContent.includes("an engineer: somebody is on the way")`)
	v.goes("#recorders")
	v.sees(`document.querySelector("#recorders tbody").textContent.includes("1:00:03")`)
	v.do(chromedp.SendKeys(chromedp.CSS(`[aria-label="Text of a mark in keep"]`), "take two"))
	v.click(`[aria-label="Mark keep"]`)
	v.click(`[aria-label="Stop keep"]`)
	v.until("three posts", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.posts) == 3 })
	if f.posts[0] != "air-silent ack somebody is on the way" || f.posts[1] != "keep mark take two" || f.posts[2] != "keep stop " {
		t.Errorf("the page asked for %q", f.posts)
	}
	v.goes("#history")
	v.sees(`document.querySelectorAll("#history .uplot").length === 4 && document.querySelector("#history").textContent.includes("<b>other")`)
	v.do(chromedp.Evaluate[chromedp.Void](axe(t)))
	for _, view := range []string{"#alarms", "#recorders", "#history"} {
		v.goes(view)
		v.passes(view)
		v.do(chromedp.EmulateViewport(390, 844))
		v.passes(view + " on a phone")
		v.sees(`document.scrollingElement.scrollWidth <= 390`)
		v.do(chromedp.EmulateViewport(1280, 800))
	}
	// The same page goes on when it was cut off, another one is loaded.
	asks[any](v, `globalThis.kept = true`)
	before := f.lives.Load()
	f.cut()
	v.until("it comes back", func() bool { return f.lives.Load() > before })
	v.sees(`document.getElementById("state").textContent === "connected" && globalThis.kept`)
	f.release.Store(true)
	f.cut()
	v.sees(`document.getElementById("state").textContent === "connected" && !globalThis.kept`)
}
