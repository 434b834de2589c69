package line

import (
	"math"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
	"github.com/loopbridge/loopbridge/servo"
)

// route is a line between two ends of which the daemon itself holds the other side: it reads what one
// of them records, and writes what the other plays, as a program would, but within a cycle. Its cycle is
// that of the end that plays. If another clock drives the end that records, a servo sets the ratio of its
// resampler.
//
//	bus, ring ─▶ tap, pair ─▶ ring ─▶ route ─▶ ring ─▶ feed, pair ─▶ bus, ring
//	└─────────── clock of the source ──────┘└───────── clock of the sink ────────┘
//	                   └───── position, time ─────▶ servo
//
// While the servo is lost, or nothing comes, the route plays silence.
type route struct {
	Line
	from   ring.Reader
	source *End
	to     ring.Writer
	status *RouteStatus

	far   *servo.Published // clock of the source; nil: it is that of the sink
	there servo.Estimate
	servo *servo.Servo

	level   []mixer.Setting
	flowing bool
	ending  bool // the next block is the last
	wait    int  // frames of silence before the source is read
	owed    int  // frames of the source that were late: silence took their place
	ahead   int64
	offset  int64 // of the source, in the cycle before
	in, out []byte
}

// RouteOptions say what a route connects.
type RouteOptions struct {
	From, To *End // a capture and a playback ring; the route is the program of both
	// Clock is the clock of the device behind From; nil: it is the one behind To.
	Clock *servo.Published
	// Latency is how far the sink stays behind the source, in frames of the source's device; for two
	// clocks only.
	Latency int
	// Ahead is how many frames the device behind To takes at a time. They count as latency.
	Ahead   int
	Convert convert.Options
	Setting mixer.Setting
	Status  *RouteStatus // where the line says how it goes
}

// Constants of a route.
const (
	routeBlock = 1024  // frames moved at a time
	routeAhead = 1     // frames written before the first cycle, so that the sink's clock starts
	routeRange = 0.006 // how far its resampler may be adjusted: beyond what a servo does
	noPace     = math.MaxInt32
)

// NewRoute returns the line of a route, for the engine of To. It allocates. ErrInvalid: the rates are too
// far apart.
func NewRoute(o Owner, l *Loop, r RouteOptions) (*Line, error) {
	from, to := r.From.Format, r.To.Format
	if r.Clock != nil {
		r.Convert.Vary = routeRange
	}
	c, err := convert.New(from, to, r.Convert)
	if err != nil {
		return nil, err
	}
	p := &route{
		Line: Line{owner: o, loop: l, period: noPace},
		from: ring.Reader{Ring: r.From.Ring}, source: r.From, to: ring.Writer{Ring: r.To.Ring},
		status: r.Status, far: r.Clock, ahead: int64(r.Ahead), level: []mixer.Setting{r.Setting},
		in:  make([]byte, c.Need(routeBlock)*102/100*from.FrameBytes()+64*from.FrameBytes()),
		out: make([]byte, routeBlock*to.FrameBytes()),
	}
	p.path = path{
		rate: uint64(to.Rate), frameBytes: to.FrameBytes(), from: from, to: to, converter: c, converts: true,
		fader: mixer.NewFaderFor(to, mixer.Setting{Mute: true}), fading: fadesInPath,
	}
	c.Through(p.path.fader)
	if p.far != nil {
		p.servo = servo.New(float64(r.Latency))
	}
	p.kind = p
	return &p.Line, nil
}

func (r *route) advance(t *tick) Finding {
	if !r.clock.anchored {
		r.clock.start(t)
		r.silence(routeAhead)
		return 0
	}
	due := r.clock.due(t, r.path.rate)
	if due <= 0 {
		return 0
	}
	closing := r.Closing.Load()
	r.steer(t, due)
	if paused := r.status.Paused.Load(); r.flowing && (closing || paused) {
		r.fadeOut()
	} else if paused {
		r.flowing = false
		r.from.Skip(r.from.Avail() - r.from.Spec().Capacity/2)
	}
	for left := due; left > 0; {
		part := min(left, routeBlock)
		r.move(part)
		left -= part
	}
	r.publish(due)
	if closing {
		return FoundEnd
	}
	return 0
}

// steer decides whether sound flows, and how fast.
func (r *route) steer(t *tick, due int) {
	if r.far == nil {
		r.alignAtOnce(due)
		return
	}
	r.far.Load(&r.there)
	r.followOffset()
	took := int64(audio.MulDiv(uint64(due), t.rate, r.path.rate))
	step := r.servo.Step(t.Time, &r.there, &r.set.estimate, r.mark(int64(t.Position)-took+r.ahead))
	r.path.converter.Adjust(step.Ratio)
	switch {
	case step.State == servo.Lost && r.flowing:
		r.fadeOut()
	case step.State == servo.Lost:
		// What is older than the servo could want is dropped here: there is nobody to blame for it.
		r.from.Skip(r.from.Avail() - r.from.Spec().Capacity/2)
	case !r.flowing:
		r.shift(int(step.Shift))
		r.fadeIn()
	}
}

// followOffset makes up for frames that the source's device lost: the sound after them is later.
func (r *route) followOffset() {
	now := r.source.Offset.Load()
	lost := int(now - r.offset)
	r.offset = now
	if !r.flowing || lost >= -1 && lost <= 1 { // rates that differ round
		return
	}
	r.owed -= lost + int(audio.MulDiv(uint64(r.wait), uint64(r.path.from.Rate), r.path.rate))
	r.wait = 0
	if r.owed < 0 {
		r.wait = int(audio.MulDiv(uint64(-r.owed), r.path.rate, uint64(r.path.from.Rate)))
		r.owed = 0
	}
}

// alignAtOnce starts the flow of a route with one clock as soon as the source has the frames of a cycle,
// with none to spare: each cycle brings as many as it takes.
func (r *route) alignAtOnce(due int) {
	need := r.path.converter.Need(due)
	if r.path.from.Rate != r.path.to.Rate {
		need += 2 // the cycles of two rates differ by a frame
	}
	avail := r.from.Avail()
	switch {
	case r.flowing && avail == 0:
		r.stop() // what follows is aligned anew
	case !r.flowing && avail >= need:
		r.from.Skip(avail - need)
		r.fadeIn()
	}
}

// mark returns which frame of the source's device is written next, for a frame of the sink's.
func (r *route) mark(sink int64) servo.Mark {
	rate := int64(r.path.from.Rate)
	position := int64(r.from.Taken()) + int64(r.owed) + r.source.Offset.Load()
	behind := r.path.converter.Behind() + float64(r.wait)*float64(rate)/float64(r.path.rate)
	whole := math.Ceil(behind)
	nominal := int64(math.Round(r.there.Nominal))
	if nominal <= 0 {
		nominal = rate
	}
	scaled := (position - int64(whole)) * nominal
	return servo.Mark{
		Sink: sink + routeAhead, Source: scaled / rate,
		Fraction: float64(scaled%rate)/float64(rate) + (whole-behind)*float64(nominal)/float64(rate),
	}
}

// shift moves the place from which the source is read next, by frames of its device.
func (r *route) shift(frames int) {
	n := int(int64(frames) * int64(r.path.from.Rate) / int64(max(1, math.Round(r.there.Nominal))))
	if n >= 0 {
		r.from.Skip(n)
		return
	}
	r.wait = int(audio.MulDiv(uint64(-n), r.path.rate, uint64(r.path.from.Rate)))
}

func (r *route) fadeIn() {
	r.flowing = true
	r.path.fader.Set(mixer.Setting{Mute: true})
	r.path.fader.Jump()
	r.path.fader.Set(r.level...)
}

// setLevel changes gain, balance and mute.
func (r *route) setLevel(s []mixer.Setting) {
	r.level = s
	if r.flowing && !r.ending {
		r.path.fader.Set(s...)
	}
}

// fadeOut lets the next block be the last.
func (r *route) fadeOut() {
	r.ending = true
	r.path.fader.Set(mixer.Setting{Mute: true})
}

func (r *route) stop() {
	r.flowing, r.ending, r.wait, r.owed = false, false, 0, 0
	r.path.converter.Reset()
}

// move writes n frames, of the source or of silence. What does not fit is dropped: the sink is paused.
func (r *route) move(n int) {
	if !r.flowing {
		r.silence(n)
		return
	}
	if r.wait > 0 {
		quiet := min(n, r.wait)
		r.wait -= quiet
		r.silence(quiet)
		n -= quiet
	}
	c, size := r.path.converter, r.path.from.FrameBytes()
	if r.owed > 0 {
		r.owed -= r.from.Skip(r.owed)
	}
	need := c.Need(n)
	late := need - r.from.Avail()
	if late > 0 { // what there is fades out; what follows fades in
		r.path.fader.Set(mixer.Setting{Mute: true})
	}
	have := r.from.Read(r.in[:min(need*size, len(r.in))])
	in := r.in[:have*size]
	given, taken := c.Convert(r.out[:n*r.path.frameBytes], in)
	c.Keep(in[taken*size:])
	r.to.Write(r.out[:given*r.path.frameBytes])
	r.silence(n - given)
	switch {
	case r.ending:
		r.stop()
	case late > 0:
		r.status.Missing.Add(uint64(n - given))
		if r.servo != nil {
			r.owed += need - have
		}
		r.fadeIn()
	}
}

func (r *route) silence(n int) {
	for n > 0 {
		part := min(n, routeBlock)
		to := r.out[:part*r.path.frameBytes]
		r.path.to.Encoding.Silence(to)
		r.to.Write(to)
		n -= part
	}
}
