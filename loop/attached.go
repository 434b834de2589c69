package loop

import (
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// side is what an attached loop is connected with; nil for Detached. ErrInvalid: the
// device has no such side.
func (e *Engine) side(s Side) (*mixbus, error) {
	switch {
	case s == Detached:
		return nil, nil
	case s == PlaySide && e.output != nil:
		return e.output, nil
	case s == RecordSide && e.input != nil:
		return e.input, nil
	case s == PlaySide:
		return nil, audio.ErrInvalid.With("the device %s plays nothing", e.name)
	}
	return nil, audio.ErrInvalid.With("the device %s records nothing", e.name)
}

// clientDirection is what clients of an attached loop do.
func (l *Loop) clientDirection() pcm.Direction {
	if l.spec.Attached == RecordSide {
		return pcm.Read
	}
	return pcm.Write
}

// tryAttached is tryClient for an attached loop. The caller holds l.mu.
func (l *Loop) tryAttached(o pcm.Options, host Host) (e *End, err error, wait bool) {
	name, dir := l.spec.Name, l.clientDirection()
	f := o.Format.Or(l.spec.Format)
	switch {
	case l.engine.Err() != nil:
		return nil, audio.ErrIO.With("%s: the device %s has failed: %v", name, l.engine.name, l.engine.Err()), false
	case o.Direction&dir == 0:
		return nil, audio.ErrAccess.With("%s: the device %s %ss, so a client can only %s", name, l.engine.name, dir.Opposite(), dir), false
	case l.spec.Exclusive && len(l.clients) > 0:
		holder := l.clients[0].holder
		return nil, audio.ErrBusy.With("%s: the client end is held by %s (pid %d); stop it, or wait for it", name, holder.Program, holder.PID), true
	}
	if err := l.checkFormat(f); err != nil {
		return nil, err, false
	}
	if e, err = l.newEnd(o, dir, f, host); err != nil {
		return nil, err, false
	}
	l.clients = append(l.clients, e)
	l.engine.clients(l.spec.Attached, 1)
	l.emit(Event{Kind: Opened, End: pcm.Client, Holder: e.holder})
	return e, nil, false
}

// runAttached makes a session of every client that wants one: the device is always
// there. The caller holds l.mu.
func (l *Loop) runAttached() {
	for _, c := range l.clients {
		if c.state != ring.Armed || c.line != nil {
			continue
		}
		w, r := c.ends(nil)
		ln, err := newLine(l, w, r)
		if err != nil {
			c.set(ring.Ended, syscall.EINVAL)
			continue
		}
		l.sessions.Add(1)
		c.set(ring.Running, 0)
		l.link(ln)
	}
}

// deviceStatus is the device as the server end. The caller holds l.mu.
func (l *Loop) deviceStatus() EndStatus {
	s := EndStatus{
		Open: true, State: ring.Armed, Direction: l.clientDirection().Opposite(),
		Holder: pcm.Holder{Program: "device " + l.engine.name}, Format: l.bus.format,
	}
	for _, c := range l.clients {
		if c.state == ring.Running {
			s.State = ring.Running
		}
	}
	return s
}

// A line of an attached loop has a device at its other end instead of a program: frames
// go from a writer onto what the device plays, or from what it records to a reader. The
// device asks for the frames of each cycle, so there is no clock to be counted.

// mix puts n frames of the writer onto the bus.
func (ln *line) mix(n int) (taken int, over uint32) {
	before := ln.source.Taken()
	if n == 0 {
		ln.fader.Jump()
		return 0, 0
	}
	if ln.converter == nil {
		from1, from2 := ln.source.Peek(n)
		ln.bus.addRaw(from1, from2, ln.fader)
		ln.source.Take(n)
	} else {
		to := ln.bus.floats[:n*ln.frameBytes]
		if !ln.convert(to) {
			return 0, foundBadWriter
		}
		ln.bus.addFloat(to, ln.fader)
		ln.countBad()
	}
	return int(ln.source.Taken() - before), 0
}

// listen brings what the device has recorded to a reader.
func (ln *line) listen(c *clockwork) (over uint32) {
	ln.deaf = ln.reader.paused.Load() || ln.bus.paused
	frames, size := ln.bus.bytes(), ln.bus.format.FrameBytes()
	n, dropped := ln.makes(ln.bus.frames), 0
	if ln.deaf { // they pass by (D22)
		n = 0
	}
	heard := 0 // frames of the device
	if !ln.deaf {
		heard = ln.bus.frames
	}
	for left := n; left > 0; {
		part := min(left, ln.sink.Spec().Capacity)
		to1, to2, lost, err := ln.sink.Reserve(part)
		if err != nil {
			return foundBadReader
		}
		if ln.converter == nil {
			copyPieces(to1, to2, frames[:part*size], nil)
			frames = frames[part*size:]
		} else {
			_, taken1 := ln.converter.Convert(to1, frames)
			_, taken2 := ln.converter.Convert(to2, frames[taken1*size:])
			frames = frames[(taken1+taken2)*size:]
		}
		ln.sink.Give(part)
		dropped, left = dropped+lost, left-part
	}
	if ln.converter != nil && !ln.deaf {
		ln.converter.Keep(frames)
	}
	if ln.overrun(dropped) {
		ln.found(foundOverrun)
	}
	ln.publish(c, heard)
	return 0
}
