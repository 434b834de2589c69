package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// delivery is the end of a line whose program reads.
type delivery struct {
	*ring.Sink
	line  *Line
	end   *End
	place place // source of the frames

	overrunning bool // in a burst of overruns
	passedBy    bool // the program is paused: frames are not stored
}

// newDelivery makes the reading end of a line.
func newDelivery(ln *Line, r *End, from place) delivery {
	ln.paceWith(r.Period)
	return delivery{Sink: r.Sink, line: ln, end: r, place: from}
}

// roomToCatchUp returns how many frames the program may be given at once after the engine was late: at most half of its
// buffer, and a period less than there is room for. Whatever stopped the engine may have stopped the program, too, which is then
// to catch up before a cycle pushes frames out.
func (d *delivery) roomToCatchUp(t *tick) (frames int, err error) {
	frames, err = d.Room()
	if !t.Freewheel {
		frames = max(0, min(frames-d.end.Period, d.end.Buffer/2))
	}
	return frames, err
}

// give passes frames through the path, which makes n of them, to the program, and returns how many
// old frames they pushed out of the ring.
func (d *delivery) give(frames []byte, n int) (dropped int, err error) {
	p := &d.line.path
	size := p.from.FrameBytes()
	for n > 0 {
		part := min(n, d.Spec().Capacity)
		to1, to2, lost, err := d.Reserve(part)
		if err != nil {
			return dropped, err
		}
		if p.converter == nil {
			copyPieces(to1, to2, frames[:part*size], nil)
			frames = frames[part*size:]
		} else {
			_, taken1 := p.converter.Convert(to1, frames)
			_, taken2 := p.converter.Convert(to2, frames[taken1*size:])
			frames = frames[(taken1+taken2)*size:]
		}
		d.hand(part, to1, to2)
		dropped, n = dropped+lost, n-part
	}
	if p.converter != nil {
		p.converter.Keep(frames)
	}
	return dropped, nil
}

// emptyConverter gives the program what the converter holds at the end of the stream.
func (d *delivery) emptyConverter() {
	p := &d.line.path
	if !p.holds() {
		return
	}
	rest := p.converter.Rest(0)
	p.converter.Finish()
	_, _ = d.give(nil, rest) // a bad position is found in the reader's own turn
}

// giveSilence gives the program n frames of silence, and returns what give does.
func (d *delivery) giveSilence(n int) (dropped int, err error) {
	for n > 0 {
		part := min(n, d.Spec().Capacity)
		to1, to2, lost, err := d.Reserve(part)
		if err != nil {
			return dropped, err
		}
		d.end.Format.Encoding.Silence(to1)
		d.end.Format.Encoding.Silence(to2)
		d.hand(part, to1, to2)
		dropped, n = dropped+lost, n-part
	}
	return dropped, nil
}

// hand publishes n frames, already stored in a and b, to the program.
func (d *delivery) hand(n int, a, b []byte) {
	if m := d.end.watched(); m != nil {
		m.measure(a)
		m.measure(b)
	}
	if l := d.line.heard; l != nil {
		l.give(a)
		l.give(b)
	}
	d.Give(n)
}

// overrun counts frames the program lost; 0 ends a burst. It returns what is new.
func (d *delivery) overrun(frames int) (found Finding) {
	if frames == 0 {
		d.overrunning = false
		return 0
	}
	burst := !d.overrunning
	d.overrunning = true
	if d.end.countXrun(burst, uint64(frames)) {
		found = FoundOverrun
	}
	if burst {
		found |= d.place.xrun()
	}
	return found
}

// publish stores the line's progress for control and the program, and rings the program's bell.
// converting is the number of the program's frames inside a converter.
func (d *delivery) publish(t *tick, converting uint64) {
	before := framesBeyond(d.place, d.end, t)
	d.SetClock(t.Time)
	d.SetDelay(uint32(before + converting))
	d.end.Moved.Store(d.Given())
	if d.end.Routed {
		d.end.Offset.Store(int64(audio.MulDiv(t.Position, uint64(d.end.Format.Rate), t.rate)) - int64(d.Given()))
	}
	if d.Due() {
		d.end.Bell.Ring()
	}
}

// endStream ends the stream for the program in the cycle of its last frame, so that the end comes
// without delay. What a server sees under another policy than reset is up to control.
func (d *delivery) endStream() {
	if d.end.Server && !d.line.loop.Resets {
		return
	}
	d.Publish(ring.Ended, audio.ErrReset.Errno())
	d.end.Bell.Ring()
}
