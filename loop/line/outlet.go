package line

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/resample"
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
	given  int   // frames put on the bus since the cycle before
	behind int   // frames by which the bus is behind the clock
}

// Stage is where on the way of a frame an outlet is.
type Stage uint8

// The stages.
const (
	Heard Stage = iota // what the reader gets, after the controls of both ends
	Mixed              // what the writers write, before them
)

// outletSlack is how many frames an outlet may be behind its clock while a session brings frames: rates round,
// and a resampler holds some.
const outletSlack = 64

// nobody owns the line of an outlet, which finds nothing.
type nobody struct{}

func (nobody) Found(Finding) {}

// NewOutlet returns an outlet for the lines of a loop of this format. It allocates.
func NewOutlet(f audio.Format, s *Set, stage Stage) *Outlet {
	rate := uint64(f.Rate)
	// As much as a late cycle brings: taps see the frames of a cycle at once.
	most := max(f.Rate/10, 1+int(audio.MulDiv(uint64(2*s.basePeriod), rate, s.rate)))
	o := &Outlet{Line: Line{owner: nobody{}, loop: &Loop{}, period: noPace}, stage: stage, most: most}
	o.bus = &Bus{Bus: mixer.NewBus(f, most), place: nowhere{}, outlet: o}
	o.path = path{rate: rate, frameBytes: f.FrameBytes(), from: f, to: f}
	o.kind, o.group = o, &group{server: &o.Line, bus: o.bus}
	return o
}

// Bus returns the bus of the taps.
func (o *Outlet) Bus() *Bus { return o.bus }

// begin prepares for the first tap.
func (o *Outlet) begin() {
	o.clock, o.given, o.behind, o.filled = clock{}, 0, 0, 0
	o.bus.Begin(o.most)
}

func (o *Outlet) advance(t *tick) Finding {
	due := o.given
	if o.clock.anchored {
		due = o.clock.due(t, o.path.rate)
	} else {
		o.clock.start(t)
	}
	o.behind += due - o.given
	switch {
	case t.Freewheel: // what does not come is left out of the clock of its line, too
		o.behind = 0
	case o.behind > outletSlack, o.behind > 0 && o.source == nil:
		o.silence(o.behind)
		o.behind = 0
	}
	o.given = 0
	o.pass()
	return 0
}

// room returns memory on the bus for n frames, or for as many as fit, at least one.
func (o *Outlet) room(n int) []byte {
	if o.filled == o.most {
		o.pass()
	}
	n = min(n, o.most-o.filled)
	from := o.filled
	o.filled, o.given = o.filled+n, o.given+n
	return o.bus.Fill()[from*o.path.frameBytes : o.filled*o.path.frameBytes]
}

func (o *Outlet) silence(n int) {
	for n > 0 {
		room := o.room(n)
		o.path.to.Encoding.Silence(room)
		n -= len(room) / o.path.frameBytes
	}
}

// pass gives the taps what is on the bus.
func (o *Outlet) pass() {
	o.bus.Shorten(o.filled)
	o.bus.lines.advance(&o.set.tick)
	o.bus.Begin(o.most)
	o.filled = 0
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

// leadOptions convert for an outlet.
func leadOptions() convert.Options { return convert.Options{Quality: resample.Good} }
