package loop

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/servo"
)

// Engine drives the loops of one device: it owns the device's thread and every frame that its clock
// moves. While no session runs it stops the device and sleeps.
type Engine struct {
	name   string
	stream backend.Stream
	pacer  backend.Pacer // nil: the period is fixed
	rate   uint64

	device   *device.Device
	lines    *line.Set
	autoPort *device.AutoPort // nil: auto_port is off
	note     func(error)
	bay      *Patchbay      // nil: not yet added to one
	helpers  sync.WaitGroup // follower and rider

	commands atomic.Pointer[command]
	wake     chan struct{} // wakes the engine after its device failed
	stopped  chan struct{} // closed when the engine's goroutine ends
	reported chan struct{} // closed when the reporter ends

	// Owned by the engine's goroutine.
	position uint64 // of the last tick
	period   int    // frames between two ticks
	running  bool
	failed   bool // the device failed
	quit     bool
	inherits bool         // tick is that of the process before, and due
	tick     backend.Tick // the last one

	stands  bool          // it was resumed, and does not yet run
	serves  chan struct{} // closed when the thread of a resumed one is about to serve the device; nil: it was not resumed
	resumed bool          // it was handed over
	thread  func()        // of EngineOptions
	always  bool          // of EngineOptions

	cycles          atomic.Uint64
	xruns           atomic.Uint64 // of the device
	lost            atomic.Uint64 // frames these cost
	err             atomic.Pointer[error]
	failureReported atomic.Bool // the failure was told as an event
	ticking         atomic.Bool // running, for other goroutines
	timing          Timing
}

// EngineOptions are the options of NewEngineWith.
type EngineOptions struct {
	// Ports maps the ports of the device.
	Ports device.Ports
	// AutoPort makes the device use the jacks that are plugged in, from AddDevice on. It needs a
	// backend.Controller.
	AutoPort bool
	// Note receives errors that have no caller, on any goroutine. May be nil.
	Note func(error)
	// Thread is called on the engine's own thread before its first Wait, except for a backend.Parker, which
	// has none. May be nil.
	Thread func()
	// Always makes the clock run from the start on, whether or not somebody plays or records.
	Always bool
	// Now reads the clock that the times of ticks are of, in ns; it must not allocate. nil: no Timing is measured.
	Now func() int64
}

// NewEngine is NewEngineWith without options.
func NewEngine(name string, s backend.Stream) *Engine {
	e, _ := NewEngineWith(name, s, EngineOptions{}) // no error: an empty port map fits every stream
	return e
}

// NewEngineWith starts the engine of the device name on an open, stopped stream, which the engine
// owns and Close closes. ErrInvalid: the ports do not fit the stream; the caller still owns it.
func NewEngineWith(name string, s backend.Stream, o EngineOptions) (*Engine, error) {
	e, err := newEngine(name, s, o)
	if err != nil {
		return nil, err
	}
	e.start()
	return e, nil
}

// start starts the goroutines of the engine.
func (e *Engine) start() {
	go e.run(e.thread)
	go func() {
		defer close(e.reported)
		e.lines.Report()
	}()
	e.helpers.Go(func() { e.device.Ride(e.stopped) })
	if e.always {
		e.stream.Wake() // it sleeps as yet
	}
}

// newEngine makes an engine that does not run.
func newEngine(name string, s backend.Stream, o EngineOptions) (*Engine, error) {
	granted := s.Granted()
	e := &Engine{
		name: name, stream: s, rate: uint64(granted.Format.Rate), period: granted.Period,
		note: o.Note, thread: o.Thread, always: o.Always, timing: Timing{now: o.Now}, wake: make(chan struct{}, 1),
		stopped: make(chan struct{}), reported: make(chan struct{}),
	}
	var err error
	if e.device, err = device.New(s, o.Ports, e.post); err != nil {
		return nil, err
	}
	e.pacer, _ = backend.As[backend.Pacer](s)
	e.lines = line.NewSet(e.device, granted.Format.Rate, granted.Period)
	if e.note == nil {
		e.note = func(error) {}
	}
	if o.AutoPort {
		e.autoPort = device.NewAutoPort(e.device, func(p state.Patch) error {
			_, err := e.Set(p)
			return err
		})
	}
	return e, nil
}

// Name returns the device's name.
func (e *Engine) Name() string { return e.name }

// Holder implements Subject: no program holds a device.
func (e *Engine) Holder() pcm.Holder { return pcm.Holder{} }

// tell sends an event of a device that was added to a Patchbay. Not for the engine's goroutine.
func (e *Engine) tell(ev event.Event) {
	if e.bay != nil {
		ev.Device = e.name
		e.bay.events.Tell(ev)
	}
}

// Cycles returns how many cycles the engine ran.
func (e *Engine) Cycles() uint64 { return e.cycles.Load() }

// Ticks reports whether the clock of the device runs: then one cycle follows the other. Any goroutine may call it.
func (e *Engine) Ticks() bool { return e.ticking.Load() }

// Timing returns how punctual the cycles are; nothing is counted without EngineOptions.Now. Any goroutine may read it.
func (e *Engine) Timing() *Timing { return &e.timing }

// Moved returns how many frames the device has played or recorded, on a side that is not paused. Any goroutine may call it.
func (e *Engine) Moved(side audio.Direction) uint64 { return e.device.Moved(side) }

// Clock returns what is known of the device's clock. Any goroutine may read it.
func (e *Engine) Clock() *servo.Published { return &e.lines.Clock }

// Period returns the longest period of the device, in frames, if it is asked for one: what was granted if
// it has only that. Any goroutine may call it.
func (e *Engine) Period(asked int) int {
	if e.pacer == nil {
		return e.Granted().Period
	}
	return min(asked, e.Granted().Period)
}

// Granted returns the configuration of the stream. Any goroutine may call it.
func (e *Engine) Granted() backend.Config { return e.stream.Granted() }

// RunsOn returns the device the stream runs on now, if that can change, or else the name. Any
// goroutine may call it.
func (e *Engine) RunsOn() string {
	if s, ok := backend.As[backend.Switcher](e.stream); ok {
		return s.Device()
	}
	return e.name
}

// StandsIn reports whether the stream runs on a device that stands in for a better one. Any goroutine may call it.
func (e *Engine) StandsIn() bool {
	s, ok := backend.As[backend.Switcher](e.stream)
	return ok && s.StandsIn()
}

// Network returns what the stream of a network has seen; ok is false if it runs on none now. Any goroutine may call it.
func (e *Engine) Network() (n backend.Network, ok bool) {
	if s, is := backend.As[backend.Networked](e.stream); is {
		n = s.Network()
	}
	return n, n.Receives || n.Sends
}

// Pitch returns the control of the device's clock, or nil if there is none now. Any goroutine may call it.
func (e *Engine) Pitch() backend.Pitch {
	if p, ok := backend.As[backend.Pitcher](e.stream); ok {
		return p.Pitch()
	}
	return nil
}

// Steer tells what Pitch does to the clock: it runs at applied times its own rate, and was meant to run at meant
// times; both are 1 at the centre. One goroutine at a time, any but the engine's, may call it. It does not block.
func (e *Engine) Steer(applied, meant float64) { e.lines.Steer(applied, meant) }

// Info implements Subject.
func (e *Engine) Info() state.Info { return e.device.Info() }

// Levels implements Subject: after the controls of the device.
func (e *Engine) Levels() device.Levels { return e.device.Levels() }

// Probes implements Subject: after the controls of the device. As long as somebody hears what it records, its clock runs.
func (e *Engine) Probes(side audio.Direction, room time.Duration) []*mixer.Probe {
	p := e.device.Probe(side, room)
	if p == nil {
		return nil
	}
	if side == audio.Record && !e.Ticks() {
		e.post(func() {}) // between two cycles it sees that it is needed
	}
	return []*mixer.Probe{p}
}

// Restore implements Subject.
func (e *Engine) Restore(saved state.Saved) error { return e.device.Restore(saved) }

// Set implements Subject. The error may also be one of the hardware.
func (e *Engine) Set(p state.Patch) (state.Reply, error) {
	reply, err := e.device.Set(p)
	if err == nil {
		e.tell(event.Event{Kind: event.Set, Changes: reply.Changes})
	}
	return reply, err
}

// Xruns returns the xruns of the device itself, and the frames they cost. Any goroutine may call it.
func (e *Engine) Xruns() (bursts, frames uint64) { return e.xruns.Load(), e.lost.Load() }

// Err returns why the device failed, or nil.
func (e *Engine) Err() error {
	if err := e.err.Load(); err != nil {
		return *err
	}
	return nil
}

// markFailed reports whether this is the first call.
func (e *Engine) markFailed() bool { return !e.failureReported.Swap(true) }

// Close ends the engine and closes its stream. Its loops must have been removed. It blocks.
func (e *Engine) Close() error {
	e.do(func() { e.quit = true })
	<-e.stopped
	e.helpers.Wait()
	e.lines.EndReports()
	<-e.reported
	return e.stream.Close()
}
