package line

import (
	"math"

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
	routeAhead = 1 // frames written before the first cycle, so that the sink's clock starts
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
	for left := due; left > 0; {
		part := min(left, BridgeBlock)
		to := r.block[:part*r.path.frameBytes]
		r.bridge.Read(to)
		r.to.Write(to) // what does not fit is dropped: the sink is paused
		left -= part
	}
	r.bridge.Publish(due)
	if closing {
		return FoundEnd
	}
	return 0
}
