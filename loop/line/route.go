package line

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
)

// route is a line between two ends of which the daemon itself holds the other side: it reads what one
// of them records, and writes what the other plays, as a program would, but within a cycle. Its cycle is
// that of the end that plays.
//
//	bus, ring ─▶ tap, pair ─▶ ring ─▶ Bridge ─▶ ring ─▶ feed, pair ─▶ bus, ring
//	└─────────── clock of the source ──────┘ └───────── clock of the sink ────────┘
//	                   └───── position, time ─────▶ servo
//
// While nothing comes, or it is not known where to read, the route plays silence.
type route struct {
	Line
	bridge *Bridge
	to     ring.Writer
	block  []byte
}

const (
	routeAhead = 1  // frames written before the first cycle, so that the sink's clock starts
	routeSlack = 64 // frames by which a sink with another rate may differ from a cycle to the next
	noPace     = math.MaxInt32
)

// NewRoute returns the line that carries what a bridge reads to an end, for the engine of that end. It
// allocates.
func NewRoute(o Owner, l *Loop, b *Bridge, to *End) *Line {
	r := &route{
		Line: Line{owner: o, loop: l, period: noPace}, bridge: b, to: ring.Writer{Ring: to.Ring},
		block: make([]byte, BridgeBlock*to.Format.FrameBytes()),
	}
	r.path = path{
		rate: uint64(to.Format.Rate), frameBytes: to.Format.FrameBytes(), from: to.Format, to: to.Format,
		fader: mixer.NewFaderFor(to.Format, mixer.Neutral()),
	}
	r.kind = r
	return &r.Line
}

func (r *route) advance(t *tick) Finding {
	due := routeAhead
	if r.clock.anchored {
		due = r.clock.due(t, r.path.rate)
	} else {
		r.clock.start(t)
	}
	if due <= 0 {
		return 0
	}
	closing := r.Closing.Load()
	r.bridge.Steer(SinkCycle{
		Due: due, Position: t.Position + routeAhead, Rate: t.rate, Time: t.Time, Clock: &r.set.estimate,
	})
	if closing {
		r.bridge.FadeOut()
	}
	drop := min(due, r.untaken(t))
	if drop > 0 {
		r.read(drop, false)
		r.bridge.Resume()
	}
	r.read(due-drop, true)
	r.bridge.Publish(due)
	if closing {
		return FoundEnd
	}
	return 0
}

// read reads frames of the bridge, a block at a time, and writes them to the end, as far as it has room, or drops them.
func (r *route) read(frames int, write bool) {
	for frames > 0 {
		part := min(frames, BridgeBlock)
		block := r.block[:part*r.path.frameBytes]
		r.bridge.Read(block)
		if write {
			r.to.Write(block)
		}
		frames -= part
	}
}

// untaken returns how many of the frames that are due the sink will not take: those that its device has
// lost, and as many as are left of the cycle before, as of one that is paused. What is written in their place would be
// late for ever.
func (r *route) untaken(t *tick) (frames int) {
	frames = int(audio.MulDiv(t.Lost, r.path.rate, t.rate))
	if left := r.to.Queued() - routeAhead; left > routeSlack {
		frames += left
	}
	return frames
}
