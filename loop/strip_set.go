package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// Set implements Subject.
func (s *Strip) Set(p state.Patch) (state.Reply, error) {
	reply, err := s.strip().Set(&s.loop.mu, p, s.look, func(next *state.Info, reply *state.Reply) (wait func(), err error) {
		s.strip().keep(next, p)
		for n, e := range s.ends() {
			e.count(p, n == 0, reply.Info.Side(side(e.dir)))
		}
		return s.refade(), nil
	})
	if err == nil {
		s.loop.emit(event.Event{Kind: event.Set, End: s.role, Holder: s.Holder(), Changes: reply.Changes})
	}
	return reply, err
}

// Restore implements Subject.
func (s *Strip) Restore(saved state.Saved) error {
	return s.strip().Restore(&s.loop.mu, saved, s.look, func(next *state.Info) (wait func(), err error) {
		s.strip().keep(next, state.Patch{})
		return s.refade(), nil
	})
}

// keep takes over what lasts; the rest is that of the ends.
func (s *strip) keep(next *state.Info, p state.Patch) {
	s.Waiting(next, p)
	for _, d := range audio.Directions() {
		now, then := s.Info.Side(d), next.Side(d)
		now.Gain, now.Balance, now.Waiting = then.Gain, then.Balance, then.Waiting
	}
	s.Info.OutputMuted = next.OutputMuted
}

// count sets counters and flags of an end, and adds what they were to was, which those of the
// first begin. The caller holds loop.mu.
func (e *End) count(p state.Patch, first bool, was *state.Side) {
	d := side(e.dir)
	value := func(v uint32) uint32 { // of several ends the first has all that is set
		if first {
			return v
		}
		return 0
	}
	if v, ok := p.Get(state.PlaySamples.On(d)); ok {
		old := e.samples() // again: the engine has gone on
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

// refade brings what is set to the lines; wait blocks until they have it. The caller holds
// loop.mu.
func (s *Strip) refade() (wait func()) {
	var all []func()
	for _, e := range s.ends() {
		if change := e.refadeMeter(); change != nil {
			all = append(all, change)
		}
		if e.session != nil {
			all = append(all, e.session.Fade(e.session.settings()...))
		}
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

// settings are those of both ends. The caller holds loop.mu.
func (s *session) settings() []mixer.Setting {
	return append(s.writer.settings(), s.reader.settings()...)
}

// closed forgets of a strip what does not last. The caller holds loop.mu.
func (s *strip) closed(d pcm.Direction) { s.Info.Side(side(d)).Waiting = false }
