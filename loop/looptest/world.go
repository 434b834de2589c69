package looptest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Harness is one way in to a loop.
type Harness struct {
	// Bubble runs each test in virtual time: the way in uses nothing but channels and timers.
	Bubble bool
	// Connect makes a patchbay reachable until the test's cleanup.
	Connect func(t *testing.T, bay *loop.Patchbay) Opener
	// Sharing is the sharing of loop0 in cases that set none.
	Sharing loop.Sharing
	// ServerBuffers: a playing server sleeps for its first client only once its own buffer is full.
	ServerBuffers bool
	// Inapplicable says, by the name of a case, why it does not apply to this way in.
	Inapplicable map[string]string
}

// Run runs every case.
func (h Harness) Run(t *testing.T) {
	for _, group := range [][]testCase{
		openCases(), pauseCases(), endCases(), lineCases(), formatCases(), convertCases(), positionCases(),
		attachedCases(), sharedCases(), setupCases(), holdCases(), policyCases(),
	} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				if why := h.Inapplicable[c.name]; why != "" {
					t.Skip("does not apply: " + why)
				}
				if !h.Bubble {
					c.run(h.world(t, c))
					return
				}
				synctest.Test(t, func(t *testing.T) { c.run(h.world(t, c)) })
			})
		}
	}
}

// testCase runs on a loop named "loop0" with this spec.
type testCase struct {
	name   string
	spec   loop.Spec
	period int  // of the device, frames; 0: period
	card   bool // the device plays and records, with the loops speaker and mic attached
	run    func(w *world)
}

// world is a daemon with one device and two loops, loop0 and other.
type world struct {
	*testing.T
	loop    string // the loop to open
	bubble  bool
	buffers bool // Harness.ServerBuffers
	open    Opener
	bay     *loop.Patchbay
	engine  *loop.Engine
	clock   *backendtest.Clock
	events  *event.Subscription
}

const (
	period = 480 // frames of the device, 10 ms
	name   = "loop0"
	// hang is when a test gives up on what has to happen.
	hang = 5 * time.Minute
)

func (h Harness) world(t *testing.T, c testCase) *world {
	w := &world{T: t, loop: name, bubble: h.Bubble, buffers: h.ServerBuffers, bay: loop.NewPatchbay()}
	config := backend.Config{Play: c.card, Record: c.card, Period: max(period, c.period), Periods: 4}
	w.clock = backendtest.NewClock(config)
	w.engine = loop.NewEngine("clock", w.clock)
	spec := c.spec
	spec.Name = name
	if spec.Clients == loop.ByServer {
		spec.Clients = h.Sharing
	}
	w.ok(w.bay.Add(spec, w.engine))
	w.ok(w.bay.Add(loop.Spec{Name: "other"}, w.engine))
	if c.card {
		w.ok(w.bay.Add(loop.Spec{Name: "speaker", Attached: audio.Play, Clients: c.spec.Clients}, w.engine))
		w.ok(w.bay.Add(loop.Spec{Name: "mic", Attached: audio.Record, Clients: c.spec.Clients}, w.engine))
	}
	w.events = w.bay.Subscribe(1000)
	t.Cleanup(func() {
		w.bay.Close()
		w.ok(w.engine.Close())
	})
	w.open = h.Connect(t, w.bay)
	return w
}

// end is an open end and the pattern that passes it.
type end struct {
	End
	w       *world
	counter backendtest.Counter
	next    uint64 // frame number to write or to expect
}

func (w *world) try(o pcm.Options) (*end, error) {
	p, err := w.open(w.Context(), w.loop, o)
	if err != nil {
		return nil, err
	}
	w.Cleanup(p.Abandon)
	return &end{End: p, w: w, counter: backendtest.NewCounter(p.Format())}, nil
}

func (w *world) must(o pcm.Options) *end {
	w.Helper()
	e, err := w.try(o)
	w.ok(err)
	return e
}

// server opens the server end to read or write, with the loop's defaults.
func (w *world) server(d audio.Direction) *end {
	w.Helper()
	return w.must(pcm.Options{Role: pcm.Server, Direction: d})
}

// client opens the client end to read or write.
func (w *world) client(d audio.Direction) *end {
	w.Helper()
	return w.must(pcm.Options{Role: pcm.Client, Direction: d})
}

// serverOf is server with a format.
func (w *world) serverOf(d audio.Direction, f audio.Format) *end {
	w.Helper()
	return w.must(pcm.Options{Role: pcm.Server, Direction: d, Format: f})
}

// clientOf is client with a format.
func (w *world) clientOf(d audio.Direction, f audio.Format) *end {
	w.Helper()
	return w.must(pcm.Options{Role: pcm.Client, Direction: d, Format: f})
}

// pair opens both ends and starts them: the server reads or writes.
func (w *world) pair(server audio.Direction) (s, c *end) {
	w.Helper()
	s, c = w.server(server), w.client(server.Opposite())
	w.begin(s, c)
	return s, c
}

// along returns the end that writes, and the one that reads.
func along(s, c *end) (from, to *end) {
	if s.Direction() == pcm.Write {
		return s, c
	}
	return c, s
}

// begin starts both ends. It moves no frame, except one period into the writer's ring.
func (w *world) begin(s, c *end) {
	w.Helper()
	s.arm()
	if c.Direction() == pcm.Write {
		c.put(period)
	} else {
		c.arm()
	}
	w.until("both ends run", func() bool { return s.State() == ring.Running && c.State() == ring.Running })
	if s.Direction() == pcm.Write && s.Avail() >= period {
		s.put(period)
	}
	w.clock.Settle()
}

// fill makes an end ready to sleep for its client: a server that buffers writes until its buffer is full.
func (w *world) fill(s *end) {
	w.Helper()
	if w.buffers && s.Direction() == pcm.Write {
		s.put(s.Avail())
	}
}

// arm starts an end as its first read or write would, and waits for the daemon.
func (e *end) arm() {
	e.w.Helper()
	_, err := e.Poll(1)
	e.w.ok(err)
	e.w.until("the end is armed", func() bool { return e.State() != ring.Idle })
}

// put writes n numbered frames, which have to fit.
func (e *end) put(n int) {
	e.w.Helper()
	block := make([]byte, n*e.Format().FrameBytes())
	e.counter.Fill(block, e.next)
	done, err := e.Write(e.w.Context(), block)
	e.w.ok(err)
	if done != n {
		e.w.Fatalf("wrote %d of %d frames", done, n)
	}
	e.next += uint64(n)
}

// take reads exactly n frames, which have to be there, and checks their numbers.
func (e *end) take(n int) {
	e.w.Helper()
	block := make([]byte, n*e.Format().FrameBytes())
	if avail := e.Delay(); avail < n {
		e.w.Fatalf("%d frames are there to read, want %d", avail, n)
	}
	done, err := e.Read(e.w.Context(), block)
	e.w.ok(err)
	if done != n {
		e.w.Fatalf("read %d of %d frames", done, n)
	}
	if _, err := e.counter.Check(block, e.next); err != nil {
		e.w.Fatalf("frame %d on: %v", e.next, err)
	}
	e.next += uint64(n)
}

// silent reads exactly n frames that have to be silence.
func (e *end) silent(n int) {
	e.w.Helper()
	block := make([]byte, n*e.Format().FrameBytes())
	quiet := make([]byte, len(block))
	e.Format().Encoding.Silence(quiet)
	done, err := e.Read(e.w.Context(), block)
	e.w.ok(err)
	if done != n || string(block) != string(quiet) {
		e.w.Fatalf("%d of %d frames, and not all silence", done, n)
	}
}

// tick lets the device run n periods.
func (w *world) tick(n int) { w.clock.Advance(n * period) }

// pump moves n frames from a running writer to a running reader, in step with the
// clock. The reader is left with nothing, the writer with what it had queued.
func (w *world) pump(from, to *end, n int) {
	w.Helper()
	for n > 0 {
		part := min(n, period)
		from.put(part)
		w.tick(1)
		to.take(min(part, to.Delay()))
		n -= part
	}
}

// flush moves what the writer has queued.
func (w *world) flush(from, to *end) {
	w.Helper()
	for to.next < from.next {
		w.tick(1)
		to.take(min(to.Delay(), int(from.next-to.next)))
	}
}

// at opens what follows on another loop.
func (w *world) at(loop string) *world {
	w.loop = loop
	return w
}

// status is the daemon's view of the loop.
func (w *world) status() loop.Status {
	for _, s := range w.bay.Status() {
		if s.Name == w.loop {
			return s
		}
	}
	w.Fatal("no status of loop0")
	return loop.Status{}
}

// ok fails the test on an error.
func (w *world) ok(err error) {
	if err != nil {
		w.Helper()
		w.Fatal(err)
	}
}

// until waits for something that has to happen without the clock.
func (w *world) until(what string, happened func() bool) {
	w.Helper()
	if w.bubble {
		synctest.Wait()
	}
	for deadline := time.Now().Add(hang); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("it never happened that %s", what)
		}
	}
	// A program sees a state before the daemon has finished the change, and added the line to the engine. It
	// does that under the loop's lock.
	w.bay.Status()
}

// set sets the state of a loop's end.
func (w *world) set(name string, args ...string) {
	w.Helper()
	p, err := state.ParsePatch(args...)
	w.ok(err)
	controls, err := w.bay.EndControls(name)
	w.ok(err)
	_, err = controls.Set(p)
	w.ok(err)
}

// settle gives all goroutines time to do what they are about to do.
func (w *world) settle() {
	if w.bubble {
		synctest.Wait()
		return
	}
	time.Sleep(20 * time.Millisecond)
}

// call is something that may sleep, running beside the test.
type call struct {
	w    *world
	done chan error
}

func (w *world) start(f func() error) *call {
	c := &call{w: w, done: make(chan error, 1)}
	go func() { c.done <- f() }()
	return c
}

// asleep fails the test if the call has returned.
func (c *call) asleep(why string) {
	c.w.Helper()
	c.w.settle()
	select {
	case err := <-c.done:
		c.w.Fatalf("%s: it returned, with %v", why, err)
	default:
	}
}

// result waits for the call.
func (c *call) result() error {
	c.w.Helper()
	select {
	case err := <-c.done:
		return err
	case <-time.After(hang):
		c.w.Fatal("the call never returned")
		return nil
	}
}

// is fails the test unless err is one of the table's errors.
func (w *world) is(err error, want *audio.Error) {
	w.Helper()
	if !isError(err, want) {
		w.Fatalf("got %v, want %v (errno %d)", err, want, want.Errno())
	}
}
