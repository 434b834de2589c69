package control

import (
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/internal/reach"
)

// A daemon that stops in the middle is given up; one that ends the stream says what is missing.
func TestSoundThatStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", Socket(path))
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	paths := make(chan string, 2)
	daemon := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths <- r.URL.RequestURI()
		w.Header().Set("Trailer", "Loopbridge-Lost")
		_, _ = io.WriteString(w, "sound")
		w.Header().Set("Loopbridge-Lost", "7")
		if r.URL.RawQuery == "" {
			_ = http.NewResponseController(w).Flush()
			<-stop
		}
	})}
	go daemon.Serve(l)
	defer daemon.Close()
	defer close(stop)
	c := New(path)
	defer c.Close()
	ends, err := c.Sound(t.Context(), "loop0/client", 2.5)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(ends); err != nil || string(text) != "sound" || ends.Lost() != 7 {
		t.Errorf("%q, %v, %d lost", text, err, ends.Lost())
	}
	ends.Close()
	stops, err := c.Sound(reach.WithPatience(t.Context(), 50*time.Millisecond), "main:play", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer stops.Close()
	if text, err := io.ReadAll(stops); !errors.Is(err, audio.ErrTimedOut) || string(text) != "sound" {
		t.Errorf("%q, %v", text, err)
	}
	for _, want := range []string{"/v1/sound/loop0/client?seconds=2.5", "/v1/sound/main:play"} {
		if got := <-paths; got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
	}
}
