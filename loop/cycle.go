package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// clockwork is what all lines need to know of one tick.
type clockwork struct {
	tick    backend.Tick
	rate    uint64 // of the device
	lenient bool   // the engine was late, or freewheels: nobody is to blame for a gap
}

// cycle moves what is due on every line: what the device has recorded goes to those that
// listen, and it plays what the others gave.
func (e *Engine) cycle(tick backend.Tick) error {
	c := clockwork{tick: tick, rate: e.rate}
	c.lenient = tick.Freewheel || tick.Position-e.position > 2*uint64(e.period)
	e.position = tick.Position
	if tick.Lost > 0 {
		e.lose(tick.Lost)
	}
	if e.input != nil {
		if err := e.input.record(e.stream, tick.Readable); err != nil {
			return err
		}
		e.desk.recorded(e.input)
	}
	if e.output != nil {
		e.output.begin(tick.Writable)
		e.output.paused = e.desk.paused[playing]
	}
	for ln := e.lines; ln != nil; {
		next := ln.next // ln may leave the list
		if over := ln.advance(&c); over != 0 {
			e.unlist(ln)
			ln.found(over)
		}
		ln = next
	}
	e.desk.meters.passed()
	e.desk.tail.passed(tick.Position, e.rate)
	if e.output == nil {
		return nil
	}
	e.desk.played(e.output, e.input)
	if e.output.state != busClear {
		e.desk.tail.sound(tick.Position)
	}
	e.desk.sounds(e.desk.tail.holds(tick.Position))
	return e.output.play(e.stream)
}

// lose counts what an xrun of the device has cost; it is the error of both its sides, and
// told by the first line of each.
func (e *Engine) lose(frames uint64) {
	e.xruns.Add(1)
	e.lost.Add(frames)
	for ln := e.lines; ln != nil; ln = ln.next {
		side := playing
		if ln.sink != nil {
			side = recording
		}
		ln.found(ln.fails(side, true))
	}
}

// advance moves what is due on one line, and returns a finding if the line is over.
func (ln *line) advance(c *clockwork) (over uint32) {
	switch {
	case ln.hub != nil && ln.sink != nil:
		return ln.gather(c)
	case ln.bus != nil && ln.sink != nil:
		return ln.listen(c)
	}
	avail, err := ln.available()
	if err != nil {
		return foundBadWriter
	}
	closing := ln.closing.Load()
	if !ln.anchored {
		ln.prime(c, avail, closing)
	} else if due := ln.falls(c); due > 0 {
		if over = ln.move(c, due, avail, closing); over != 0 {
			return over
		}
	}
	if w := ln.writer; w != nil {
		// Another drain may begin meanwhile: it is not to be lost.
		if to := w.drainTo.Load(); ln.drained(0) && ln.pending() == 0 && w.drainTo.CompareAndSwap(to, 0) {
			ln.found(foundDrain)
		}
	}
	if ln.reached() {
		ln.found(foundMark)
	}
	if closing && ln.anchored && ln.pending() == 0 {
		return ln.end()
	}
	return 0
}

// available is how many frames the writer has for the line.
func (ln *line) available() (frames int, err error) {
	if ln.source == nil {
		return 0, nil
	}
	if frames, err = ln.source.Avail(); frames > 0 {
		ln.quiet, ln.marked, ln.held = false, false, 0
	}
	if ln.writer.paused.Load() {
		frames = 0
	}
	return frames, err
}

// falls is how many frames have fallen due since the cycle before.
func (ln *line) falls(c *clockwork) int {
	switch {
	case ln.bus == nil:
	case ln.bus.paused:
		return 0
	default:
		return ln.bus.frames
	}
	total := audio.MulDiv(c.tick.Position-ln.anchor, ln.rate, c.rate)
	due := int(total - ln.due)
	ln.due = total
	return due
}

// prime starts the clock of the line when the writer is ready for it. Until then
// the anchor is where the engine got the line.
func (ln *line) prime(c *clockwork, avail int, closing bool) {
	waited := audio.MulDiv(c.tick.Position-ln.anchor, ln.writerRate, c.rate)
	if ln.source == nil || avail >= ln.primer || closing || ln.writer.drainTo.Load() != 0 || waited >= 2*uint64(ln.primer) {
		ln.anchored, ln.anchor = true, c.tick.Position
	}
}

// move brings due frames from the writer to the reader; the writer has written avail of
// its own.
func (ln *line) move(c *clockwork, due, avail int, closing bool) (over uint32) {
	have := ln.makes(avail)
	n := min(due, have)
	gap := due - n // silence
	excused := false
	ln.deaf = ln.reader != nil && ln.reader.paused.Load()
	if c.lenient && ln.source != nil && (ln.sink != nil || ln.firstTap() != nil) && !ln.deaf {
		room, err := ln.room(c.tick.Freewheel)
		if err != nil {
			return foundBadReader
		}
		if gap > 0 && !closing && ln.writer.drainTo.Load() == 0 {
			n = max(0, have-ln.period) // leave the writer a period to come back in
		}
		n = min(n, room)
		ln.loop.skipped.Add(uint64(due - n))
		gap, excused = 0, gap > 0
	}
	switch {
	case ln.source == nil, ln.writer.paused.Load(): // silence, and nobody's fault
		ln.dry = false
	case closing, ln.bus != nil && c.lenient:
		gap = 0
	case excused: // and a burst that has begun goes on
	default:
		gap -= ln.hold(n, gap)
		if mark := ln.writer.lastMark.Load(); mark != 0 && mark == ln.source.Taken()+uint64(avail) {
			ln.marked = true // no more frames are to come for now
		}
		ln.found(ln.underrun(gap))
	}
	if c.tick.Freewheel && ln.source == nil && ln.sink != nil && !ln.deaf { // silence waits for the reader, too
		room, err := ln.sink.Room()
		if err != nil {
			return foundBadReader
		}
		gap = min(gap, room)
	}
	var taken, dropped int
	if flows := n > 0; flows != ln.flowing.Load() {
		ln.flowing.Store(flows)
	}
	switch {
	case ln.bus != nil:
		taken, over = ln.mix(n)
	case ln.hub != nil:
		taken = ln.spread(c, n, gap)
	default:
		taken, dropped, over = ln.transfer(n, gap)
	}
	if over != 0 {
		return over
	}
	if ln.sink != nil {
		ln.found(ln.overrun(dropped))
	}
	switch {
	case ln.of != nil: // its hub counts
		n = 0
	case ln.writer != nil && ln.writer.role == pcm.Server:
		n = taken
	}
	ln.publish(c, n)
	return 0
}

// hold is how much of a gap after n frames to leave out, because the writer has
// drained: it is about to close, or to go on with something new.
func (ln *line) hold(n, gap int) int {
	ln.quiet = ln.quiet || ln.drained(ln.needs(n))
	if !ln.quiet {
		return 0
	}
	held := min(gap, int(ln.rate/2)-ln.held)
	ln.held += held
	return held
}

// underrun counts silence that the writer is to blame for, and returns what is new.
func (ln *line) underrun(frames int) (found uint32) {
	if frames == 0 || ln.quiet || ln.marked {
		ln.dry = false
		return 0
	}
	burst := !ln.dry
	ln.dry = true
	if ln.writer.countXrun(ln.source.Ring, burst, max(1, audio.MulDiv(uint64(frames), ln.writerRate, ln.rate))) {
		found = foundUnderrun
	}
	return found | ln.fails(playing, burst)
}

// overrun counts frames that the reader lost, and returns what is new.
func (ln *line) overrun(frames int) (found uint32) {
	if frames == 0 {
		ln.over = false
		return 0
	}
	burst := !ln.over
	ln.over = true
	if ln.reader.countXrun(ln.sink.Ring, burst, uint64(frames)) {
		found = foundOverrun
	}
	return found | ln.fails(recording, burst)
}

// fails raises the error of a side of the device, once a burst.
func (ln *line) fails(side int, burst bool) (found uint32) {
	if burst && ln.bus != nil && ln.of == nil && !ln.loop.engine.desk.failed[side].Swap(true) {
		return foundDeviceXrun
	}
	return 0
}

func (e *End) countXrun(r *ring.Ring, burst bool, frames uint64) (first bool) {
	r.CountXrun(burst, frames)
	e.xruns.frames.Add(frames)
	if burst {
		e.xruns.bursts.Add(1)
	}
	return !e.xruns.sticky.Swap(true)
}

// publish lets control and programs see how far the line is, by n frames of the server,
// and rings bells.
func (ln *line) publish(c *clockwork, n int) {
	ln.loop.frames.Add(uint64(n))
	if ln.source != nil {
		ln.source.SetClock(c.tick.Time)
		ln.tell(c, ln.source.Ring, playing)
		ln.writer.moved.Store(ln.source.Taken())
		if ln.source.Due() {
			ln.writer.host.Ring()
		}
	}
	if ln.sink != nil {
		ln.sink.SetClock(c.tick.Time)
		ln.tell(c, ln.sink.Ring, recording)
		ln.reader.moved.Store(ln.sink.Given())
		if ln.sink.Due() {
			ln.reader.host.Ring()
		}
	}
}

// tell says how much is between the ring and who hears it, or is recorded, in frames of
// the program: what the device holds, and what the converter does. Between two programs
// the converter's part is the writer's.
func (ln *line) tell(c *clockwork, r *ring.Ring, side int) {
	var delay uint64
	if ln.bus != nil && ln.of == nil {
		held := uint64(ln.loop.engine.desk.tail.delay[side].Load())
		delay = audio.MulDiv(held, uint64(r.Spec().Format.Rate), c.rate)
	}
	if ln.converter != nil && ln.converter.Holds() {
		switch latency := uint64(ln.converter.Latency()); {
		case side == playing:
			delay += latency
		case ln.source == nil:
			delay += audio.MulDiv(latency, ln.rate, ln.writerRate)
		}
	}
	r.SetDelay(uint32(delay))
}

// reached reports whether an eof mark's frames are taken.
func (ln *line) reached() bool {
	if ln.writer == nil {
		return false
	}
	mark := ln.writer.markTo.Load()
	return mark != 0 && ln.source.Taken() >= mark
}

// drained reports whether a drain's frames are taken once n more of the writer's are.
func (ln *line) drained(n int) bool {
	to := ln.writer.drainTo.Load()
	return to != 0 && ln.source.Taken()+uint64(n) >= to
}

// pending is how many frames are still to be moved of what was written before the writer
// closed, or drained.
func (ln *line) pending() int {
	n, err := ln.source.Avail()
	switch {
	case err != nil:
		return 0
	case ln.closing.Load():
		return ln.rest(n)
	case n > 0: // it went on writing
		return 0
	}
	return ln.rest(0)
}

// end closes the stream for the reader in the cycle that gave it the last frame,
// so that the end comes at once and not after a detour (D13). What a server under
// another policy than reset experiences is control's to say.
func (ln *line) end() uint32 {
	if r := ln.reader; r != nil && (r.role == pcm.Client || ln.loop.spec.OnClientClose == Reset) {
		ln.endSink()
	}
	for t := ln.firstTap(); t != nil; t = t.next {
		t.giveRest()
		t.endSink()
	}
	return foundEnd
}

// endSink is the end of the stream for the reader.
func (ln *line) endSink() {
	ln.sink.Publish(ring.Ended, audio.ErrReset.Errno())
	ln.reader.host.Ring()
}
