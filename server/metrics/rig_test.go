package metrics_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// scrape returns what a daemon answers to GET /metrics.
func scrape(t testing.TB, d *servertest.Daemon) string {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", control.Socket(d.Path))
	}}
	q, err := http.NewRequestWithContext(servertest.Guard(t), http.MethodGet, "http://x/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := transport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%v, status %d: %s", err, r.StatusCode, text)
	}
	return string(text)
}

// value returns the sample of a series in a scrape, or "".
func value(text, series string) string {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, series+" "); found {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// manyPairs is how many pairs the numbers of the daemon are promised for.
const manyPairs = 200

// pairs opens both ends of loops and moves a period through each.
func pairs(t testing.TB, n int) *servertest.Daemon {
	t.Helper()
	var o servertest.Options
	for i := range n {
		o.Loops = append(o.Loops, loop.Spec{Name: fmt.Sprintf("loop%d", i)})
	}
	d := servertest.Start(t, o)
	for _, l := range o.Loops {
		r := open(t, d, l.Name, "reader", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
		w := open(t, d, l.Name, "writer", pcm.Options{Role: pcm.Client, Direction: pcm.Write})
		if _, err := w.Write(servertest.Guard(t), make([]byte, 4*480)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Poll(1); err != nil { // the server has started
			t.Fatal(err)
		}
	}
	return d
}

// open opens an end for a program in this process, until the test ends.
func open(t testing.TB, d *servertest.Daemon, loop, program string, o pcm.Options) *pcm.PCM {
	t.Helper()
	o.Holder = pcm.Holder{PID: 4711, Program: program}
	p, err := d.Bay.Open(servertest.Guard(t), loop, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Abandon)
	return p
}
