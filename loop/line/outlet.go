package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
)

// Outlet is where what goes through a loop can be tapped: a bus with a format and a clock of its own, which outlast
// the sessions. The line of a session has a lead to it; where there is none, or it brings too little, the bus has silence.
//
//	writer ─▶ ring ─▶ path ─▶ ring ─▶ reader
//	            └─▶ lead ─▶ ┐  └─▶ lead ─▶ ┐
//	              outlet "mix"        outlet "heard" ─▶ taps
//
// The engine has the outlet while there are taps. Otherwise leads do nothing.
type Outlet struct {
	Line
	bus    *Bus
	stage  Stage
	most   int   // frames that the bus has room for
	filled int   // of these
	source *lead // the newest; others are mute
	behind int   // frames by which the taps are behind the clock
}

// Stage is where on the way of a frame an outlet is.
type Stage uint8

// The stages.
const (
	Heard Stage = iota // what the reader gets, after the controls of both ends
	Mixed              // what the writers write, before them
)

// outletSlack is how many frames an outlet may be behind its clock, while there is a session, without silence.
const outletSlack = 64

// nobody owns the line of an outlet, which finds nothing.
type nobody struct{}

func (nobody) Found(Finding) {}

// NewOutlet returns an outlet of this format, to which lines with others are converted. It allocates.
func NewOutlet(f audio.Format, c convert.Options, s *Set, stage Stage) *Outlet {
	rate := uint64(f.Rate)
	// As much as a late cycle brings: taps see the frames of a cycle at once.
	most := max(f.Rate/10, 1+int(audio.MulDiv(uint64(2*s.basePeriod), rate, s.rate)))
	o := &Outlet{Line: Line{owner: nobody{}, loop: &Loop{Convert: c}, period: noPace}, stage: stage, most: most}
	o.bus = &Bus{Bus: mixer.NewBus(f, most), place: nowhere{}, outlet: o}
	o.path = path{rate: rate, frameBytes: f.FrameBytes(), from: f, to: f}
	o.kind, o.group = o, &group{server: &o.Line, bus: o.bus}
	return o
}

// Bus returns the bus of the taps.
func (o *Outlet) Bus() *Bus { return o.bus }

// begin prepares for the first tap.
func (o *Outlet) begin() {
	o.clock, o.behind, o.filled = clock{}, 0, 0
	o.bus.Begin(o.most)
}

func (o *Outlet) advance(t *tick) Finding {
	if o.clock.anchored {
		o.behind += o.clock.due(t, o.path.rate)
	} else {
		o.clock.start(t)
		o.behind = o.filled
	}
	if t.Freewheel { // what does not come is left out of the clock of its line, too
		o.behind = o.filled
	}
	if missing := o.behind - o.filled; missing > o.slack() {
		o.silence(missing)
	}
	o.pass(max(0, min(o.filled, o.behind)))
	return 0
}

// slack returns how many frames the bus may lack.
func (o *Outlet) slack() int {
	if o.source == nil {
		return 0
	}
	return outletSlack + o.source.margin
}

// room returns memory on the bus for n frames, or for as many as fit, at least one.
func (o *Outlet) room(n int) []byte {
	if o.filled == o.most {
		o.pass(o.most)
	}
	n = min(n, o.most-o.filled)
	from := o.filled
	o.filled += n
	return o.bus.Fill()[from*o.path.frameBytes : o.filled*o.path.frameBytes]
}

func (o *Outlet) silence(n int) {
	for n > 0 {
		room := o.room(n)
		o.path.to.Encoding.Silence(room)
		n -= len(room) / o.path.frameBytes
	}
}

// pass gives the taps n frames of what is on the bus.
func (o *Outlet) pass(n int) {
	o.bus.Fill()
	o.bus.Shorten(n)
	o.bus.lines.advance(&o.set.tick)
	o.bus.Begin(o.most)
	all := o.bus.Fill()
	copy(all, all[n*o.path.frameBytes:o.filled*o.path.frameBytes])
	o.filled -= n
	o.behind -= n
}

// Lead returns a function that leads what a line moves to the outlet, to be run before the engine has the line, or on its
// goroutine between two cycles; nil: the line has nothing for it, or a rate that is too far away. settings are those of
// the client end, for the line of a server that plays to a group. It allocates.
func (o *Outlet) Lead(ln *Line, settings ...mixer.Setting) (begin func()) {
	from, slot := ln.path.to, &ln.heard
	if o.stage == Mixed {
		from, slot = ln.path.from, &ln.mixed
	}
	var recorder *recordingServer
	switch k := ln.kind.(type) {
	case *pair:
		settings = nil // the line has applied them
	case *playingServer:
		if o.stage == Mixed {
			settings = nil
		}
	case *lonePlayer:
		if settings = nil; o.stage == Heard {
			return nil
		}
	case *recordingServer:
		settings = nil
		if o.stage == Mixed {
			recorder = k
		}
	default:
		return nil
	}
	l, err := newLead(from, o, settings...)
	if err != nil {
		return nil
	}
	var plain *plainBus
	if recorder != nil {
		plain = &plainBus{mixer.NewBus(from, recorder.block), mixer.NewFaderFor(from)}
	}
	return func() {
		if *slot = l; ln.list != nil {
			o.source = l
			ln.set.refile(ln)
		}
		if recorder != nil {
			recorder.plain = plain
		}
	}
}

// plainBus has what the feeds of a bus bring, before their controls.
type plainBus struct {
	*mixer.Bus
	unity *mixer.Fader
}
