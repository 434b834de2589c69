package loop

import (
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

// deviceAdmits is admits for an attached loop. The caller holds l.mu.
func (l *Loop) deviceAdmits(want pcm.Direction) (dir pcm.Direction, err error, wait bool) {
	name, dir := l.spec.Name, l.clientDirection()
	switch {
	case l.engine.Err() != nil:
		return 0, audio.ErrIO.With("%s: the device %s has failed: %v", name, l.engine.name, l.engine.Err()), false
	case want&dir == 0:
		return 0, audio.ErrAccess.With("%s: the device %s %ss, so a client can only %s", name, l.engine.name, dir.Opposite(), dir), false
	}
	return dir, nil, false
}

// deviceStatus is the device as the server end. The caller holds l.mu.
func (l *Loop) deviceStatus() EndStatus {
	s := EndStatus{
		Open: true, State: ring.Armed, Direction: l.clientDirection().Opposite(),
		Holder: pcm.Holder{Program: "device " + l.engine.name}, Format: l.format(),
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
		ln.take(n)
	} else {
		to := ln.bus.floats[:n*ln.frameBytes]
		if !ln.convert(to) {
			return 0, foundBadWriter
		}
		if ln.raw {
			ln.bus.addRaw(to, nil, ln.fader)
		} else {
			ln.bus.addFloat(to, ln.fader)
		}
		ln.countBad()
	}
	return int(ln.source.Taken() - before), 0
}

// listen brings what the device has recorded, or a server has written, to a reader.
func (ln *line) listen(c *clockwork) (over uint32) {
	ln.deaf = ln.reader.paused.Load() || ln.bus.paused
	if ln.deaf { // they pass by (D22)
		ln.publish(c, 0)
		return 0
	}
	frames := ln.bus.bytes()
	dropped, err := ln.give(frames, ln.makes(ln.bus.frames))
	if err != nil {
		return foundBadReader
	}
	if ln.bus.frames > 0 { // a cycle without frames ends no burst
		ln.found(ln.overrun(dropped))
	}
	heard := ln.bus.frames
	if ln.of != nil { // its hub counts for all
		heard = 0
	}
	ln.publish(c, heard)
	return 0
}

// give makes n frames for the reader of those of the bus.
func (ln *line) give(frames []byte, n int) (dropped int, err error) {
	size := ln.frameBytes
	if ln.converter != nil {
		size = ln.bus.format.FrameBytes()
	}
	for n > 0 {
		part := min(n, ln.sink.Spec().Capacity)
		to1, to2, lost, err := ln.sink.Reserve(part)
		if err != nil {
			return dropped, err
		}
		if ln.converter == nil {
			copyPieces(to1, to2, frames[:part*size], nil)
			frames = frames[part*size:]
		} else {
			_, taken1 := ln.converter.Convert(to1, frames)
			_, taken2 := ln.converter.Convert(to2, frames[taken1*size:])
			frames = frames[(taken1+taken2)*size:]
		}
		ln.hand(part, to1, to2)
		dropped, n = dropped+lost, n-part
	}
	if ln.converter != nil {
		ln.converter.Keep(frames)
	}
	return dropped, nil
}

// giveRest gives the reader what the converter holds at the end of the stream.
func (ln *line) giveRest() {
	if ln.converter == nil || !ln.converter.Holds() {
		return
	}
	rest := ln.converter.Rest(0)
	ln.converter.Finish()
	_, _ = ln.give(nil, rest) // a reader that lies gets no more than that
}
