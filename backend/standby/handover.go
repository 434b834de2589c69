package standby

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

const kind = "standby"

// course is where the engine is with the active device.
type course struct {
	Base  uint64 `json:"base"`            // position at which the active device was started
	Fresh bool   `json:"fresh,omitempty"` // it has had no tick yet
	Time  int64  `json:"time"`            // of the last tick
}

// handed is the state in a backend.Handed.
type handed struct {
	course
	Granted  backend.Config    `json:"granted"`
	Sources  []string          `json:"sources"` // the names of the streams inside
	Active   string            `json:"active"`  // the name of the one it runs on, inside or not
	Reached  uint64            `json:"reached"`
	Away     int64             `json:"away,omitempty"`
	Played   audio.SpliceState `json:"played"`
	Recorded audio.SpliceState `json:"recorded"`
}

// restPatience is how long HandOver waits for the supervisor.
const restPatience = time.Second

// HandOver implements backend.Heir: it hands over the active device and the last resort, unless one cannot be, such as
// one that has no Source.Resume. The supervisor rests until the next Wait, Start, Stop or Close: it does not open, start
// or close devices. What it has prepared, and no Wait has taken over, is not handed over. audio.ErrBusy: it is at
// work, or a device hangs.
func (s *stream) HandOver() (backend.Handed, error) {
	if err := s.rest(); err != nil {
		return backend.Handed{}, err
	}
	active := s.active.Load()
	at := handed{
		course: s.course, Granted: s.granted, Active: s.o.Sources[active.source].Name, Reached: s.reached.Load(), Away: s.away,
		Played: s.played.State(), Recorded: s.recorded.State(),
	}
	var inner []backend.Handed
	for _, p := range slices.Compact([]*device{s.lastResort, active}) {
		from := s.o.Sources[p.source]
		if from.Resume == nil {
			continue
		}
		h, err := backend.HandOver(p.Stream)
		switch {
		case err == nil:
			at.Sources, inner = append(at.Sources, from.Name), append(inner, h)
		case !errors.Is(err, audio.ErrUnsupported): // else the new program opens it
			s.stay()
			return backend.Handed{}, err
		}
	}
	h, err := backend.NewHanded(kind, at)
	h.Inner = inner
	return h, err
}

// rest keeps the supervisor from work, until stay. A second one does nothing.
func (s *stream) rest() error {
	if !s.resting {
		timeout := time.NewTimer(restPatience)
		defer timeout.Stop()
		select {
		case s.work <- struct{}{}:
		case <-timeout.C:
			return audio.ErrBusy.With("a device is being opened or closed; try again in a moment")
		}
		s.resting = true
	}
	for n := range s.calls {
		if s.calls[n].Load() > 0 { // it was given up
			s.stay()
			return audio.ErrBusy.With("%s does not answer; the device can be handed over when it does", s.o.Sources[n].Name)
		}
	}
	return nil
}

// stay ends a rest: this process goes on. Only the engine's goroutine calls it, or who holds that.
func (s *stream) stay() {
	if s.resting {
		s.resting = false
		<-s.work
	}
}

// Resume returns the stream that h describes, which goes on: see backend.Heir. The sources are the same ones, by name. If
// the active device was not handed over, or does not go on, its descriptors are closed, the stream runs on the last
// resort, and its first tick counts as lost what has passed since the last one; the supervisor looks for the device at
// once.
func Resume(h backend.Handed, o Options) (backend.Stream, error) {
	var at handed
	if err := h.Decode(kind, &at, 0, len(h.Inner)); err != nil {
		return nil, err
	}
	if err := at.possible(h); err != nil {
		return nil, err
	}
	if len(o.Sources) == 0 {
		return nil, audio.ErrInvalid.With("a device needs something to run on")
	}
	s := newStream(o)
	s.granted, s.course, s.away = at.Granted, at.course, at.Away
	s.reached.Store(at.Reached)
	s.running.Store(h.Running)
	s.splices()
	if !s.played.Restore(at.Played) || !s.recorded.Restore(at.Recorded) {
		return nil, h.Damaged("its last frames are not of its format")
	}
	g, err := backend.GuardResumed(s, h, at.Granted.Period*at.Granted.Periods)
	if err != nil {
		return nil, err
	}
	if err := s.resume(h, at); err != nil {
		return nil, err
	}
	s.wait.Go(s.supervise)
	return g, nil
}

// most is more than a buffer, or a number of periods, has.
const most = 1 << 28

func (at *handed) possible(h backend.Handed) error {
	g := at.Granted
	switch err := g.Format.Validate(); {
	case err != nil:
		return h.Damaged("%v", err)
	case g.Period < 1 || g.Period > most || g.Periods < 2 || g.Periods > most:
		return h.Damaged("it has %d periods of %d frames", g.Periods, g.Period)
	case len(at.Sources) != len(h.Inner):
		return h.Damaged("it has %d names for %d streams inside", len(at.Sources), len(h.Inner))
	case at.Reached > 1<<62 || at.Time < 0 || at.Away < 0:
		return h.Damaged("position %d at %d ns is out of range", at.Reached, at.Time)
	}
	return nil
}

// resume takes over the streams inside, the last resort first: nothing fails after it.
func (s *stream) resume(h backend.Handed, at handed) error {
	last := len(s.o.Sources) - 1
	var gone error
	if s.lastResort, gone = s.take(last, h, at); s.lastResort == nil {
		p, err := s.open(last)
		if err != nil {
			return err
		}
		s.lastResort = p
	} else if at.Active == s.o.Sources[last].Name {
		s.active.Store(s.lastResort)
	}
	for n, source := range s.o.Sources[:last] {
		if p, err := s.take(n, h, at); p != nil {
			s.active.Store(p)
		} else if source.Name == at.Active {
			gone = err
		}
	}
	for i, name := range at.Sources {
		if !slices.ContainsFunc(s.o.Sources, func(x Source) bool { return x.Name == name }) {
			closeAll(h.Inner[i]) // it is not used any more
		}
	}
	if s.active.Load() == nil {
		return s.standIn(at.Active, gone)
	}
	return nil
}

// take returns the device of a source that was handed over in the state in which the stream needs it. nil: there is none,
// and what there was is closed.
func (s *stream) take(n int, h backend.Handed, at handed) (*device, error) {
	source := s.o.Sources[n]
	i := slices.Index(at.Sources, source.Name)
	if i < 0 {
		return nil, audio.ErrUnsupported.With("%s cannot be handed over to another program; it is opened again", source.Name)
	}
	inner, runs := h.Inner[i], h.Running && source.Name == at.Active
	if source.Resume == nil || inner.Running != runs || n != len(s.o.Sources)-1 && source.Name != at.Active {
		closeAll(inner)
		return nil, inner.Damaged("%s cannot go on with it", source.Name)
	}
	p, err := s.obtain(n, "taking it over", engineLimit, func() (backend.Stream, error) { return source.Resume(inner) })
	if err != nil {
		if s.calls[n].Load() == 0 { // else it may take them yet
			closeAll(inner)
		}
		return nil, err
	}
	if p.Granted() != s.granted {
		_ = s.discard(p)
		return nil, inner.Damaged("%s has another format", source.Name)
	}
	p.started, p.startedAt = runs, s.Base
	return p, nil
}

// standIn makes the last resort the active device of a stream that has none.
func (s *stream) standIn(from string, why error) error {
	p := s.lastResort
	s.active.Store(p)
	if s.running.Load() {
		if err := p.Start(); err != nil {
			return errors.Join(err, p.Close())
		}
		p.startedAt = s.reached.Load()
		s.Base, s.Fresh, s.away = p.startedAt, false, s.Time
		s.played.GapAfterSilence()
		s.recorded.Gap()
	}
	if to := s.o.Sources[p.source].Name; to != from {
		s.tellSwitch(backend.Switch{From: from, To: to, Err: why})
	}
	s.wakeSupervisor()
	return nil
}

// missed returns how many frames, whole periods, have passed from the last tick in another process to the start of the
// active device, whose first tick is t.
func (s *stream) missed(t backend.Tick) uint64 {
	passed := audio.MulDiv(uint64(max(0, t.Time-s.away)), uint64(s.granted.Format.Rate), uint64(time.Second))
	if passed <= t.Position {
		return 0
	}
	period := uint64(s.granted.Period)
	return (passed - t.Position) / period * period
}

// closeAll closes what nobody has taken over, so that the device can be opened.
func closeAll(h backend.Handed) {
	for _, fd := range h.Descriptors() {
		_ = syscall.Close(fd)
	}
}
