package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
)

// path is what becomes of frames between where a line takes them and where it brings them.
type path struct {
	from, to   audio.Format       // of what goes in, and of what comes out
	rate       uint64             // of what comes out, whose frames are meant unless it is said otherwise
	frameBytes int                // of it
	converter  *convert.Converter // nil: frames are copied
	raw        bool               // it only rearranges channels
	fader      *mixer.Fader       // of both ends
	fading     fading
	converts   bool // there is a converter, as control knows
}

// fading is who applies the fader of a path.
type fading uint8

const (
	fadesNot    fading = iota // nobody: there is no other end
	fadesOnBus                // the bus that frames come onto, or a group
	fadesInPath               // the converter; there has to be one
)

// newPath makes a path between two formats, whose positions are as they are to be understood.
// It allocates, and designs a filter where the rates differ. ErrInvalid: they are too far
// apart.
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
	case !p.fader.Unity():
		p.converter = p.converterForFader(o)
	}
	return p, nil
}

// converterForFader is what a path needs to fade that copies as yet; else nil. For control.
func (p *path) converterForFader(o convert.Options) *convert.Converter {
	if p.converts || p.fading != fadesInPath {
		return nil
	}
	c, err := convert.New(p.from, p.to, o)
	if err != nil {
		return nil // one format cannot be too far from itself
	}
	p.converts = true
	c.Through(p.fader)
	return c
}

// Fade returns what brings other settings to the path of a line, between two cycles, on the
// engine's goroutine. It is for control, and may allocate.
func (ln *Line) Fade(settings ...mixer.Setting) (change func()) {
	p := &ln.path
	c := p.converterForFader(ln.loop.Convert)
	return func() {
		if p.converter == nil {
			p.converter = c
		}
		p.fader.Set(settings...)
	}
}

// latency is how many frames that went in are on their way in the converter.
func (p *path) latency() int {
	if p.converter == nil {
		return 0
	}
	return p.converter.Latency()
}

// holds reports whether the converter has frames that came in.
func (p *path) holds() bool { return p.converter != nil && p.converter.Holds() }

// yield returns how many frames come out when so many go in. With rest these are the last for
// now, and nothing is kept back for what might come behind.
func (p *path) yield(frames int, rest bool) int {
	switch {
	case p.converter == nil:
		return frames
	case rest:
		return p.converter.Rest(frames)
	}
	return p.converter.Yield(frames)
}

// need returns how many frames go in for so many to come out.
func (p *path) need(frames int) int {
	if p.converter == nil {
		return frames
	}
	return p.converter.Need(frames)
}

// understand gives a side that does not say where its channels stand the positions that are
// meant, where the other side says and has as many (see "Positions" of the package comment).
func understand(loop, client *audio.Format) {
	switch {
	case loop.Channels != client.Channels:
	case !client.Positions.Known():
		client.Positions = loop.Positions
	case !loop.Positions.Known():
		loop.Positions = audio.DefaultPositions(loop.Channels)
	}
}

// copyPieces copies one block whose memory is in two pieces on both sides; nothing where there
// is no place for it.
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
