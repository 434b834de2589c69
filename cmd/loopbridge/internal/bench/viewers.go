package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
)

// Viewers measures what those cost who look at meters: stereo pairs carry frames, first while nobody looks, then
// while everybody does.
type Viewers struct {
	Exe      string // loopbridge
	Strips   int    // pairs that carry frames, and that each viewer watches
	Count    int
	Want     []string // what is measured, as in api.LiveMeters
	Duration time.Duration

	Progress func(format string, args ...any)
}

// ViewersReport is what they cost the daemon.
type ViewersReport struct {
	Strips  int      `json:"strips"`
	Viewers int      `json:"viewers"`
	Want    []string `json:"want"`
	// Alone and Watched are the CPU of the daemon, in percent of a core.
	Alone   float64 `json:"alone_percent"`
	Watched float64 `json:"watched_percent"`
	Bytes   float64 `json:"bytes_per_second"` // for each viewer
	Texts   float64 `json:"texts_per_second"` // for each viewer
	Xruns   uint64  `json:"xruns"`
}

// Run starts a daemon and its clients, measures, and stops them, also when ctx ends.
func (b *Viewers) Run(ctx context.Context) (*ViewersReport, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	pairs := Pairs{Exe: b.Exe, Count: b.Strips, Period: 10 * time.Millisecond, Buffer: 4, PerProcess: 100,
		Format: audio.DefaultFormat()}
	b.Progress("starting %d pairs", b.Strips)
	d, err := startDaemon(ctx, fail, b.Exe, b.Strips, pairs.Period)
	if err != nil {
		return nil, err
	}
	defer d.close()
	spec := workerSpec{Socket: d.socket, Pairs: b.Strips, Format: pairs.Format, Period: pairs.frames(),
		Buffer: pairs.Buffer * pairs.frames(), Slots: 2*pairs.Buffer + 16}
	stamps, shared, err := newStamps(b.Strips, spec.Slots)
	if err != nil {
		return nil, err
	}
	defer stamps.close()
	defer shared.Close()
	readers, writers, err := pairs.start(ctx, fail, shared, spec)
	defer readers.end()
	defer writers.end()
	if err != nil {
		return nil, err
	}
	return b.measure(ctx, d)
}

func (b *Viewers) measure(ctx context.Context, d *daemon) (*ViewersReport, error) {
	before, err := countersOf(ctx, d.socket)
	if err != nil {
		return nil, err
	}
	r := &ViewersReport{Strips: b.Strips, Viewers: b.Count, Want: b.Want}
	if r.Alone, err = b.percent(ctx, d, "while nobody looks"); err != nil {
		return nil, err
	}
	look, end := context.WithCancel(ctx)
	defer end()
	var seen seen
	leave, err := b.seat(look, d, &seen)
	defer leave()
	if err != nil {
		return nil, err
	}
	texts, bytes := seen.texts.Load(), seen.bytes.Load()
	began := time.Now()
	if r.Watched, err = b.percent(ctx, d, "while all look"); err != nil {
		return nil, err
	}
	each := time.Since(began).Seconds() * float64(max(1, b.Count))
	r.Texts, r.Bytes = float64(seen.texts.Load()-texts)/each, float64(seen.bytes.Load()-bytes)/each
	if gone := seen.gone.Load(); gone > 0 {
		return nil, fmt.Errorf("%d viewers were disconnected", gone)
	}
	after, err := countersOf(ctx, d.socket)
	r.Xruns = after.xruns - before.xruns
	return r, err
}

// percent is what the daemon uses of a core.
func (b *Viewers) percent(ctx context.Context, d *daemon, when string) (float64, error) {
	b.Progress("%s", when)
	before, err := d.usage()
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(b.Duration):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	after, err := d.usage()
	u := after.minus(before)
	return 100 * u.daemon.Seconds() / u.duration.Seconds(), err
}

// seen is what all viewers were shown.
type seen struct {
	texts, bytes atomic.Uint64
	gone         atomic.Int64
}

// seat lets all viewers look until ctx ends. It returns when each was shown something.
func (b *Viewers) seat(ctx context.Context, d *daemon, s *seen) (leave func(), err error) {
	watch := api.LiveMeters{Want: b.Want}
	for i := range b.Strips {
		watch.Places = append(watch.Places, loopName(i)+"/client")
	}
	text, err := json.Marshal(api.LiveRequest{Meters: &watch})
	if err != nil {
		return func() {}, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", control.Socket(d.socket))
	}
	var all []*websocket.Conn
	var looking sync.WaitGroup
	leave = func() {
		for _, c := range all {
			c.CloseNow()
		}
		looking.Wait()
	}
	for range b.Count {
		c, _, err := websocket.Dial(ctx, "http://loopbridge/v1/live", &websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial}}})
		if err == nil {
			all = append(all, c)
			c.SetReadLimit(1 << 20)
			err = c.Write(ctx, websocket.MessageText, text)
		}
		for range 2 { // who the daemon is, and the first meters
			if err == nil {
				_, _, err = c.Read(ctx)
			}
		}
		if err != nil {
			return leave, fmt.Errorf("a viewer: %w", err)
		}
	}
	for _, c := range slices.Clone(all) {
		looking.Go(func() { s.look(ctx, c) })
	}
	return leave, nil
}

// look counts what a viewer is shown, until it leaves.
func (s *seen) look(ctx context.Context, c *websocket.Conn) {
	for {
		_, text, err := c.Read(ctx)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
				s.gone.Add(1)
			}
			return
		}
		s.texts.Add(1)
		s.bytes.Add(uint64(len(text)))
	}
}

// WriteTable prints the report for people.
func (r *ViewersReport) WriteTable(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%d stereo strips, %v: %.2f %% of a core while nobody looks, %.2f %% while %d viewers look (%.2f more)\n"+
		"each viewer gets %.1f texts and %.1f kB a second; %d xruns\n",
		r.Strips, r.Want, r.Alone, r.Watched, r.Viewers, r.Watched-r.Alone, r.Texts, r.Bytes/1000, r.Xruns)
	return err
}
