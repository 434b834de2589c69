package loop

import (
	"runtime"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

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

// cycle moves what is due on every line: what the device has recorded goes to those that
// listen, programs play to programs, and the device plays what the others gave.
func (e *Engine) cycle(now backend.Tick) error {
	e.tick = tick{Tick: now, rate: e.rate}
	t := &e.tick
	t.lenient = now.Freewheel || now.Position-e.position > 2*uint64(e.period)
	e.position = now.Position
	if now.Lost > 0 {
		e.lose(now.Lost)
	}
	if err := e.device.Record(e.stream, now.Readable); err != nil {
		return err
	}
	e.recorded.lines.advance(t)
	e.lines.advance(t)
	e.device.Begin(now.Writable)
	e.played.lines.advance(t)
	return e.device.Play(e.stream, now.Position, e.rate)
}

// lose counts what an xrun of the device has cost; it is the error of both its sides, and told
// by the first line of each.
func (e *Engine) lose(frames uint64) {
	e.xruns.Add(1)
	e.lost.Add(frames)
	for _, side := range [...]*bus{e.played, e.recorded} {
		if ln := side.lines.first; ln != nil {
			ln.found(side.xrun())
		}
	}
}

// obey applies the commands, and reports whether the clock began anew.
func (e *Engine) obey() (restarted bool) {
	was := e.running
	e.runCommands()
	e.settle()
	return e.running && !was
}

// settle starts and stops the clock as lines and device want it. It stops when all is heard.
func (e *Engine) settle() {
	want := !e.failed && (e.listed > 0 || e.device.Needed(e.position, e.running && !e.quit))
	if want == e.running {
		return
	}
	e.running = want
	var err error
	if want {
		e.position = 0
		e.device.Start()
		err = e.stream.Start()
	} else {
		e.device.Stop()
		err = e.stream.Stop()
	}
	if err != nil {
		e.fail(err)
	}
}

// fail ends all lines of a device that is gone.
func (e *Engine) fail(err error) {
	e.failed, e.running = true, false
	e.err.Store(&err)
	for _, list := range e.lists() {
		e.drop(list)
	}
}

// drop ends the lines of a list, and those that belong to them.
func (e *Engine) drop(list *lineList) {
	for ln := list.first; ln != nil; ln = list.first {
		e.drop(ln.members())
		e.unlist(ln)
		ln.found(foundDeadDevice)
	}
}

// lists are all that a cycle advances.
func (e *Engine) lists() [3]*lineList {
	return [...]*lineList{&e.recorded.lines, &e.lines, &e.played.lines}
}

// add gives the engine a line, to be in a list.
func (e *Engine) add(ln *line) {
	e.do(func() {
		switch g := ln.joins; {
		case e.failed:
			ln.found(foundDeadDevice)
			return
		case g != nil && (g.server.list == nil || g.ended):
			ln.found(foundTooLate)
			return
		case g != nil && g.bus.lines.first == nil && ln.loop.spec.OnClientClose != Silence:
			g.server.clock.anchored = false // its clock begins with this client
		}
		if ln.clock.anchor = 0; e.running {
			ln.clock.anchor = e.position
		}
		e.listOf(ln).push(ln)
		e.listed++
		e.pace()
	})
}

// listOf is where a line belongs.
func (e *Engine) listOf(ln *line) *lineList {
	switch k := ln.kind.(type) {
	case *feed:
		return &k.to.lines
	case *tap:
		return &k.from.lines
	}
	return &e.lines
}

// remove takes a line away, if the engine still has it. When it returns the engine does not
// touch the line's rings any more.
func (e *Engine) remove(ln *line) { e.do(func() { e.unlist(ln) }) }

// unlist is remove on the engine's goroutine.
func (e *Engine) unlist(ln *line) {
	if ln.list == nil {
		return
	}
	ln.list.remove(ln)
	e.listed--
	e.pace()
}

// pace asks the device for the tick that the lines need: the smallest period of all sessions,
// but no slower than configured.
func (e *Engine) pace() {
	if e.pacer == nil {
		return
	}
	period := e.usual
	for _, list := range e.lists() {
		for ln := list.first; ln != nil; ln = ln.next {
			period = min(period, ln.pace(e.rate))
			for member := ln.members().first; member != nil; member = member.next {
				period = min(period, member.pace(e.rate))
			}
		}
	}
	if period != e.period {
		e.period = e.pacer.SetPeriod(period)
	}
}

// sideBus is where a loop that is attached to a side of the device meets it. ErrInvalid: the
// device has no such side.
func (e *Engine) sideBus(s Side) (*bus, error) {
	switch {
	case s == PlaySide && e.device.Out != nil:
		return e.played, nil
	case s == RecordSide && e.device.In != nil:
		return e.recorded, nil
	case s == PlaySide:
		return nil, audio.ErrInvalid.With("the device %s plays nothing", e.name)
	}
	return nil, audio.ErrInvalid.With("the device %s records nothing", e.name)
}
