package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// lead is the way from a line to an outlet, in whose format it brings what the line moves.
type lead struct {
	path   path
	to     *Outlet
	quiet  []byte // silence of the line
	begun  bool   // it has brought frames
	margin int    // frames by which what a cycle brings may differ from what is due: rates round
}

const leadQuiet = 256 // frames

// newLead makes a lead for frames of a format with the effective positions. Errors as newPath.
func newLead(from audio.Format, o *Outlet, settings ...mixer.Setting) (l *lead, err error) {
	to := o.bus.Format()
	inferPositions(&from, &to)
	l = &lead{to: o, quiet: make([]byte, leadQuiet*from.FrameBytes())}
	from.Encoding.Silence(l.quiet)
	l.path, err = newPath(from, to, o.loop.Convert, fadesInPath, settings...)
	l.margin = 2 + 2*(to.Rate/from.Rate)
	return l, err
}

// live reports whether somebody taps what the lead brings.
func (l *lead) live() bool {
	if l.to.source == l && l.to.list != nil {
		return true
	}
	if l.begun {
		l.begun = false
		if l.path.converter != nil {
			l.path.converter.Reset()
		}
	}
	return false
}

// give brings whole frames of the line to the outlet.
func (l *lead) give(frames []byte) {
	if len(frames) == 0 || !l.live() {
		return
	}
	p := &l.path
	if !l.begun {
		l.begun = true
		l.to.silence(l.lag())
	}
	l.bring(frames, p.yield(len(frames)/p.from.FrameBytes()))
}

// lag returns how many frames of silence come before the first frame, so that there is no gap after it: what the converter
// looks ahead, and the margin unless each cycle brings just what is due.
func (l *lead) lag() int {
	p := &l.path
	if uint64(p.from.Rate) == p.rate && p.rate == l.to.set.rate {
		return 0
	}
	return l.margin + int(audio.MulDiv(uint64(p.latency()), p.rate, uint64(p.from.Rate)))
}

// bring brings n frames of the outlet, which frames make.
func (l *lead) bring(frames []byte, n int) {
	p := &l.path
	size := p.from.FrameBytes()
	for n > 0 {
		room := l.to.room(n)
		n -= len(room) / p.frameBytes
		if p.converter == nil {
			frames = frames[copy(room, frames):]
			continue
		}
		_, taken := p.converter.Convert(room, frames)
		frames = frames[taken*size:]
	}
	if p.converter != nil {
		p.converter.Keep(frames)
	}
}

// silence brings n frames of silence of the line.
func (l *lead) silence(n int) {
	for n > 0 {
		part := min(n, leadQuiet)
		l.give(l.quiet[:part*l.path.from.FrameBytes()])
		n -= part
	}
}

// finish ends the lead of a line that is over.
func (l *lead) finish() {
	if l.begun && l.path.holds() && l.live() {
		rest := l.path.converter.Rest(0)
		l.path.converter.Finish()
		l.bring(nil, rest)
	}
	if l.to.source == l {
		l.to.source = nil
	}
}

// leads calls f with the leads of a line.
func (ln *Line) leads(f func(*lead)) {
	if ln.heard != nil {
		f(ln.heard)
	}
	if ln.mixed != nil {
		f(ln.mixed)
	}
}

// FadeHeard is Fade for what the line of a server that plays to a group leads to an outlet; nil: it does not.
func (ln *Line) FadeHeard(settings ...mixer.Setting) (change func()) {
	l := ln.heard
	if _, plays := ln.kind.(*playingServer); l == nil || !plays {
		return nil
	}
	c := l.path.converterForFader(l.to.loop.Convert)
	return func() {
		if l.path.converter == nil {
			l.path.converter = c
		}
		l.path.fader.Set(settings...)
	}
}
