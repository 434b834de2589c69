package server_test

import (
	"net/http"
	"strings"
	"testing"
)

// Profiles are for those who may use the daemon, over either socket.
func TestProfiles(t *testing.T) {
	r := newRemote(t, "", "")
	for path, want := range map[string]string{
		"": "goroutine", "heap?debug=1": "heap profile", "goroutine?debug=2": "TestProfiles", "cmdline": "server.test", "symbol": "num_symbols",
		"trace?seconds=0.001": "go 1.",
	} {
		if a, text := r.do(r.request("GET", "/debug/pprof/"+path, "")); a.StatusCode != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %.100q", path, a.StatusCode, text)
		}
	}
	if a, _ := r.do(r.request("GET", "/debug/pprof/nonsense", "")); a.StatusCode != 404 {
		t.Errorf("%d for a profile that does not exist", a.StatusCode)
	}
	q := r.request("GET", "/debug/pprof/heap", "")
	q.Header.Del("Authorization")
	if a, _ := r.do(q); a.StatusCode != 401 {
		t.Errorf("%d without a token", a.StatusCode)
	}
	p := newPanel(t)
	a, err := p.http.Get("http://x/debug/pprof/heap")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		t.Errorf("%d over the unix socket", a.StatusCode)
	}
}
