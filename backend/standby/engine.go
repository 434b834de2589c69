package standby

import (
	"github.com/loopbridge/loopbridge/backend"
)

// Start starts the active device. It may block, because nothing plays.
func (s *stream) Start() error {
	s.stay()
	s.course, s.away = course{Fresh: true}, 0
	s.reached.Store(0)
	s.played.Reset()
	s.recorded.Reset()
	s.running.Store(true)
	p := s.active.Load()
	if p == s.lastResort {
		return p.Start()
	}
	if err := s.start(p, engineLimit); err != nil {
		return s.failOver(err)
	}
	return nil
}

// Stop stops the active device. It may block, because nothing plays any more.
func (s *stream) Stop() error {
	s.stay()
	s.running.Store(false)
	p := s.active.Load()
	if p == s.lastResort {
		return p.Stop()
	}
	if err := s.stop(p, engineLimit); err != nil {
		return s.failOver(err)
	}
	return nil
}

func (s *stream) Wait() (backend.Tick, error) {
	s.stay()
	for {
		if p := s.next.Swap(nil); p != nil {
			s.takeOver(p)
		}
		t, err := s.active.Load().Wait()
		if err != nil {
			if err := s.failOver(err); err != nil {
				return backend.Tick{}, err
			}
			continue
		}
		if s.Fresh && t.Position > 0 { // an xrun before the first tick cost only silence
			s.Fresh = false
			s.Base -= t.Lost
			t.Lost = 0
		}
		if s.away > 0 && t.Position > 0 {
			gap := s.missed(t)
			s.away = 0
			s.Base += gap
			t.Lost += gap
		}
		reached := s.reached.Load()
		t.Position += s.Base // which may be less than 0
		if int64(t.Position-reached) < 0 {
			t.Position = reached
		}
		s.reached.Store(t.Position)
		s.Time = max(s.Time, t.Time)
		t.Time = s.Time
		return t, nil
	}
}

func (s *stream) Read(block []byte) (int, error) {
	n, err := s.active.Load().Read(block)
	if err != nil {
		s.granted.Format.Encoding.Silence(block)
		s.recorded.Gap()
		s.recorded.Pass(block)
		return len(block) / s.granted.Format.FrameBytes(), s.failOver(err)
	}
	s.recorded.Pass(block[:n*s.granted.Format.FrameBytes()])
	return n, nil
}

func (s *stream) Write(block []byte) (int, error) {
	s.played.Pass(block)
	n, err := s.active.Load().Write(block)
	if err != nil {
		return len(block) / s.granted.Format.FrameBytes(), s.failOver(err)
	}
	return n, nil
}

// failOver switches from a failed device to the last resort. It fails if that is the device that
// failed, or does not start.
func (s *stream) failOver(why error) error {
	p := s.lastResort
	if s.active.Load() == p {
		return why
	}
	if s.running.Load() {
		if err := p.Start(); err != nil {
			return err
		}
		p.startedAt = s.reached.Load()
	}
	s.switchTo(p, why)
	s.wakeSupervisor()
	return nil
}

// takeOver switches to a better device, unless the stream was started or stopped since the
// supervisor prepared it: then the supervisor closes it.
func (s *stream) takeOver(p *device) {
	if p.started != s.running.Load() {
		s.retired <- p
		s.wakeSupervisor()
		return
	}
	s.switchTo(p, nil)
}

// switchTo makes p the active device, from the position at which it was started.
func (s *stream) switchTo(p *device, why error) {
	old := s.active.Load()
	if s.running.Load() {
		s.Base, s.Fresh = p.startedAt, p != s.lastResort
		s.played.GapAfterSilence()
		s.recorded.Gap()
	}
	s.active.Store(p)
	p.Wake() // for a Wake that reached the old one
	if old == s.lastResort {
		_ = old.Stop()
	} else {
		s.retired <- old
	}
	s.tellSwitch(backend.Switch{From: s.o.Sources[old.source].Name, To: s.o.Sources[p.source].Name, Err: why})
	s.feed.Tell(backend.ControlChange{Replaced: true})
}
