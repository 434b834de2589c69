package loop

import (
	"sync/atomic"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
)

// line is the session of a loop in the engine: frames go from source to sink. The
// engine's goroutine owns all that is not said to be otherwise.
type line struct {
	// Set once, before the engine gets it.
	loop           *Loop
	writer, reader *End // one of them is nil where a session has one program
	source         *ring.Source
	sink           *ring.Sink
	converter      *convert.Converter // nil: both ends have one format
	rate           uint64             // of what comes out, whose frames are meant unless it is said otherwise
	writerRate     uint64
	encoding       audio.Encoding // of what comes out
	frameBytes     int            // of it
	converts       bool           // there is one, as control knows; guarded by loop.mu
	raw            bool           // it only rearranges channels
	fader          *mixer.Fader   // of both ends; a converter's where there is a reader
	bus            *mixbus        // of a device, or of a hub, which is the other end; nil: a program is
	hub            *hub           // of the server of a shared loop
	of             *line          // the hub that this is a tap of
	period         int            // the smaller of both ends
	primer         int            // frames that the writer has to have before the clock counts
	alone          bool           // one end, under the policy silence

	unlinked bool // guarded by loop.mu

	// Between control and engine.
	closing  atomic.Bool // the writer has gone: deliver the rest, then end
	findings atomic.Uint32
	reported *line // next in Engine.reports

	// The engine's.
	next, prev *line
	listed     bool
	anchored   bool
	anchor     uint64      // device position, at first that at which the line came
	due        uint64      // frames that the clock has asked for since the anchor
	dry, over  bool        // in a burst of underruns, of overruns
	deaf       bool        // the reader has paused
	quiet      bool        // running dry is expected: it was drained (D21)
	marked     bool        // as well: it has an eof mark
	flowing    atomic.Bool // the writer has frames; any goroutine may look
	held       int         // frames that the clock has stood still since then
	bad        uint64      // of the converter, as far as counted
}

// What the engine found out about a line, for the reporter.
const (
	foundEnd        uint32 = 1 << iota // closing, and all is delivered
	foundUnderrun                      // the writer's sticky flag went up
	foundOverrun                       // the reader's sticky flag went up
	foundDrain                         // a drain's position was reached
	foundMark                          // an eof mark was reached
	foundBadWriter                     // it lies about its position
	foundBadReader                     //
	foundDeadDevice                    // the clock is gone
	foundDeviceXrun                    // the device's sticky flag went up
	foundTooLate                       // a tap of a hub whose stream has ended
)

// newLine makes the session of a writer and a reader. Where one of them is nil the device
// of an attached loop takes its place, or the hub it is a tap of, elsewhere nobody does:
// the policy silence. It allocates, and designs a filter where the rates differ.
// ErrInvalid: they are too far apart.
func newLine(l *Loop, w, r *End, of *line) (*line, error) {
	ln := &line{loop: l, writer: w, reader: r, bus: l.bus, of: of}
	if of != nil {
		ln.bus = of.hub.bus
	}
	ln.alone = ln.bus == nil && (w == nil || r == nil)
	from, to := ln.formats()
	latency := 0
	if !ln.alone && l.spec.Convert.Needed(from, to) {
		if ln.raw = l.spec.Convert.Rearranged(from, to); r == nil && !ln.raw {
			to.Encoding = audio.FloatLE
		}
		var err error
		if ln.converter, err = convert.New(from, to, l.spec.Convert); err != nil {
			return nil, err
		}
		latency = ln.converter.Latency()
	}
	ln.rate, ln.writerRate = uint64(to.Rate), uint64(from.Rate)
	ln.encoding, ln.frameBytes = to.Encoding, to.FrameBytes()
	if r != nil {
		ln.sink, ln.period = r.sink, r.period
	}
	if w != nil {
		ln.source = w.source
		ln.primer = min(w.period+latency, w.buffer)
		ln.closing.Store(w.gone)
		if period := max(1, int(audio.MulDiv(uint64(w.period), ln.rate, ln.writerRate))); r == nil || period < ln.period {
			ln.period = period
		}
	}
	ln.fader = mixer.NewFaderFor(to, ln.settings()...)
	switch ln.converts = ln.converter != nil; {
	case ln.converts && r != nil:
		ln.converter.Through(ln.fader)
	case !ln.fader.Unity():
		ln.converter = ln.converterForFader()
	}
	return ln, nil
}

// formats are those of what goes in and of what comes out, with the positions of both as
// they are to be understood (see "Positions" of the package comment).
func (ln *line) formats() (from, to audio.Format) {
	if ln.bus != nil {
		from = ln.bus.format
		from.Positions = ln.loop.format().Positions
		to = from
	}
	if ln.writer != nil {
		from = ln.writer.format
	}
	if ln.reader != nil {
		to = ln.reader.format
	}
	switch {
	case ln.alone && ln.writer != nil:
		to = from
	case ln.alone:
		from = to
	default:
		loop, client := &from, &to
		if ln.writer != nil && ln.writer.role == pcm.Client {
			loop, client = &to, &from
		}
		understand(loop, client)
	}
	return from, to
}

// understand gives a side that does not say where its channels stand the positions that
// are meant, where the other side says and has as many.
func understand(loop, client *audio.Format) {
	switch {
	case loop.Channels != client.Channels:
	case !client.Positions.Known():
		client.Positions = loop.Positions
	case !loop.Positions.Known():
		loop.Positions = audio.DefaultPositions(loop.Channels)
	}
}

// ends are e and its peer as the writer and the reader of a session.
func (e *End) ends(peer *End) (w, r *End) {
	if e.dir == pcm.Read {
		return peer, e
	}
	return e, peer
}

// found reports something, once until the reporter has seen it; 0 is nothing.
func (ln *line) found(what uint32) {
	if what != 0 && ln.findings.Or(what) == 0 {
		ln.loop.engine.report(ln)
	}
}

// finish does for a line what the engine found, on the reporter's goroutine.
func (ln *line) finish(found uint32) {
	l := ln.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if found&foundUnderrun != 0 {
		l.emit(event.Event{Kind: event.Underrun, End: ln.writer.role, Holder: ln.writer.holder})
	}
	if found&foundOverrun != 0 {
		l.emit(event.Event{Kind: event.Overrun, End: ln.reader.role, Holder: ln.reader.holder})
	}
	if found&foundDeviceXrun != 0 {
		xrun := map[Side]event.Kind{PlaySide: event.Underrun, RecordSide: event.Overrun}[l.spec.Attached]
		l.tellDevice(xrun, l.raised(audio.PlayError))
	}
	if found&foundDeadDevice != 0 && l.engine.mourn() {
		l.tellDevice(event.Gone)
	}
	if ln.unlinked {
		return // control was faster
	}
	if found&foundMark != 0 {
		ln.writer.passMarks()
	}
	if found&foundDrain != 0 {
		ln.writer.answerDrains()
	}
	if found&^(foundUnderrun|foundOverrun|foundDeviceXrun|foundDrain|foundMark) == 0 {
		return
	}
	e := ln.writer // whose stream it was that has ended
	if e == nil || found&foundBadReader != 0 {
		e = ln.reader
	}
	over := l.peers(e)
	l.unlink(ln)
	switch {
	case found&foundDeadDevice != 0:
		over = failed(append(over, e))
	case found&foundTooLate != 0 && !e.serverGone:
		e.set(ring.Armed, 0) // for the server's next session
	case found&foundTooLate != 0:
		over = append(over, e)
	default:
		if found&foundEnd == 0 {
			e.breakOff()
		}
		if e.gone {
			over = append(over, e)
		}
	}
	l.lose(over)
	l.admit()
	l.run()
}

// failed tells ends that their device is of no more use, and returns those that have gone.
// The caller holds loop.mu.
func failed(ends []*End) (gone []*End) {
	for _, e := range ends {
		if e.gone {
			gone = append(gone, e)
		} else {
			e.set(ring.Ended, audio.ErrIO.Errno())
		}
	}
	return gone
}

// breakOff hangs up on a program whose ring makes no sense. The caller holds
// loop.mu; the host answers with Abandon.
func (e *End) breakOff() {
	if e.gone {
		return
	}
	e.set(ring.Ended, audio.ErrProtocol.Errno())
	e.host.Disconnect(audio.ErrProtocol.With("%s: %s (pid %d) wrote an impossible position into its buffer",
		e.loop.spec.Name, e.holder.Program, e.holder.PID))
}
