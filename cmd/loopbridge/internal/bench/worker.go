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

// workerSpec is the task of a client process, a line of JSON on stdin: it holds some ends, with a goroutine for each. A
// second line stops the writing; the end of stdin ends the process.
type workerSpec struct {
	Socket    string          `json:"socket"`
	Direction audio.Direction `json:"direction"`
	Pairs     int             `json:"pairs"` // total
	Ends      []endSpec       `json:"ends"`
	Format    audio.Format    `json:"format"`
	Period    int             `json:"period"` // frames
	Buffer    int             `json:"buffer"` // frames
	Slots     int             `json:"slots"`  // stamps per pair
}

// endSpec is an end of a client process.
type endSpec struct {
	Loop string   `json:"loop"`
	Pair int      `json:"pair"` // whose frames go through it
	Role pcm.Role `json:"role"`
	// Wide ends read S32_LE where S16_LE was written.
	Wide bool `json:"wide,omitempty"`
	// Endless ends read until the second line says that all is written, and all of it has come.
	Endless bool `json:"endless,omitempty"`
	// Fades is how many periods of silence are written first, and last: a route fades in and out.
	Fades int `json:"fades,omitempty"`
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
	w.open.Add(len(w.Ends))
	w.running.Add(len(w.Ends))
	results := make([]endResult, len(w.Ends))
	errs := make(chan error, len(w.Ends))
	for i, spec := range w.Ends {
		go func() {
			var err error
			if results[i], err = end(ctx, spec); err != nil {
				err = fmt.Errorf("%s, %s: %w", spec.Loop, pcm.Verb(w.Direction), err)
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
	for range w.Ends {
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

func (w *worker) options(end endSpec) pcm.Options {
	o := pcm.Options{
		Role: end.Role, Direction: w.Direction, Format: w.Format, Period: w.Period, Buffer: w.Buffer, Wait: 10 * time.Second,
	}
	if end.Wide {
		o.Format.Encoding = audio.S32LE
	}
	return o
}

// read runs an end that reads: it checks frames until the end of the stream.
func (w *worker) read(ctx context.Context, end endSpec) (r endResult, err error) {
	o := w.options(end)
	p, err := client.Open(ctx, w.Socket, end.Loop, o)
	if err != nil {
		return r, err
	}
	w.open.Done()
	stamps, check := w.stamps.pair(end.Pair), newChecker(w.pattern, 2*w.Buffer)
	block := make([]byte, w.Period*o.Format.FrameBytes())
	running, empty := false, 0
	for !end.Endless || !w.stop.Load() || empty < mostEmpty && !check.complete(stamps.written.Load(), w.Format.Rate) {
		n, err := end.read(p, block)
		if errors.Is(err, audio.ErrReset) {
			break
		} else if err != nil {
			return r, err
		}
		if empty++; n > 0 {
			empty = 0
		}
		now, first := w.clock.now(), check.next
		frames := block[:n*o.Format.FrameBytes()]
		if end.Wide {
			frames = narrow(frames)
		}
		before := check.faults()
		check.feed(frames, stamps.written.Load()+uint64(w.Period))
		stamps.faults.Add(check.faults() - before)
		if at, known := stamps.at(first / uint64(w.Period)); known && check.next > first {
			w.latency.add(now - at)
		}
		if !running && check.next > 0 {
			running = true
			w.running.Done()
		}
	}
	r.xruns(p)
	r.tally = check.finish(stamps.written.Load())
	return r, p.Close(ctx)
}

// Of an end that is endless: how long a read waits, and after how many without a frame nothing more is to be expected.
const (
	endlessRead = 200 * time.Millisecond
	mostEmpty   = 25
)

// read reads a block. A cancellable context costs a timer for each sleep, so only an end that is endless has one.
func (s *endSpec) read(p *pcm.PCM, block []byte) (int, error) {
	if !s.Endless {
		return p.Read(context.Background(), block)
	}
	ctx, cancel := context.WithTimeout(context.Background(), endlessRead)
	defer cancel()
	n, err := p.Read(ctx, block)
	if errors.Is(err, audio.ErrInterrupted) {
		err = nil
	}
	return n, err
}

// narrow returns the upper halves of samples of S32_LE, in the same memory.
func narrow(block []byte) []byte {
	for i := range len(block) / 4 {
		copy(block[2*i:2*i+2], block[4*i+2:])
	}
	return block[:len(block)/2]
}

// write runs an end that writes: it writes the pattern period by period until told to stop, and
// closes once all is delivered.
func (w *worker) write(ctx context.Context, end endSpec) (r endResult, err error) {
	p, err := client.Open(ctx, w.Socket, end.Loop, w.options(end))
	if err != nil {
		return r, err
	}
	w.open.Done()
	stamps := w.stamps.pair(end.Pair)
	block := make([]byte, w.Period*w.Format.FrameBytes())
	silence := make([]byte, end.Fades*len(block))
	w.Format.Encoding.Silence(silence)
	if end.Fades > 0 {
		if _, err := p.Write(context.Background(), silence); err != nil {
			return r, err
		}
	}
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
	if end.Fades > 0 {
		if _, err := p.Write(context.Background(), silence); err != nil {
			return r, err
		}
	}
	if end.Role == pcm.Server { // a server that closes discards
		if err := p.Drain(ctx); err != nil {
			return r, err
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
