package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// series is a daemon whose program is replaced so often; each tells one message and hangs up.
type series struct {
	programs, served uint64
	queries          []string
}

func (s *series) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/version" {
		_ = json.NewEncoder(w).Encode(api.Version{Handovers: min(s.served, s.programs-1)})
		return
	}
	s.queries = append(s.queries, r.URL.RequestURI())
	fmt.Fprintf(w, ": a comment\n\ndata: {\"hello\":{\"handovers\":%d}}\n\ndata: {\"meters\":[null]}\n\n", s.served)
	s.served++
}

// Live asks again whenever another program has taken the place of the daemon's, and ends if none has.
func TestLiveGoesOnWithTheNextProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", Socket(path))
	if err != nil {
		t.Fatal(err)
	}
	daemon := &series{programs: 3}
	h := http.Server{Handler: daemon}
	go h.Serve(l)
	defer h.Close()
	c := New(path)
	defer c.Close()
	yes := true
	request := api.LiveRequest{Meters: &api.LiveMeters{Places: []string{"main:play", "löop/client"}, Want: []string{"loudness"}, Every: 100}, Events: &yes}
	var hellos []uint64
	meters := 0
	err = c.Live(t.Context(), request, func(m api.LiveMessage) {
		if m.Hello != nil {
			hellos = append(hellos, m.Hello.Handovers)
		}
		meters += len(m.Meters)
	})
	if !errors.Is(err, audio.ErrReset) || !slices.Equal(hellos, []uint64{0, 1, 2}) || meters != 3 {
		t.Errorf("%v after the programs %v and %d meters", err, hellos, meters)
	}
	const want = "/v1/live?events=true&every=100&place=main%3Aplay&place=l%C3%B6op%2Fclient&want=loudness"
	for _, q := range daemon.queries {
		if q != want {
			t.Errorf("it asked for %s, want %s", q, want)
		}
	}
}
