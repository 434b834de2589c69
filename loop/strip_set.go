package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/mixer"
)

// Set implements Subject.
func (s *Strip) Set(p audio.Patch) (audio.Reply, error) {
	before := s.Info()
	reply, wait, err := s.apply(p)
	if err != nil {
		return audio.Reply{}, err
	}
	wait()
	reply.Compare(&before, p)
	s.loop.emit(event.Event{Kind: event.Set, End: s.role, Holder: s.Holder(), Changes: reply.Changes})
	return reply, nil
}

// apply is Set, whose change of levels is still to come, and of which nobody is told.
func (s *Strip) apply(p audio.Patch) (reply audio.Reply, wait func(), err error) {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	strip, next := s.strip(), s.look()
	if reply, err = next.Apply(p, strip.rules); err != nil {
		return audio.Reply{}, nil, err
	}
	strip.keep(&next, p)
	for n, e := range s.ends() {
		e.set7I(p, n == 0, reply.Info.Side(side(e.dir)))
	}
	return reply, s.refade(), nil
}

// keep takes over what lasts.
func (s *strip) keep(next *audio.Info, p audio.Patch) {
	for _, d := range audio.Directions() {
		now, then := s.info.Side(d), next.Side(d)
		now.Gain, now.Balance = then.Gain, then.Balance
		if _, byHand := p.Get(audio.PlayWaiting.On(d)); byHand { // until the end is closed (E40)
			now.Waiting = then.Waiting
		}
	}
	s.info.OutputMuted = next.OutputMuted
}

// set7I sets counters and flags of an end, and adds what they were to was, which those of
// the first begin. The caller holds loop.mu.
func (e *End) set7I(p audio.Patch, first bool, was *audio.Side) {
	d := side(e.dir)
	value := func(v uint32) uint32 { // of several ends the first has all that is set
		if first {
			return v
		}
		return 0
	}
	if v, ok := p.Get(audio.PlaySamples.On(d)); ok {
		old := e.samples() // again: the engine has gone on
		e.since += uint64(old) - uint64(value(v))
		if first {
			was.Samples = 0
		}
		was.Samples += old
	}
	if v, ok := p.Get(audio.PlayEOF.On(d)); ok && d == audio.Play {
		e.eofs = value(v)
	}
	if v, ok := p.Get(audio.PlayError.On(d)); ok {
		old := e.xruns.sticky.Swap(v != 0)
		was.Error = !first && was.Error || old
	}
	if v, ok := p.Get(audio.PlayPause.On(d)); ok {
		e.paused.Store(v != 0)
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
		if ln := e.line; ln != nil {
			settings, converter := ln.settings(), ln.path.converterForFader(ln.loop.spec.Convert)
			all = append(all, func() { ln.path.fade(settings, converter) })
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
func (ln *line) settings() []mixer.Setting {
	return append(ln.writer.settings(), ln.reader.settings()...)
}

// Restore implements Subject.
func (s *Strip) Restore(saved audio.Saved) error {
	s.loop.mu.Lock()
	next := s.look()
	err := next.Restore(saved, s.strip().rules)
	s.strip().keep(&next, audio.Patch{})
	wait := s.refade()
	s.loop.mu.Unlock()
	wait()
	return err
}

// closed forgets of a strip what does not last. The caller holds loop.mu.
func (s *strip) closed(d pcm.Direction) { s.info.Side(side(d)).Waiting = false }
