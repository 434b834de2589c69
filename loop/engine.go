package loop

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/event"
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

	input, output *mixbus // nil: the device does not record, or play
	desk          *desk
	auto          *autoPort // nil: ports stay as they are
	note          func(error)
	bay           *Patchbay      // that it was added to; nil: none yet
	following     sync.WaitGroup // follow

	commands atomic.Pointer[command]
	reports  atomic.Pointer[line]
	kick     chan struct{} // wakes the reporter
	wake     chan struct{} // wakes the engine when it has no device any more
	stopped  chan struct{} // closed when the engine's goroutine has left
	reported chan struct{} // closed when the reporter's has
	ridden   chan struct{} // closed when the rider's has

	// The engine goroutine's.
	lines    *line
	position uint64 // of the last tick
	period   int    // frames between two ticks
	running  bool
	failed   bool // the device is gone
	quit     bool

	cycles atomic.Uint64
	xruns  atomic.Uint64 // of the device, and frames that they cost
	lost   atomic.Uint64
	active atomic.Int64 // lines
	err    atomic.Pointer[error]
	mourns atomic.Bool // it was told that the device has failed
}

// NewEngine starts the engine of an open, stopped stream, which it owns from now
// on and closes in Close. name is the device's.
func NewEngine(name string, s backend.Stream) *Engine { return newEngine(name, s, EngineOptions{}) }

// EngineOptions are what an engine may have beyond its stream.
type EngineOptions struct {
	// Ports are those of the device.
	Ports DevicePorts
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

// NewEngineWith is NewEngine with options. ErrInvalid: the ports do not fit the stream,
// which is then still the caller's.
func NewEngineWith(name string, s backend.Stream, o EngineOptions) (*Engine, error) {
	if err := o.Ports.check(s.Granted()); err != nil {
		return nil, err
	}
	return newEngine(name, s, o), nil
}

func newEngine(name string, s backend.Stream, o EngineOptions) *Engine {
	p := o.Ports
	granted := s.Granted()
	e := &Engine{
		name: name, stream: s, rate: uint64(granted.Format.Rate), usual: granted.Period, period: granted.Period,
		kick: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		stopped: make(chan struct{}), reported: make(chan struct{}), ridden: make(chan struct{}),
	}
	e.pacer, _ = backend.As[backend.Pacer](s)
	e.desk = newDesk(granted, p)
	e.desk.tail.of(s)
	e.desk.controller, _ = backend.As[backend.Controller](s)
	e.desk.plugged()
	e.desk.split = e.desk.heard()
	e.desk.found = e.desk.split.muted
	frames := granted.Period * granted.Periods
	if granted.Play {
		e.output = newMixbus(p.Play.format(granted.Format), frames)
		e.output.ports = e.desk.ports[playing]
	}
	if granted.Record {
		e.input = newMixbus(p.Record.format(granted.Format), frames)
		e.input.ports = e.desk.ports[recording]
	}
	go e.run(o.Thread)
	go e.runReporter()
	if e.note = o.Note; e.note == nil {
		e.note = func(error) {}
	}
	if o.AutoPort {
		e.auto = &autoPort{engine: e}
	}
	if e.desk.controller != nil {
		go e.runRider()
	} else {
		close(e.ridden)
	}
	return e
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

// Xruns counts the xruns of the device itself, and the frames that they cost. From any
// goroutine.
func (e *Engine) Xruns() (bursts, frames uint64) { return e.xruns.Load(), e.lost.Load() }

// Err is why the device is of no more use; nil while it is.
func (e *Engine) Err() error {
	if err := e.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Close ends the engine and closes its stream. Its loops must have been removed.
func (e *Engine) Close() error {
	e.do(func() { e.quit = true })
	<-e.stopped
	<-e.ridden
	e.following.Wait()
	close(e.kick)
	<-e.reported
	return e.stream.Close()
}

// run is the engine's goroutine.
func (e *Engine) run(thread func()) {
	if p, ok := backend.As[backend.Parker](e.stream); !ok || !p.Parks() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine, and so does its priority
		if thread != nil {
			thread()
		}
	}
	defer close(e.stopped)
	for !e.quit {
		if e.failed {
			<-e.wake
			e.obey()
			continue
		}
		tick, err := e.stream.Wait()
		if err != nil {
			e.fail(err)
			continue
		}
		if restarted := e.obey(); restarted {
			tick = backend.Tick{}
		}
		if e.running {
			e.cycles.Add(1)
			if err := e.cycle(tick); err != nil {
				e.fail(err)
				continue
			}
			e.settle()
		}
	}
	e.obey() // answer what came in between
}

// obey applies the commands, and reports whether the clock began anew.
func (e *Engine) obey() (restarted bool) {
	was := e.running
	e.runCommands()
	e.settle()
	return e.running && !was
}

// settle starts and stops the clock, and sets its pace, as the lines want it: at
// the smallest period of all sessions, but no slower than configured. It stops when all is
// heard.
func (e *Engine) settle() {
	want := (e.lines != nil || e.desk.monitors()) && !e.failed
	if !want && e.running && !e.failed && !e.quit {
		want = e.desk.tail.sounds(e.position)
	}
	if want == e.running {
		return
	}
	e.running = want
	var err error
	if want {
		e.position = 0
		e.desk.begin()
		e.desk.tail.begin()
		err = e.stream.Start()
	} else {
		e.desk.rest()
		err = e.stream.Stop()
	}
	if err != nil {
		e.fail(err)
	}
}

// pace asks the device for the tick that the lines need.
func (e *Engine) pace() {
	if e.pacer == nil {
		return
	}
	period := e.usual
	for ln := e.lines; ln != nil; ln = ln.next {
		period = min(period, ln.pace(e.rate))
		for t := ln.firstTap(); t != nil; t = t.next {
			period = min(period, t.pace(e.rate))
		}
	}
	if period != e.period {
		e.period = e.pacer.SetPeriod(period)
	}
}

// pace is the period of a line in frames of the device.
func (ln *line) pace(rate uint64) int {
	return max(1, int(audio.MulDiv(uint64(ln.period), rate, ln.rate)))
}

// fail ends all lines of a device that is gone.
func (e *Engine) fail(err error) {
	e.failed, e.running = true, false
	e.err.Store(&err)
	for ln := e.lines; ln != nil; ln = e.lines {
		for t := ln.firstTap(); t != nil; t = ln.firstTap() {
			e.unlist(t)
			t.found(foundDeadDevice)
		}
		e.unlist(ln)
		ln.found(foundDeadDevice)
	}
}

// mourn reports whether it is new that the device has failed.
func (e *Engine) mourn() bool { return !e.mourns.Swap(true) }

// add gives the engine a line.
func (e *Engine) add(ln *line) {
	e.do(func() {
		switch of := ln.of; {
		case e.failed:
			ln.found(foundDeadDevice)
			return
		case of != nil && (!of.listed || of.hub.over):
			ln.found(foundTooLate)
			return
		case of != nil && of.hub.taps == nil && ln.loop.spec.OnClientClose != Silence:
			of.anchored = false // its clock begins with this client
		}
		ln.anchor = 0
		if e.running {
			ln.anchor = e.position
		}
		first := e.list(ln)
		ln.next, ln.prev = *first, nil
		if ln.next != nil {
			ln.next.prev = ln
		}
		*first, ln.listed = ln, true
		e.active.Add(1)
		e.pace()
	})
}

// list is where a line is listed.
func (e *Engine) list(ln *line) (first **line) {
	if ln.of != nil {
		return &ln.of.hub.taps
	}
	return &e.lines
}

// remove takes a line away, if the engine still has it. When it returns the engine
// does not touch the line's rings any more.
func (e *Engine) remove(ln *line) { e.do(func() { e.unlist(ln) }) }

// unlist is remove on the engine's goroutine.
func (e *Engine) unlist(ln *line) {
	if !ln.listed {
		return
	}
	ln.listed = false
	if ln.prev != nil {
		ln.prev.next = ln.next
	} else {
		*e.list(ln) = ln.next
	}
	if ln.next != nil {
		ln.next.prev = ln.prev
	}
	ln.next, ln.prev = nil, nil
	e.active.Add(-1)
	e.pace()
}
