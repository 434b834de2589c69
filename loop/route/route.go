package route

import (
	"context"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Route is one patch cord. Any goroutine but an engine's may call its methods.
type Route struct {
	bay      *loop.Patchbay
	spec     Spec
	from, to place
	plan     plan
	ctx      context.Context // of run
	cancel   context.CancelFunc
	done     chan struct{}
	status   line.BridgeStatus
	changed  chan<- struct{} // the board's
	pitches  *pitches        // the board's
	booked   moved           // with drift = "pitch"
	broken   broken          // owned by run
	inherits inheritance     // owned by run

	mu       sync.Mutex
	settings device.Settings // of the play side; what is recorded passes no controls
	cord     *cord           // nil: waiting
	waitsFor string
	since    uint64 // frames when the samples counter was 0
	err      error
}

// run joins the two places again and again.
func (r *Route) run(ctx context.Context) {
	defer close(r.done)
	for ctx.Err() == nil {
		_, changed := r.bay.Revision()
		err := r.join(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		r.note(err)
		var mended <-chan time.Time
		if r.broken.control != nil {
			mended = time.After(mending)
		}
		select {
		case <-changed: // something may be free now
			sleep(ctx, again)
		case <-mended:
			r.broken = broken{}
		case <-ctx.Done():
		}
	}
}

// mending is how long a route waits until it tries a control that has failed.
const mending = 10 * time.Second

// again is the shortest time between two attempts to open an end, so that two routes that want the same
// one do not keep each other busy.
const again = 100 * time.Millisecond

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (r *Route) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	r.tell()
}

// tell lets the board know that the status has changed.
func (r *Route) tell() {
	select {
	case r.changed <- struct{}{}:
	default: // it is about to look
	}
}

// join opens both ends, and returns when one of them is over.
func (r *Route) join(ctx context.Context) error {
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	c := r.inherits.cord
	if r.inherits.cord = nil; c != nil {
		defer r.drives(both, cancel, c)()
	} else if err := r.ready(); err != nil {
		return err
	}
	from, err := r.open(ctx, r.from, pcm.Read)
	if err != nil {
		return err
	}
	defer from.end.Abandon()
	if !from.runs(ctx) {
		return nil
	}
	go func() {
		from.ended(both)
		cancel()
	}()
	to, err := r.open(both, r.to, pcm.Write)
	if err != nil {
		if both.Err() != nil {
			return nil // the source is over
		}
		return err
	}
	defer to.end.Abandon()
	if !to.runs(both) {
		return nil
	}
	if c == nil {
		if c, err = r.connect(from.end, to.end, nil); err != nil {
			return err
		}
		defer r.drives(both, cancel, c)()
	}
	go func() {
		to.ended(both)
		cancel()
	}()
	select {
	case <-both.Done():
	case <-c.over:
	}
	return nil
}

// open opens an end as soon as it is free.
func (r *Route) open(ctx context.Context, p place, d audio.Direction) (*host, error) {
	if h := r.inherits.take(d); h != nil {
		return h, nil
	}
	r.mu.Lock()
	r.waitsFor, r.err = p.loop, nil
	r.mu.Unlock()
	r.tell()
	h := newHost(r.spec.Name)
	end, err := r.bay.Attach(ctx, p.loop, pcm.Options{
		Role: p.role, Direction: d, Wait: pcm.Forever,
		Sizes:  func(f audio.Format) (period, buffer int) { return r.plan.sizes(p.on, f) },
		Holder: pcm.Holder{Program: "route " + r.spec.Name},
	}, h)
	if err != nil {
		return nil, err
	}
	h.end = end
	return h, end.Start()
}

// cord is a route that is connected.
type cord struct {
	engine   *loop.Engine
	controls *loop.EndControls // of the end that plays: its meter
	line     *line.Line
	follows  bool          // a servo follows two clocks
	pitch    *pitch        // it moves one of them; nil: it does not
	why      error         // not: the control has failed, or others need it
	rate     int           // of the source's device
	over     chan struct{} // closed when the line has ended by itself
	once     sync.Once
}

// Found implements line.Owner.
func (c *cord) Found(f line.Finding) {
	if f&^line.Passing != 0 {
		c.once.Do(func() { close(c.over) })
	}
}

// connect makes the line between two ends; was is what the cord of the process before knew, or nil.
func (r *Route) connect(from, to *loop.End, was *CordState) (*cord, error) {
	m, err := r.spec.matrix(from.Format.Channels, to.Format.Channels)
	if err != nil {
		return nil, err
	}
	o := line.BridgeOptions{
		From: &from.End, To: to.Format, Status: &r.status,
		Convert: convert.Options{Quality: r.spec.Quality, Matrix: m},
	}
	if r.plan.follows {
		o.Clock = from.Engine().Clock()
		o.Ahead = to.Engine().Period(r.plan.period(to.Engine()))
	}
	known := r.plan.between(&r.spec, from.Format.Rate, to.Format.Rate)
	o.Latency = known.frames(from.Engine())
	p, why, err := r.choose()
	if err != nil {
		return nil, err
	}
	if p != nil {
		o.Moves = p.side
		if was != nil {
			err = p.resume(&was.Pitch)
		}
	}
	if was != nil && (err != nil || o.Moves != was.Moves) {
		if p != nil {
			r.stop(p)
		}
		return nil, audio.ErrInvalid.With("%s: the state has another clock that is moved", r.spec.Name)
	}
	c := &cord{pitch: p, why: why, engine: to.Engine(), controls: to.Controls(), follows: o.Clock != nil,
		rate: from.Engine().Granted().Format.Rate, over: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	o.Setting = r.setting()
	bridge, err := line.NewBridge(o)
	if err != nil {
		if p != nil {
			r.stop(p)
		}
		return nil, err
	}
	c.line = line.NewRoute(c, &line.Loop{}, bridge, &to.End)
	r.cord, r.waitsFor = c, ""
	c.engine.Add(c.line)
	if was != nil {
		_ = c.line.Restore(&was.Line) // if it does not fit, the line begins anew
	}
	r.tell()
	return c, nil
}

func (r *Route) disconnect(c *cord) {
	c.engine.Finish(c.line)
	select {
	case <-c.over: // it has faded out
	case <-time.After(fading):
	}
	c.engine.Remove(c.line)
	r.mu.Lock()
	r.cord = nil
	r.mu.Unlock()
	r.status.Flowing.Store(false)
	r.tell()
}

// fading is how long a route may take to fade out.
const fading = time.Second
