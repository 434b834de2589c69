package loop

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// ResumeEngine is NewEngineWith for a stream that was handed over, with what its engine knew. The engine stands still until
// Patchbay.Run. ErrInvalid: the state does not fit the stream or the ports; the caller still owns the stream.
func ResumeEngine(name string, s backend.Stream, o EngineOptions, v *EngineState) (*Engine, error) {
	e, err := newEngine(name, s, o)
	if err != nil {
		return nil, err
	}
	if err := e.device.Resume(&v.Device, v.Running); err != nil {
		return nil, err
	}
	e.lines.Restore(&v.Clock)
	e.stands, e.resumed = true, true
	e.running, e.inherits, e.tick, e.position, e.period = v.Running, v.Running, v.Tick, v.Position, v.Period
	e.cycles.Store(v.Cycles)
	e.xruns.Store(v.Xruns)
	e.lost.Store(v.Lost)
	return e, nil
}

// FindHost returns the host of an end in this process, with the memory of its ring as the program sees it.
type FindHost func(e *EndState, bytes int) (Host, []byte, error)

// Resume makes the loops go on, once all devices and loops of the configuration were added. It returns the ends by ID.
// Nobody else may use the patchbay before Run. ErrInvalid: the state does not fit.
func (b *Patchbay) Resume(s *State, host FindHost) (map[int]*End, error) {
	b.events.Resume(s.Revision)
	r := &resumption{bay: b, host: host, ends: map[int]*End{}, lines: map[LineRef]*line.Line{}}
	for i := range s.Loops { // makes taps, to which the lines lead
		if _, err := b.find(s.Loops[i].Name); err != nil {
			return nil, err
		}
	}
	for i := range s.Loops {
		if err := r.loop(&s.Loops[i]); err != nil {
			return nil, err
		}
	}
	for i := range s.Loops { // what comes through a loop goes to its taps
		if err := r.outlet(&s.Loops[i]); err != nil {
			return nil, err
		}
	}
	for i := range s.Devices {
		if err := r.device(&s.Devices[i]); err != nil {
			return nil, err
		}
	}
	return r.ends, nil
}

// Run starts the engines that Resume has prepared, and blocks until they serve their devices: whatever else a program begins to
// do would hold them up.
func (b *Patchbay) Run() {
	var all []*Engine
	for _, e := range b.Devices() {
		if e.stands {
			e.stands, e.serves = false, make(chan struct{})
			e.start()
			all = append(all, e)
		}
	}
	for _, e := range all {
		<-e.serves
		e.helpers.Go(e.follow)
	}
}

// resumption is a patchbay on its way into life.
type resumption struct {
	bay   *Patchbay
	host  FindHost
	ends  map[int]*End
	lines map[LineRef]*line.Line
}

// loop resumes a loop with its ends and lines.
func (r *resumption) loop(s *LoopState) error {
	l, err := r.bay.find(s.Name)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions.Store(s.Sessions)
	l.Frames.Store(s.Frames)
	l.Skipped.Store(s.Skipped)
	l.totals = s.Totals
	for i, settings := range l.settings {
		if settings != nil {
			settings.adopt(&s.Settings[i])
		}
	}
	for i := range s.Ends {
		e, err := l.resumeEndLocked(&s.Ends[i], r.host)
		if err != nil {
			return err
		}
		r.ends[s.Ends[i].ID] = e
	}
	all := make([]*session, len(s.Lines))
	for i := range s.Lines {
		if all[i], err = r.lineLocked(l, &s.Lines[i], all); err != nil {
			return err
		}
		r.lines[LineRef{Loop: s.Name, Session: i}] = all[i].Line
	}
	for i := range s.Lines { // once all members are in their groups
		if err := all[i].Line.Restore(&s.Lines[i].Line); err != nil {
			return err
		}
	}
	for i := range s.Ends {
		v := &s.Ends[i]
		r.ends[v.ID].Flowing.Store(v.Flowing) // new lines lower it
	}
	return nil
}

// lineLocked makes a session of ends and gives it to the engine. all has those before it.
func (r *resumption) lineLocked(l *Loop, v *SessionState, all []*session) (s *session, err error) {
	w, read := r.ends[v.Writer], r.ends[v.Reader]
	one := w
	if w == nil {
		one = read
	}
	switch {
	case one == nil, v.Joins >= 0 && (v.Joins >= len(all) || all[v.Joins] == nil || !all[v.Joins].Grouped()):
		err = audio.ErrInvalid.With("%s: the state has a session without programs", l.spec.Name)
	case v.Grouped:
		s = l.newGroupLocked(one)
	case v.Lone:
		s = l.newLoneLocked(one)
	case w != nil && read != nil:
		s, err = l.newPairLocked(w, read)
	case v.Joins >= 0:
		s, err = l.newMemberLocked(one, all[v.Joins])
	case l.deviceBus == nil:
		err = audio.ErrInvalid.With("%s: the state has a session without a server", l.spec.Name)
	default:
		s, err = l.newMemberLocked(one, nil)
	}
	if err != nil {
		return nil, err
	}
	l.linkLocked(s)
	return s, nil
}

// adopt takes over settings, if they are of an end with the same sides.
func (s *endSettings) adopt(was *state.Info) {
	if was.HW == s.Info.HW {
		s.Info = *was
	}
}

func (l *Loop) resumeEndLocked(v *EndState, host FindHost) (*End, error) {
	spec := ring.Spec{Format: v.Format, Capacity: v.Buffer, Playback: v.Direction == pcm.Write}
	h, mem, err := host(v, spec.Bytes())
	if err != nil {
		return nil, err
	}
	r, err := ring.Resume(mem, spec)
	if err != nil {
		return nil, err
	}
	e := &End{
		End:  line.End{Bell: h, Server: v.Role == pcm.Server, Routed: isRouted(h), Gone: v.Gone, Ring: r, Format: v.Format, Period: v.Period, Buffer: v.Buffer},
		loop: l, host: h, role: v.Role, dir: v.Direction, holder: v.Holder, state: v.State, mem: mem, serverGone: v.ServerGone,
		unsettled: v.Unsettled, marks: v.Marks, eofs: v.EOFs, since: v.Since, settings: l.settings[v.Role],
	}
	if v.Role == pcm.Client {
		e.settings = newEndSettings(&l.spec)
		e.settings.adopt(&v.Settings)
	}
	if v.Direction == pcm.Write {
		e.Source = ring.ResumeSource(r, v.Ring)
	} else {
		e.Sink = ring.ResumeSink(r, v.Ring)
	}
	e.Paused.Store(v.Paused)
	e.Xruns.Sticky.Store(v.Sticky)
	e.Xruns.Bursts.Store(v.Bursts)
	e.Xruns.Frames.Store(v.Frames)
	e.DrainTo.Store(v.DrainTo)
	e.MarkTo.Store(v.MarkTo)
	e.LastMark.Store(v.LastMark)
	e.Moved.Store(v.Moved)
	e.Bad.Store(v.Bad)
	e.Offset.Store(v.Offset)
	e.added = v.Added
	if v.Delivers {
		e.delivered = make(chan struct{})
	}
	if v.Timeout > 0 {
		e.armTimer(v.Timeout)
	}
	switch v.Place {
	case AtServer:
		l.server = e
	case AtClient:
		l.clients = append(l.clients, e)
	}
	return e, nil
}

// outlet resumes what waits at a tap.
func (r *resumption) outlet(s *LoopState) error {
	if s.Outlet == nil {
		return nil
	}
	l, err := r.bay.find(s.Name)
	if err != nil {
		return err
	}
	if l.outlet == nil {
		return audio.ErrInvalid.With("the state has a tap %s of something else", s.Name)
	}
	r.lines[LineRef{Loop: s.Name, Session: -1}] = &l.outlet.Line
	return l.outlet.Restore(s.Outlet)
}

// device counts the clients of a device, and puts its lines into their order.
func (r *resumption) device(s *EngineState) error {
	e, err := r.bay.Device(s.Name)
	if err != nil {
		return err
	}
	clients := map[audio.Direction]int{}
	for _, l := range r.bay.all() {
		if l.engine == e && l.spec.Attached != 0 && !l.spec.tap {
			clients[l.spec.Attached] += len(l.clients)
		}
	}
	for _, d := range audio.Directions() {
		e.device.Reopen(&s.Device, d, clients[d])
	}
	var order []*line.Line
	for _, ref := range s.Order {
		if ln := r.lines[ref]; ln != nil {
			order = append(order, ln)
		}
	}
	e.lines.Arrange(order)
	return nil
}

// ResumeDrain is BeginDrain for a drain that began in the process before, up to a position.
func (e *End) ResumeDrain(to uint64) (wait func(context.Context) error) {
	e.loop.mu.Lock()
	defer e.loop.mu.Unlock()
	if e.Moved.Load() >= to || e.freed {
		return func(context.Context) error { return nil }
	}
	return e.awaitDrainLocked(to)
}

// ResumeClose is Close for an end that was closed in the process before.
func (e *End) ResumeClose(ctx context.Context) error {
	e.loop.mu.Lock()
	done := e.delivered
	e.loop.mu.Unlock()
	return e.await(ctx, done)
}
