package control

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// hasty is a daemon that hangs up on so many requests, as one does whose program is replaced.
type hasty struct {
	about api.Version

	mu       sync.Mutex
	hangUps  int
	requests []string
}

func (h *hasty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/version" {
		_ = json.NewEncoder(w).Encode(h.about)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = append(h.requests, r.Method+" "+r.URL.Path)
	if h.hangUps--; h.hangUps >= 0 {
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write([]byte("{}"))
}

// A request that was not answered because another program took over is made again, once; and no other request is.
func TestRequestsGoToTheNextProgram(t *testing.T) {
	hour := time.Hour.Milliseconds()
	for _, c := range []struct {
		what    string
		hangUps int
		about   api.Version
		call    func(*Client) error
		want    error
		count   int
	}{
		{"another program took over", 1, api.Version{Handovers: 3}, add, nil, 2},
		{"it hangs up again", 2, api.Version{Handovers: 3}, add, audio.ErrReset, 2},
		{"the last one took over long before", 1, api.Version{Handovers: 3, Serving: hour}, add, audio.ErrReset, 1},
		{"none ever did", 1, api.Version{}, add, audio.ErrReset, 1},
		{"an upgrade is not made twice", 1, api.Version{Handovers: 3}, upgrade, audio.ErrReset, 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			l, err := net.Listen("unix", Socket(path))
			if err != nil {
				t.Fatal(err)
			}
			daemon := &hasty{hangUps: c.hangUps, about: c.about}
			server := http.Server{Handler: daemon}
			go server.Serve(l)
			defer server.Close()
			client := New(path)
			defer client.Close()
			if err := c.call(client); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			daemon.mu.Lock()
			defer daemon.mu.Unlock()
			if len(daemon.requests) != c.count {
				t.Errorf("%d requests were made: %v", len(daemon.requests), daemon.requests)
			}
		})
	}
}

func add(c *Client) error { return c.AddLoop(context.Background(), []byte(`{"name":"a"}`)) }

func upgrade(c *Client) error {
	_, err := c.Upgrade(context.Background(), false)
	return err
}
