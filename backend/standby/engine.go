package standby

import (
	"github.com/loopbridge/loopbridge/backend"
)

// Start waits for a performer that starts, since nothing plays meanwhile.
func (s *stream) Start() error {
	s.base, s.time, s.fresh = 0, 0, true
	s.reached.Store(0)
	s.played.Reset()
	s.recorded.Reset()
	s.running.Store(true)
	p := s.now.Load()
	if p == s.understudy {
		return p.Start()
	}
	if err := s.start(p, within); err != nil {
		return s.replace(err)
	}
	return nil
}

// Stop waits likewise.
func (s *stream) Stop() error {
	s.running.Store(false)
	p := s.now.Load()
	if p == s.understudy {
		return p.Stop()
	}
	if err := s.stop(p, within); err != nil {
		return s.replace(err)
	}
	return nil
}

func (s *stream) Wait() (backend.Tick, error) {
	for {
		if p := s.next.Swap(nil); p != nil {
			s.take(p)
		}
		t, err := s.now.Load().Wait()
		if err != nil {
			if err := s.replace(err); err != nil {
				return backend.Tick{}, err
			}
			continue
		}
		if s.fresh && t.Position > 0 { // an xrun before the first tick has cost silence only
			s.fresh = false
			s.base -= t.Lost
			t.Lost = 0
		}
		t.Position = max(s.reached.Load(), s.base+t.Position)
		s.reached.Store(t.Position)
		s.time = max(s.time, t.Time)
		t.Time = s.time
		return t, nil
	}
}

func (s *stream) Read(block []byte) (int, error) {
	n, err := s.now.Load().Read(block)
	if err != nil {
		s.granted.Format.Encoding.Silence(block)
		s.recorded.Gap()
		s.recorded.Pass(block)
		return len(block) / s.granted.Format.FrameBytes(), s.replace(err)
	}
	s.recorded.Pass(block[:n*s.granted.Format.FrameBytes()])
	return n, nil
}

func (s *stream) Write(block []byte) (int, error) {
	s.played.Pass(block)
	n, err := s.now.Load().Write(block)
	if err != nil {
		return len(block) / s.granted.Format.FrameBytes(), s.replace(err)
	}
	return n, nil
}

// replace lets the understudy take over from one that has failed, which is an error only
// where that is the understudy itself, or where it fails as well.
func (s *stream) replace(why error) error {
	p := s.understudy
	if s.now.Load() == p {
		return why
	}
	if s.running.Load() {
		if err := p.Start(); err != nil {
			return err
		}
		p.at = s.reached.Load()
	}
	s.change(p, why)
	s.rouse()
	return nil
}

// take lets a better performer take over, which runs if the whole does. Where that has
// changed meanwhile it goes back to the supervisor.
func (s *stream) take(p *performer) {
	if p.runs != s.running.Load() {
		s.retired <- p
		s.rouse()
		return
	}
	s.change(p, nil)
}

// change goes on with p, from the position on at which it was started.
func (s *stream) change(p *performer, why error) {
	old := s.now.Load()
	if s.running.Load() {
		s.base, s.fresh = p.at, p != s.understudy
		s.played.GapAfterSilence()
		s.recorded.Gap()
	}
	s.now.Store(p)
	p.Wake() // for those who have just woken the other one
	if old == s.understudy {
		_ = old.Stop()
	} else {
		s.retired <- old
	}
	s.tell(backend.Switch{From: s.o.Sources[old.source].Name, To: s.o.Sources[p.source].Name, Err: why})
	s.feed.Tell(backend.ControlChange{Replaced: true})
}
