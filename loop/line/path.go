package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
)

// path converts and fades frames on their way through a line.
type path struct {
	rate       uint64             // of the output; frame counts are output frames by default
	frameBytes int                // of the output
	converter  *convert.Converter // nil: frames are copied
	fader      *mixer.Fader       // of both ends
	raw        bool               // the converter only reorders channels
	fading     fading
	converts   bool         // control's own record of whether there is a converter
	from, to   audio.Format // of input and output
}

// fading says what applies the fader of a path.
type fading uint8

const (
	fadesNot    fading = iota // nothing: there is no other end
	fadesOnBus                // the bus
	fadesInPath               // the converter, which must exist
)

// newPath makes a path between formats with the effective positions. It allocates, and designs a
// filter if the rates differ. ErrInvalid: the rates are too far apart.
func newPath(from, to audio.Format, o convert.Options, how fading, settings ...mixer.Setting) (p path, err error) {
	p = path{from: from, to: to, fading: how}
	if how != fadesNot && o.Needed(from, to) {
		if p.raw = o.Rearranged(from, to); how == fadesOnBus && !p.raw {
			p.to.Encoding = audio.FloatLE
		}
		if p.converter, err = convert.New(from, p.to, o); err != nil {
			return path{}, err
		}
	}
	p.rate, p.frameBytes = uint64(p.to.Rate), p.to.FrameBytes()
	p.fader = mixer.NewFaderFor(p.to, settings...)
	switch p.converts = p.converter != nil; {
	case p.converts && how == fadesInPath:
		p.converter.Through(p.fader)
	case !p.converts && !p.fader.Unity():
		p.converter = p.converterForFader(o)
	}
	return p, nil
}

// converterForFader returns the converter that a copying path needs to fade, or nil. For control.
func (p *path) converterForFader(o convert.Options) *convert.Converter {
	if p.converts || p.fading != fadesInPath {
		return nil
	}
	c, err := convert.New(p.from, p.to, o)
	if err != nil {
		return nil // equal rates always convert
	}
	p.converts = true
	c.Through(p.fader)
	return c
}

// Fade returns a function that changes the settings of a line's path, to be run on the engine's
// goroutine between two cycles. Fade itself is for control, and may allocate.
func (ln *Line) Fade(settings ...mixer.Setting) (change func()) {
	if r, ok := ln.kind.(*route); ok {
		return func() { r.bridge.SetLevel(settings...) }
	}
	p := &ln.path
	c := p.converterForFader(ln.loop.Convert)
	return func() {
		if p.converter == nil {
			p.converter = c
		}
		p.fader.Set(settings...)
	}
}

// latency returns how many input frames the converter delays.
func (p *path) latency() int {
	if p.converter == nil {
		return 0
	}
	return p.converter.Latency()
}

// holds reports whether the converter holds frames.
func (p *path) holds() bool { return p.converter != nil && p.converter.Holds() }

// yield returns how many frames come out for more input frames.
func (p *path) yield(frames int) int {
	if p.converter == nil {
		return frames
	}
	return p.converter.Yield(frames)
}

// yieldLast returns how many frames come out if the input ends after more frames.
func (p *path) yieldLast(frames int) int {
	if p.converter == nil {
		return frames
	}
	return p.converter.Rest(frames)
}

// need returns how many input frames make the given number of output frames.
func (p *path) need(frames int) int {
	if p.converter == nil {
		return frames
	}
	return p.converter.Need(frames)
}

// inferPositions gives the side without positions the effective ones, if the other side has some
// and as many channels (see "Positions" in package loop).
func inferPositions(loop, client *audio.Format) {
	switch {
	case loop.Channels != client.Channels:
	case !client.Positions.Known():
		client.Positions = loop.Positions
	case !loop.Positions.Known():
		loop.Positions = audio.DefaultPositions(loop.Channels)
	}
}

// copyPieces copies a block that is in two pieces on both sides. Without a destination it does nothing.
func copyPieces(to1, to2, from1, from2 []byte) {
	n := copy(to1, from1)
	if n < len(to1) {
		n = copy(to1[n:], from2)
		copy(to2, from2[n:])
		return
	}
	m := copy(to2, from1[n:])
	copy(to2[m:], from2)
}
