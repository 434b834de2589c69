package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// workerSpec is the task of a client process, a line of JSON on stdin: it holds one end of some pairs,
// with a goroutine for each. A second line stops the writing; the end of stdin ends the process.
type workerSpec struct {
	Socket    string          `json:"socket"`
	Direction audio.Direction `json:"direction"` // server ends read, client ends write
	Pairs     int             `json:"pairs"`     // total
	First     int             `json:"first"`
	Count     int             `json:"count"`
	Format    audio.Format    `json:"format"`
	Period    int             `json:"period"` // frames
	Buffer    int             `json:"buffer"` // frames
	Slots     int             `json:"slots"`  // stamps per pair
}

// workerEvent is a line of JSON that a client process prints: "open" when it holds its ends,
// "running" when frames have moved on each, "done" with the result, or an error.
type workerEvent struct {
	Event   string         `json:"event"`
	Error   string         `json:"error,omitempty"`
	Ends    []endResult    `json:"ends,omitempty"` // in the order of the pairs
	Latency []latencyCount `json:"latency,omitempty"`
}

const (
	eventOpen    = "open"
	eventRunning = "running"
	eventDone    = "done"
)

// endResult is the result of one end.
type endResult struct {
	Written    uint64 `json:"written"`     // frames, by a writer
	Xruns      uint64 `json:"xruns"`       // bursts that the daemon counted
	XrunFrames uint64 `json:"xrun_frames"` // silence inserted (writer), dropped (reader)
	tally             // by a reader
}

type worker struct {
	workerSpec
	stamps  *stamps
	pattern *pattern
	clock   monotonic
	latency latencies
	stop    atomic.Bool
	open    sync.WaitGroup
	running sync.WaitGroup
}

// sharedFD is the inherited descriptor of the stamps.
const sharedFD = 3

// Worker runs a client process of Pairs, the command "bench worker"; in and out are its pipes.
func Worker(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return errors.New("this command is for the bench command only")
	}
	w := &worker{clock: newMonotonic()}
	if err := json.Unmarshal(lines.Bytes(), &w.workerSpec); err != nil {
		return err
	}
	var err error
	if w.stamps, err = openStamps(sharedFD, w.Pairs, w.Slots); err != nil {
		return err
	}
	defer w.stamps.close()
	w.pattern = newPattern(w.Format)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		if lines.Scan() {
			w.stop.Store(true)
			lines.Scan()
		}
		cancel()
	}()
	return w.run(ctx, json.NewEncoder(out))
}

// run holds the ends until they are done, or until ctx ends or one of them fails.
func (w *worker) run(ctx context.Context, out *json.Encoder) error {
	end := w.read
	if w.Direction == pcm.Write {
		end = w.write
	}
	w.open.Add(w.Count)
	w.running.Add(w.Count)
	results := make([]endResult, w.Count)
	errs := make(chan error, w.Count)
	for i := range w.Count {
		go func() {
			var err error
			if results[i], err = end(ctx, w.First+i); err != nil {
				err = fmt.Errorf("%s, %s: %w", loopName(w.First+i), pcm.Verb(w.Direction), err)
			}
			errs <- err
		}()
	}
	var events sync.WaitGroup
	events.Go(func() {
		w.open.Wait()
		_ = out.Encode(workerEvent{Event: eventOpen})
		w.running.Wait()
		_ = out.Encode(workerEvent{Event: eventRunning})
	})
	for range w.Count {
		select {
		case err := <-errs:
			if err != nil {
				return out.Encode(workerEvent{Error: err.Error()})
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	events.Wait()
	return out.Encode(workerEvent{Event: eventDone, Ends: results, Latency: w.latency.seen()})
}

func (w *worker) options(role pcm.Role) pcm.Options {
	return pcm.Options{
		Role: role, Direction: w.Direction, Format: w.Format, Period: w.Period, Buffer: w.Buffer, Wait: 10 * time.Second,
	}
}

// read runs a server's end: it reads and checks frames until the end of the stream.
func (w *worker) read(ctx context.Context, pair int) (r endResult, err error) {
	p, err := client.Open(ctx, w.Socket, loopName(pair), w.options(pcm.Server))
	if err != nil {
		return r, err
	}
	w.open.Done()
	stamps, check := w.stamps.pair(pair), newChecker(w.pattern, 2*w.Buffer)
	block := make([]byte, w.Period*w.Format.FrameBytes())
	running := false
	// A cancellable context costs a timer for each sleep; this loop ends with the stream or the process.
	for {
		n, err := p.Read(context.Background(), block)
		if errors.Is(err, audio.ErrReset) {
			break
		} else if err != nil {
			return r, err
		}
		now, first := w.clock.now(), check.next
		check.feed(block[:n*w.pattern.frame], stamps.written.Load()+uint64(w.Period))
		if at, known := stamps.at(first / uint64(w.Period)); known && check.next > first {
			w.latency.add(now - at)
		}
		if !running {
			running = true
			w.running.Done()
		}
	}
	r.xruns(p)
	r.tally = check.finish(stamps.written.Load())
	return r, p.Close(ctx)
}

// write runs a client's end: it writes the pattern period by period until told to stop, and
// closes once all is delivered.
func (w *worker) write(ctx context.Context, pair int) (r endResult, err error) {
	p, err := client.Open(ctx, w.Socket, loopName(pair), w.options(pcm.Client))
	if err != nil {
		return r, err
	}
	w.open.Done()
	stamps := w.stamps.pair(pair)
	block := make([]byte, w.Period*w.Format.FrameBytes())
	for b := uint64(0); !w.stop.Load(); b++ {
		w.pattern.fill(block, r.Written)
		n, err := p.Write(context.Background(), block)
		r.Written += uint64(n)
		stamps.put(b, r.Written, w.clock.now())
		if err != nil {
			return r, err
		}
		if n < w.Period {
			return r, audio.ErrReset.With("the stream has ended early")
		}
		if b == 0 {
			w.running.Done()
		}
	}
	r.xruns(p)
	return r, p.Close(ctx)
}

func (r *endResult) xruns(p *pcm.PCM) {
	bursts, frames := p.Xruns()
	r.Xruns, r.XrunFrames = uint64(bursts), frames
}

func loopName(i int) string { return fmt.Sprintf("loop%d", i) }
