package loop

import (
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Engine drives the loops of one device: it owns the device's thread and every
// frame that is moved with its clock. While no session runs the device is stopped
// and the engine sleeps.
type Engine struct {
	name   string
	stream backend.Stream
	pacer  backend.Pacer // nil: the period is what it is
	rate   uint64
	usual  int // frames, the configured period

	device *device.Device
	lines  *line.Set
	auto   *device.AutoPort // nil: ports stay as they are
	note   func(error)
	bay    *Patchbay      // that it was added to; nil: none yet
	beside sync.WaitGroup // follower and rider

	commands atomic.Pointer[command]
	wake     chan struct{} // wakes the engine when it has no device any more
	stopped  chan struct{} // closed when the engine's goroutine has left
	reported chan struct{} // closed when the reporter's has

	// The engine goroutine's.
	position uint64 // of the last tick
	period   int    // frames between two ticks
	running  bool
	failed   bool // the device is gone
	quit     bool

	cycles    atomic.Uint64
	xruns     atomic.Uint64 // of the device, and frames that they cost
	lost      atomic.Uint64
	err       atomic.Pointer[error]
	toldError atomic.Bool // everybody was told that the device has failed
}

// EngineOptions are what an engine may have beyond its stream.
type EngineOptions struct {
	// Ports are those of the device.
	Ports device.Ports
	// AutoPort has the device use what is plugged in, from AddDevice on. Without a
	// backend.Controller nothing ever is.
	AutoPort bool
	// Note is told what goes wrong without a caller who could be told. From any goroutine;
	// nil: nobody is.
	Note func(error)
	// Thread is called on the engine's own thread before its first Wait. Not for a
	// backend.Parker, which has none. nil: nothing is.
	Thread func()
}

// NewEngine is NewEngineWith without options.
func NewEngine(name string, s backend.Stream) *Engine {
	e, _ := NewEngineWith(name, s, EngineOptions{}) // no ports fit every stream
	return e
}

// NewEngineWith starts the engine of an open, stopped stream, which it owns from now on and
// closes in Close. name is the device's. ErrInvalid: the ports do not fit the stream, which is
// then still the caller's.
func NewEngineWith(name string, s backend.Stream, o EngineOptions) (*Engine, error) {
	e, err := newEngine(name, s, o)
	if err != nil {
		return nil, err
	}
	go e.run(o.Thread)
	go func() {
		defer close(e.reported)
		e.lines.Report()
	}()
	e.beside.Go(func() { e.device.Ride(e.stopped) })
	return e, nil
}

// newEngine is an engine that does not run.
func newEngine(name string, s backend.Stream, o EngineOptions) (*Engine, error) {
	granted := s.Granted()
	e := &Engine{
		name: name, stream: s, rate: uint64(granted.Format.Rate), usual: granted.Period, period: granted.Period,
		note: o.Note, wake: make(chan struct{}, 1),
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
		e.auto = device.NewAutoPort(e.device, func(p state.Patch) error {
			_, err := e.Set(p)
			return err
		})
	}
	return e, nil
}

// Name is the device's name.
func (e *Engine) Name() string { return e.name }

// Holder implements Subject: a device is nobody's.
func (e *Engine) Holder() pcm.Holder { return pcm.Holder{} }

// tell tells everybody of a device that was added to a Patchbay. Not for the engine's
// goroutine.
func (e *Engine) tell(ev event.Event) {
	if e.bay != nil {
		ev.Device = e.name
		e.bay.events.Tell(ev)
	}
}

// Cycles counts how often the engine has looked at its lines.
func (e *Engine) Cycles() uint64 { return e.cycles.Load() }

// Granted is what its stream does. From any goroutine.
func (e *Engine) Granted() backend.Config { return e.stream.Granted() }

// RunsOn is the device that its stream runs on now, where that may change; else its name.
// From any goroutine.
func (e *Engine) RunsOn() string {
	if s, ok := backend.As[backend.Switcher](e.stream); ok {
		return s.Device()
	}
	return e.name
}

// Info implements Subject.
func (e *Engine) Info() state.Info { return e.device.Info() }

// Levels implements Subject: behind the controls of the device.
func (e *Engine) Levels() device.Levels { return e.device.Levels() }

// Restore implements Subject.
func (e *Engine) Restore(saved state.Saved) error { return e.device.Restore(saved) }

// Set implements Subject. An error may also be of the hardware.
func (e *Engine) Set(p state.Patch) (state.Reply, error) {
	reply, err := e.device.Set(p)
	if err == nil {
		e.tell(event.Event{Kind: event.Set, Changes: reply.Changes})
	}
	return reply, err
}

// Xruns returns the xruns of the device itself, and the frames that they cost. From any
// goroutine.
func (e *Engine) Xruns() (bursts, frames uint64) { return e.xruns.Load(), e.lost.Load() }

// Err returns why the device is of no more use; nil while it is.
func (e *Engine) Err() error {
	if err := e.err.Load(); err != nil {
		return *err
	}
	return nil
}

// markFailed reports whether this is the first call.
func (e *Engine) markFailed() bool { return !e.toldError.Swap(true) }

// Close ends the engine and closes its stream. Its loops must have been removed.
func (e *Engine) Close() error {
	e.do(func() { e.quit = true })
	<-e.stopped
	e.beside.Wait()
	e.lines.EndReports()
	<-e.reported
	return e.stream.Close()
}
