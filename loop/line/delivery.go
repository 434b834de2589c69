package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// delivery is a program that reads, as the cycle brings frames to it.
type delivery struct {
	*ring.Sink
	line  *Line
	end   *End
	place place // where its frames come from

	overrunning bool // in a burst
	passedBy    bool // the program has paused: frames pass by (D22)
}

// newDelivery is the end of a line that its program reads.
func newDelivery(ln *Line, r *End, from place) *delivery {
	if ln.period == 0 || r.Period < ln.period {
		ln.period = r.Period
	}
	return &delivery{Sink: r.Sink, line: ln, end: r, place: from}
}

// give brings n frames to the program: those of frames, through the path. It returns how many
// old ones that pushed out of the ring.
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

// giveRest brings the program what the converter holds at the end of the stream.
func (d *delivery) giveRest() {
	p := &d.line.path
	if !p.holds() {
		return
	}
	rest := p.converter.Rest(0)
	p.converter.Finish()
	_, _ = d.give(nil, rest) // a reader that lies gets no more than that
}

// giveSilence brings n frames of it to the program.
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

// hand gives the program n frames, which are in a and b.
func (d *delivery) hand(n int, a, b []byte) {
	if m := d.end.watched(); m != nil {
		m.measure(a)
		m.measure(b)
	}
	d.Give(n)
}

// overrun counts frames that the program lost, and returns what is new.
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

// publish lets control and the program see how far the line is, and rings its bell. In a
// converter are so many frames of the program.
func (d *delivery) publish(t *tick, converting uint64) {
	before := held(d.place, d.end, t)
	d.SetClock(t.Time)
	d.SetDelay(uint32(before + converting))
	d.end.Moved.Store(d.Given())
	if d.Due() {
		d.end.Bell.Ring()
	}
}

// finish ends the stream for the program in the cycle that gave it the last frame, so that the
// end comes at once and not after a detour (D13). What a server under another policy than reset
// experiences is control's to say.
func (d *delivery) finish() {
	if d.end.Server && !d.line.loop.Resets {
		return
	}
	d.Publish(ring.Ended, audio.ErrReset.Errno())
	d.end.Bell.Ring()
}
