package loop

import (
	"runtime"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/mixer"
)

// run is the engine's goroutine.
func (e *Engine) run(thread func()) {
	if p, ok := backend.As[backend.Parker](e.stream); !ok || !p.Parks() {
		runtime.LockOSThread() // never unlocked: the thread, with its priority, ends with the goroutine
		if thread != nil {
			thread()
		}
	}
	if e.serves != nil {
		close(e.serves)
	}
	defer close(e.stopped)
	for !e.quit {
		if e.failed {
			<-e.wake
			e.obey()
			continue
		}
		tick, err := e.next()
		if err != nil {
			e.fail(err)
			continue
		}
		e.tick = tick
		woke := e.timing.wake()
		if restarted := e.obey(); restarted {
			tick = backend.Tick{}
		}
		if e.running {
			e.cycles.Add(1)
			due := tick.Position > e.position && !tick.Freewheel
			if err := e.cycle(tick); err != nil {
				e.fail(err)
				continue
			}
			e.timing.count(&tick, woke, due)
			e.settle()
		}
	}
	e.obey() // the last commands
}

// next waits for the next tick. After a handover the first one is that which the process before has not come to.
func (e *Engine) next() (backend.Tick, error) {
	if e.inherits {
		e.inherits = false
		return e.tick, nil
	}
	return e.stream.Wait()
}

// cycle moves what is due on every line: from the device to recording clients, between programs,
// and from playing clients to the device.
func (e *Engine) cycle(t backend.Tick) error {
	late := t.Position-e.position > 2*uint64(e.period)
	e.position = t.Position
	if t.Lost > 0 {
		e.xruns.Add(1)
		e.lost.Add(t.Lost)
		e.lines.Lose()
	}
	if err := e.device.Record(e.stream, t.Readable); err != nil {
		return err
	}
	e.lines.Begin(t, late || t.Freewheel)
	e.device.Begin(t.Writable)
	e.lines.Play()
	if err := e.device.Play(e.stream, t.Position, e.rate); err != nil {
		return err
	}
	e.lines.Hear()
	return nil
}

// obey runs the commands, and reports whether the clock was restarted.
func (e *Engine) obey() (restarted bool) {
	was := e.running
	e.runCommands()
	e.settle()
	return e.running && !was
}

// settle starts and stops the clock, and sets its pace, as lines and device need. It stops the
// clock only when all sound is played.
func (e *Engine) settle() {
	if e.lines.Changed() {
		e.pace()
	}
	want := !e.failed && (e.always && !e.quit || e.lines.Any() || e.device.Needed(e.position, e.running && !e.quit))
	if want == e.running {
		return
	}
	e.running = want
	e.ticking.Store(want)
	var err error
	if want {
		e.position = 0
		e.device.Start()
		e.lines.Start()
		err = e.stream.Start()
	} else {
		e.device.Stop()
		err = e.stream.Stop()
	}
	if err != nil {
		e.fail(err)
	}
}

// fail ends all lines because the device failed.
func (e *Engine) fail(err error) {
	e.failed, e.running = true, false
	e.ticking.Store(false)
	e.err.Store(&err)
	e.lines.Drop()
}

// Add gives the engine a line, and blocks until it has it. Any goroutine but the engine's may call it.
func (e *Engine) Add(ln *line.Line) {
	e.do(func() {
		switch {
		case e.failed:
			e.lines.Refuse(ln)
		case e.running:
			e.lines.Add(ln, e.position)
		default:
			e.lines.Add(ln, 0)
		}
	})
}

// Remove takes a line from the engine, if it is still there, and blocks until the engine no longer
// touches the line's rings. Any goroutine but the engine's may call it.
func (e *Engine) Remove(ln *line.Line) { e.do(func() { e.lines.Remove(ln) }) }

// Finish lets a line end by itself in the next cycle. It does not block.
func (e *Engine) Finish(ln *line.Line) {
	ln.Closing.Store(true)
	e.stream.Wake()
}

// Fade changes the settings of a line; wait blocks until they are in effect.
func (e *Engine) Fade(ln *line.Line, settings ...mixer.Setting) (wait func()) {
	return e.post(ln.Fade(settings...))
}

// pace asks the device for the period the lines need.
func (e *Engine) pace() {
	if e.pacer == nil {
		return
	}
	if period := e.lines.Pace(); period != e.period {
		e.period = e.pacer.SetPeriod(period)
	}
}

// sideBus returns the bus of a side of the device. ErrInvalid: the device has no such side.
func (e *Engine) sideBus(s audio.Direction) (*line.Bus, error) {
	switch {
	case s == audio.Play && e.device.Out != nil:
		return e.lines.Played, nil
	case s == audio.Record && e.device.In != nil:
		return e.lines.Recorded, nil
	case s == audio.Play:
		return nil, audio.ErrInvalid.With("the device %s plays nothing", e.name)
	}
	return nil, audio.ErrInvalid.With("the device %s records nothing", e.name)
}
