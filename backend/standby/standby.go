package standby

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// Source is a device that a stream may run on.
type Source struct {
	Name string
	// Open may block. It is called by one goroutine at a time.
	Open func(wish backend.Config) (backend.Stream, error)
}

// Options say what there is to run on.
type Options struct {
	// Sources are the devices, the best first. The last one is opened at once and kept:
	// it should be one that cannot fail.
	Sources []Source
	// Plugged says that a device may have come. nil: nobody says so.
	Plugged <-chan struct{}
	// Look is how often to look for a better device without being told; it becomes up to
	// a minute while nothing is found. 0: never.
	Look time.Duration
}

// longestLook is how far Look grows.
const longestLook = time.Minute

// Open gives a stream on the best source that opens, and keeps what that grants: the
// others have to grant the same. It fails only if no source opens. The stream is
// guarded, a backend.Switcher, and a backend.Reporter of devices that are there and cannot
// take over.
func Open(wish backend.Config, o Options) (backend.Stream, error) {
	if len(o.Sources) == 0 {
		return nil, audio.ErrInvalid.With("a device needs something to run on")
	}
	s := &stream{o: o, switches: make(chan backend.Switch, 16), reports: make(chan error, 4), kick: make(chan struct{}, 1), quit: make(chan struct{}), retired: make(chan backend.Stream, 16)}
	last := len(o.Sources) - 1
	var errs []error
	for n, source := range o.Sources {
		inner, err := source.Open(wish)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.granted = inner.Granted()
		s.now.Store(&performer{n, inner})
		if n == last {
			s.understudy = s.now.Load()
		}
		break
	}
	if s.now.Load() == nil {
		return nil, errors.Join(errs...)
	}
	if s.understudy == nil {
		inner, err := s.open(last)
		if err != nil {
			return nil, errors.Join(err, s.now.Load().Close())
		}
		s.understudy = &performer{last, inner}
	}
	if first := s.now.Load().source; first > 0 {
		s.tell(backend.Switch{From: o.Sources[0].Name, To: o.Sources[first].Name, Err: errs[0]})
	}
	ramp := audio.RampFrames(s.granted.Format.Rate, s.granted.Period)
	s.played, s.recorded = audio.NewSplice(s.granted.Format, ramp), audio.NewSplice(s.granted.Format, ramp)
	s.wait.Go(s.supervise)
	return backend.Guard(s), nil
}

// performer is a stream and the source that it is of.
type performer struct {
	source int
	backend.Stream
}

// stream is the driver below the guard.
type stream struct {
	o       Options
	granted backend.Config

	now        atomic.Pointer[performer] // changed by the engine's goroutine
	next       atomic.Pointer[performer] // opened by the supervisor, for the engine to take
	understudy *performer                // the last source: never closed before Close

	kick     chan struct{} // to the supervisor: something has failed
	retired  chan backend.Stream
	quit     chan struct{}
	wait     sync.WaitGroup
	tells    sync.Mutex
	closed   bool
	switches chan backend.Switch
	reports  chan error

	// The engine's goroutine's.
	running        bool
	base, position uint64
	time           int64
	played         *audio.Splice // a device that takes over comes in on a ramp
	recorded       *audio.Splice
}

func (s *stream) Granted() backend.Config { return s.granted }

// Device implements backend.Switcher.
func (s *stream) Device() string { return s.o.Sources[s.now.Load().source].Name }

// Switches implements backend.Switcher.
func (s *stream) Switches() <-chan backend.Switch { return s.switches }

// Delay implements backend.Delayer for whoever performs.
func (s *stream) Delay() (play, record int) {
	if d, ok := backend.As[backend.Delayer](s.now.Load().Stream); ok {
		return d.Delay()
	}
	return 0, 0
}

// Reports implements backend.Reporter.
func (s *stream) Reports() <-chan error { return s.reports }

// Wake wakes whoever performs, also one that takes over meanwhile.
func (s *stream) Wake() {
	for {
		p := s.now.Load()
		p.Wake()
		if s.now.Load() == p {
			return
		}
	}
}

func (s *stream) Start() error {
	s.base, s.position, s.time = 0, 0, 0
	s.played.Reset()
	s.recorded.Reset()
	s.running = true
	if err := s.now.Load().Start(); err != nil {
		return s.replace(err)
	}
	return nil
}

func (s *stream) Stop() error {
	s.running = false
	if p := s.now.Load(); p.Stop() != nil && p != s.understudy {
		return s.replace(nil)
	}
	return nil
}

func (s *stream) Wait() (backend.Tick, error) {
	for {
		if p := s.next.Swap(nil); p != nil {
			if err := s.take(p, nil); err != nil {
				return backend.Tick{}, err
			}
		}
		p := s.now.Load()
		t, err := p.Wait()
		if err != nil {
			if err := s.replace(err); err != nil {
				return backend.Tick{}, err
			}
			continue
		}
		s.position = max(s.position, s.base+t.Position)
		s.time = max(s.time, t.Time)
		t.Position, t.Time = s.position, s.time
		return t, nil
	}
}

// replace lets the understudy take over from one that has failed.
func (s *stream) replace(why error) error {
	if s.now.Load() == s.understudy {
		return why
	}
	err := s.take(s.understudy, why)
	select {
	case s.kick <- struct{}{}:
	default:
	}
	return err
}

// take lets p take over, from the present position on.
func (s *stream) take(p *performer, why error) error {
	old := s.now.Load()
	if s.running {
		if err := p.Start(); err != nil {
			if p == s.understudy {
				return err
			}
			s.retired <- p.Stream // it was to be better, and is not
			return nil
		}
		s.base = s.position
		s.played.Gap(true)
		s.recorded.Gap(false)
	}
	s.now.Store(p)
	p.Wake() // for those who have just woken the other one
	if old == s.understudy {
		_ = old.Stop()
	} else {
		s.retired <- old.Stream
	}
	s.tell(backend.Switch{From: s.o.Sources[old.source].Name, To: s.o.Sources[p.source].Name, Err: why})
	return nil
}

func (s *stream) tell(change backend.Switch) {
	s.tells.Lock()
	defer s.tells.Unlock()
	if s.closed {
		return
	}
	select {
	case s.switches <- change:
	default:
	}
}

func (s *stream) Read(block []byte) (int, error) {
	n, err := s.now.Load().Read(block)
	if err != nil {
		s.granted.Format.Encoding.Silence(block)
		s.recorded.Gap(false)
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

// Close ends the supervisor first, so that nobody opens anything any more.
func (s *stream) Close() error {
	close(s.quit)
	s.wait.Wait()
	var errs []error
	for _, p := range []*performer{s.now.Load(), s.next.Swap(nil), s.understudy} {
		if p != nil {
			errs = append(errs, p.Stream.Close())
		}
	}
	for len(s.retired) > 0 {
		_ = (<-s.retired).Close() // it had failed
	}
	s.tells.Lock()
	s.closed = true
	close(s.switches)
	close(s.reports)
	s.tells.Unlock()
	return errors.Join(errs...)
}
