package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// Set implements Subject.
func (s *EndControls) Set(p state.Patch) (state.Reply, error) {
	commit := func(next *state.Info, reply *state.Reply) (wait func(), err error) {
		s.settings().keepLocked(next, p)
		for n, e := range s.endsLocked() {
			e.applyLocked(p, n == 0, reply.Info.Side(e.dir))
		}
		return s.refadeLocked(), nil
	}
	reply, err := s.settings().Set(&s.loop.mu, p, s.infoLocked, commit)
	if err == nil {
		s.loop.emit(event.Event{Kind: event.Set, End: s.role, Holder: s.Holder(), Changes: reply.Changes})
	}
	return reply, err
}

// Restore implements Subject.
func (s *EndControls) Restore(saved state.Saved) error {
	return s.settings().Restore(&s.loop.mu, saved, s.infoLocked, func(next *state.Info) (wait func(), err error) {
		s.settings().keepLocked(next, state.Patch{})
		return s.refadeLocked(), nil
	})
}

// keepLocked adopts the settings of next; the ends adopt the others.
func (s *endSettings) keepLocked(next *state.Info, p state.Patch) {
	s.Waiting(next, p)
	for _, d := range audio.Directions() {
		now, then := s.Info.Side(d), next.Side(d)
		now.Gain, now.Balance, now.Waiting = then.Gain, then.Balance, then.Waiting
	}
	s.Info.OutputMuted = next.OutputMuted
}

// applyLocked sets counters and flags of an end, and adds their old values to was, which the first
// end resets.
func (e *End) applyLocked(p state.Patch, first bool, was *state.Side) {
	d := e.dir
	value := func(v uint32) uint32 { // the first of several ends gets the whole value
		if first {
			return v
		}
		return 0
	}
	if v, ok := p.Get(state.PlaySamples.On(d)); ok {
		old := e.samplesLocked() // read again: the engine is running
		e.since += uint64(old) - uint64(value(v))
		if first {
			was.Samples = 0
		}
		was.Samples += old
	}
	if v, ok := p.Get(state.PlayEOF.On(d)); ok && d == audio.Play {
		e.eofs = value(v)
	}
	if v, ok := p.Get(state.PlayError.On(d)); ok {
		old := e.Xruns.Sticky.Swap(v != 0)
		was.Error = !first && was.Error || old
	}
	if v, ok := p.Get(state.PlayPause.On(d)); ok {
		e.Paused.Store(v != 0)
	}
}

// refadeLocked gives the settings to the lines; wait blocks until they have them.
func (s *EndControls) refadeLocked() (wait func()) {
	var all []func()
	for _, e := range s.endsLocked() {
		if change := e.refadeMeterLocked(); change != nil {
			all = append(all, change)
		}
		if e.session != nil {
			all = append(all, e.session.Fade(e.session.faderSettingsLocked()...))
		}
	}
	if s.role == pcm.Client && s.one == nil {
		all = append(all, s.loop.refadeTapsLocked()...)
	}
	if len(all) == 0 {
		return func() {}
	}
	return s.loop.engine.post(func() {
		for _, change := range all {
			change()
		}
	})
}

// faderSettingsLocked returns the settings of both ends.
func (s *session) faderSettingsLocked() []mixer.Setting {
	return append(s.writer.faderSettingsLocked(), s.reader.faderSettingsLocked()...)
}

// closedLocked clears what does not outlast a close.
func (s *endSettings) closedLocked(d audio.Direction) { s.Info.Side(d).Waiting = false }
