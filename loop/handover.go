package loop

import (
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// State is all that a patchbay knows beside its configuration.
type State struct {
	Revision uint64 // events so far
	Devices  []EngineState
	Loops    []LoopState
}

// EngineState is what an engine knows, and its stream.
type EngineState struct {
	Name     string
	Stream   backend.Handed
	Config   backend.Config // granted
	Running  bool
	Tick     backend.Tick // of the cycle that is due
	Position uint64
	Period   int
	Cycles   uint64
	Xruns    uint64
	Lost     uint64
	Device   device.State
	Clock    line.SetState
	Order    []LineRef // as the cycle advances the lines
}

// LineRef names a line of a loop: its session, or, if that is negative, the outlet of a stage.
type LineRef struct {
	Loop    string
	Session int
	Stage   line.Stage
}

// LoopState is what a loop, a side of a device or a tap knows.
type LoopState struct {
	Name            string
	Sessions        uint64 // so far
	Frames, Skipped uint64
	Totals          [pcm.Client + 1]Totals
	Settings        [pcm.Client + 1]state.Info
	Ends            []EndState
	Lines           []SessionState
	Outlet          *line.OutletState // of a tap
}

// EndState is what an end knows, and its host.
type EndState struct {
	ID         int // within the patchbay, from 1
	Host       HostState
	Role       pcm.Role
	Direction  audio.Direction
	Holder     pcm.Holder
	Format     audio.Format
	Period     int
	Buffer     int
	Ring       ring.HalfState
	State      ring.State
	Place      EndPlace
	Gone       bool
	Delivers   bool // somebody may wait until its last frames are delivered
	ServerGone bool
	Unsettled  bool
	Timeout    time.Duration // that is left of start_timeout; 0: it does not run
	Marks      []uint64
	EOFs       uint32
	Since      uint64
	Settings   state.Info // of a client
	Added      Totals     // what the totals of the loop have of it

	Paused, Flowing, Sticky   bool
	DrainTo, MarkTo, LastMark uint64
	Moved, Bad                uint64
	Offset                    int64
	Bursts, Frames            uint64 // of Xruns
}

// Memory returns memory on the heap for the ring of an end that is resumed, with the frames that were in it. It is for
// hosts within the daemon: those outside share theirs.
func (e *EndState) Memory(bytes int) ([]byte, error) {
	mem := ring.Memory(bytes)
	r, err := ring.New(mem, ring.Spec{Format: e.Format, Capacity: e.Buffer, Playback: e.Direction == pcm.Write})
	if err == nil {
		err = r.SetContents(e.Host.Contents)
	}
	return mem, err
}

// EndPlace says what holds an end.
type EndPlace uint8

// The places.
const (
	AtServer EndPlace = iota // the server end of its loop
	AtClient                 // the client end
	AtLine                   // its line alone: the server has closed, and its last frames are being delivered
)

// HostState is a Host on its way to another process. Who made it knows what the fields mean.
type HostState struct {
	Kind     string
	Name     string
	Bell     int    // descriptor; −1: none
	Memory   int    // descriptor of the ring's memory; −1: none
	Contents []byte // of the ring, if its memory does not outlast the process
}

// Heir is a Host that can be handed over.
type Heir interface {
	Host
	// HandOver describes the host of an end whose engine is held. It may allocate.
	HandOver(r *ring.Ring) HostState
}

// SessionState is a line with its programs, which are IDs of ends; 0: there is none.
type SessionState struct {
	Writer, Reader int
	Joins          int // index of the line of the server whose group it is in; −1: none
	Lone, Grouped  bool
	Line           line.State
}

// Frozen is a patchbay that stands still: between two cycles, and between two changes by control.
type Frozen struct {
	bay     *Patchbay
	loops   []*Loop
	release []func() // in the order in which they were taken
	ids     map[*End]int
	hosts   map[Host]int
}

// Freeze lets the patchbay stand still. Whoever changes it waits; cycles become late. Nobody may wait for an engine while
// he holds a lock of his own that the caller needs later. It blocks for about a cycle.
func (b *Patchbay) Freeze() *Frozen {
	f := &Frozen{bay: b}
	engines := b.Devices()
	for _, e := range engines { // what was found and not yet told stays on its line
		f.release = append(f.release, e.lines.HoldReports())
	}
	f.holdLoops()
	for _, e := range engines {
		f.release = append(f.release, e.device.Hold())
	}
	var held []<-chan struct{}
	for _, e := range engines { // last: whoever held one of the locks above may have waited for a cycle
		h, release := e.hold()
		held = append(held, h)
		f.release = append(f.release, release)
	}
	for i, e := range engines {
		select {
		case <-held[i]:
		case <-e.stopped:
		}
	}
	return f
}

// holdLoops locks all loops, then the patchbay: that is the order in which others take both.
func (f *Frozen) holdLoops() {
	for {
		f.loops = f.bay.all()
		for _, l := range f.loops {
			l.mu.Lock()
		}
		f.bay.mu.Lock()
		if n := len(f.bay.loops) + len(f.bay.sides); n == len(f.loops) {
			break
		}
		f.bay.mu.Unlock() // one came or went meanwhile
		for _, l := range f.loops {
			l.mu.Unlock()
		}
	}
	for _, l := range f.loops {
		f.release = append(f.release, l.mu.Unlock)
	}
	f.release = append(f.release, f.bay.mu.Unlock)
}

// all returns all loops, and sides and taps that somebody asked for, the loops first.
func (b *Patchbay) all() []*Loop {
	all := b.sorted()
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, l := range b.sides {
		all = append(all, l)
	}
	return all
}

// hold makes the engine stand between two cycles; held is closed when it does.
func (e *Engine) hold() (held <-chan struct{}, release func()) {
	stands, go_on := make(chan struct{}), make(chan struct{})
	e.post(func() {
		close(stands)
		<-go_on
	})
	return stands, func() { close(go_on) }
}

// Thaw lets everything go on as if nothing had happened.
func (f *Frozen) Thaw() {
	for _, release := range slices.Backward(f.release) {
		release()
	}
}

// State returns the state of the frozen patchbay. ErrUnsupported: a device cannot be handed over, or the program of an end.
func (f *Frozen) State() (*State, error) {
	s := &State{}
	s.Revision, _ = f.bay.events.Revision()
	f.ids, f.hosts = map[*End]int{}, map[Host]int{}
	refs := map[*line.Line]LineRef{}
	for _, l := range f.loops {
		v, err := f.loop(l, refs)
		if err != nil {
			return nil, err
		}
		s.Loops = append(s.Loops, v)
	}
	for _, e := range f.bay.devices {
		v, err := e.state(refs)
		if err != nil {
			return nil, err
		}
		s.Devices = append(s.Devices, v)
	}
	return s, nil
}

// ID returns the ID in State of the end that a host has; 0: none.
func (f *Frozen) ID(h Host) int { return f.hosts[h] }

// Lost returns how many frames of a closed end were never delivered, while its patchbay is frozen.
func (e *End) Lost() uint64 { return e.lost }

func (e *Engine) state(refs map[*line.Line]LineRef) (EngineState, error) {
	if err := e.Err(); err != nil {
		return EngineState{}, audio.ErrUnsupported.With("the device %s has failed and cannot be handed over: %v", e.name, err)
	}
	stream, err := backend.HandOver(e.stream)
	if err != nil {
		return EngineState{}, audio.ErrUnsupported.With("the device %s cannot be handed over: %v", e.name, err)
	}
	s := EngineState{
		Name: e.name, Stream: stream, Config: e.stream.Granted(), Running: e.running, Tick: e.tick, Position: e.position, Period: e.period,
		Cycles: e.cycles.Load(), Xruns: e.xruns.Load(), Lost: e.lost.Load(), Device: e.device.State(), Clock: e.lines.State(),
	}
	for _, ln := range e.lines.Order() {
		if ref, ok := refs[ln]; ok {
			s.Order = append(s.Order, ref)
		}
	}
	return s, nil
}

func (f *Frozen) loop(l *Loop, refs map[*line.Line]LineRef) (LoopState, error) {
	s := LoopState{Name: l.spec.Name, Sessions: l.sessions.Load(), Frames: l.Frames.Load(), Skipped: l.Skipped.Load()}
	for i, settings := range l.settings {
		if settings != nil {
			s.Settings[i], s.Totals[i] = settings.Info, l.totalsLocked(pcm.Role(i))
		}
	}
	if l.outlet != nil {
		s.Outlet = l.outlet.State()
		refs[&l.outlet.Line] = LineRef{Loop: l.spec.Name, Session: -1}
	}
	all := l.allSessionsLocked()
	add := func(e *End, at EndPlace) error {
		if e == nil || f.ids[e] != 0 || e.freed {
			return nil
		}
		f.ids[e] = len(f.ids) + 1
		f.hosts[e.host] = f.ids[e]
		v, err := e.stateLocked()
		v.ID, v.Place = f.ids[e], at
		s.Ends = append(s.Ends, v)
		return err
	}
	err := add(l.server, AtServer)
	for _, c := range l.clients {
		if err == nil {
			err = add(c, AtClient)
		}
	}
	for i, one := range all {
		for _, e := range []*End{one.writer, one.reader} {
			if err == nil {
				err = add(e, AtLine)
			}
		}
		refs[one.Line] = LineRef{Loop: l.spec.Name, Session: i}
		v := SessionState{Joins: slices.Index(all, one.joins), Lone: one.Alone(), Grouped: one.Grouped(), Line: one.Line.State()}
		if one.writer != nil {
			v.Writer = f.ids[one.writer]
		}
		if one.reader != nil {
			v.Reader = f.ids[one.reader]
		}
		s.Lines = append(s.Lines, v)
	}
	return s, err
}

// allSessionsLocked returns the sessions that the engine has, those with a group before its members.
func (l *Loop) allSessionsLocked() []*session {
	all := l.sessionsLocked()
	for _, c := range l.clients {
		if s := c.session; s != nil && !s.unlinked && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func (e *End) stateLocked() (EndState, error) {
	heir, ok := e.host.(Heir)
	if !ok {
		return EndState{}, audio.ErrUnsupported.With("%s: %s cannot be handed over", e.loop.spec.Name, e.holder.Program)
	}
	s := EndState{
		Host: heir.HandOver(e.Ring), Role: e.role, Direction: e.dir, Holder: e.holder, Format: e.Format, Period: e.Period, Buffer: e.Buffer,
		State: e.state, Gone: e.Gone, Delivers: e.delivered != nil, ServerGone: e.serverGone, Unsettled: e.unsettled,
		Marks: e.marks, EOFs: e.eofs, Since: e.since, Settings: e.settings.Info, Added: e.added,
		Paused: e.Paused.Load(), Flowing: e.Flowing.Load(), Sticky: e.Xruns.Sticky.Load(),
		DrainTo: e.DrainTo.Load(), MarkTo: e.MarkTo.Load(), LastMark: e.LastMark.Load(),
		Moved: e.Moved.Load(), Bad: e.Bad.Load(), Offset: e.Offset.Load(),
		Bursts: e.Xruns.Bursts.Load(), Frames: e.Xruns.Frames.Load(),
	}
	if e.timer != nil {
		s.Timeout = max(1, time.Until(e.deadline))
	}
	if e.dir == pcm.Write {
		s.Ring = e.Source.State()
	} else {
		s.Ring = e.Sink.State()
	}
	return s, nil
}
