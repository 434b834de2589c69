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
	// Open may block, and may hang. It is called by one goroutine at a time.
	Open func(wish backend.Config) (backend.Stream, error)
}

// Options say what there is to run on.
type Options struct {
	// Sources are the devices, the best first. The last one is opened at once and kept, and
	// runs on the engine's goroutine: it should be one that cannot fail.
	Sources []Source
	// Plugged says that a device may have come. nil: nobody says so.
	Plugged <-chan struct{}
	// Look is how often to look for a better device without being told; it becomes up to
	// a minute while nothing is found. 0: never.
	Look time.Duration
	// Required says that the first source has to open, or Open fails with its error.
	Required bool
}

// How long a call may take until it is given up. While a performer is opened, started or
// closed beside the engine nobody waits for it; while nothing plays the engine does. What
// is required may look at all devices of the machine first.
const (
	beside   = 10 * time.Second
	within   = 4 * time.Second
	required = 70 * time.Second
)

// Open gives a stream on the best source that opens, and keeps what that grants: the
// others have to grant the same. It fails only if no source opens, or the first does not and
// is required. The stream is guarded, a backend.Switcher, a backend.Controller of whatever it
// runs on, and a backend.Reporter of devices that are there and cannot take over.
func Open(wish backend.Config, o Options) (backend.Stream, error) {
	if len(o.Sources) == 0 {
		return nil, audio.ErrInvalid.With("a device needs something to run on")
	}
	s := &stream{
		o: o, calls: make([]atomic.Int32, len(o.Sources)),
		switches: make(chan backend.Switch, 16), reports: make(chan error, 4), feed: backend.NewControlFeed(),
		kick: make(chan struct{}, 1), quit: make(chan struct{}), retired: make(chan *performer, 16),
	}
	if err := s.begin(wish); err != nil {
		return nil, err
	}
	ramp := audio.RampFrames(s.granted.Format.Rate, s.granted.Period)
	s.played, s.recorded = audio.NewSplice(s.granted.Format, ramp), audio.NewSplice(s.granted.Format, ramp)
	s.wait.Go(s.supervise)
	return backend.Guard(s), nil
}

// begin opens the best source that opens, and the last one.
func (s *stream) begin(wish backend.Config) error {
	last := len(s.o.Sources) - 1
	var errs []error
	for n := range s.o.Sources {
		needed, limit := s.o.Required && n == 0, beside
		if needed {
			limit = required
		}
		p, err := s.tryOpen(n, wish, limit)
		if needed && err != nil {
			return err
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		s.granted = p.Granted()
		s.now.Store(p)
		if n == last {
			s.understudy = p
		}
		break
	}
	now := s.now.Load()
	if now == nil {
		return errors.Join(errs...)
	}
	if s.understudy == nil {
		p, err := s.open(last)
		if err != nil {
			return errors.Join(err, s.discard(now))
		}
		s.understudy = p
	}
	if now.source > 0 {
		s.tell(backend.Switch{From: s.o.Sources[0].Name, To: s.o.Sources[now.source].Name, Err: errs[0]})
	}
	return nil
}

// stream is the driver below the guard.
type stream struct {
	o       Options
	granted backend.Config

	now        atomic.Pointer[performer] // changed by the engine's goroutine
	next       atomic.Pointer[performer] // made ready by the supervisor, for the engine to take
	understudy *performer                // the last source: never closed before Close
	calls      []atomic.Int32            // of each source, that have not returned: given up, or about to

	kick     chan struct{}   // to the supervisor: something has failed, or has returned
	retired  chan *performer // to the supervisor: to be closed
	quit     chan struct{}
	wait     sync.WaitGroup
	tells    sync.Mutex
	closed   bool
	switches chan backend.Switch
	reports  chan error
	feed     *backend.ControlFeed

	running atomic.Bool   // written by the engine's goroutine
	reached atomic.Uint64 // position of the last tick, likewise

	// The engine's goroutine's.
	base     uint64 // position at which the performer was started
	fresh    bool   // it has had no tick yet
	time     int64
	played   *audio.Splice // a device that takes over comes in on a ramp
	recorded *audio.Splice
}

var (
	_ backend.Switcher   = (*stream)(nil)
	_ backend.Reporter   = (*stream)(nil)
	_ backend.Delayer    = (*stream)(nil)
	_ backend.Controller = (*stream)(nil)
)

func (s *stream) Granted() backend.Config { return s.granted }

// Device implements backend.Switcher.
func (s *stream) Device() string { return s.o.Sources[s.now.Load().source].Name }

// Switches implements backend.Switcher.
func (s *stream) Switches() <-chan backend.Switch { return s.switches }

// Reports implements backend.Reporter.
func (s *stream) Reports() <-chan error { return s.reports }

// Delay implements backend.Delayer for whoever performs.
func (s *stream) Delay() (play, record int) {
	if d, ok := backend.As[backend.Delayer](s.now.Load().Stream); ok {
		return d.Delay()
	}
	return 0, 0
}

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

// Close ends the supervisor first, so that nobody opens anything any more.
func (s *stream) Close() error {
	close(s.quit)
	s.wait.Wait()
	var errs []error
	for _, p := range []*performer{s.now.Load(), s.next.Swap(nil)} {
		if p != nil && p != s.understudy {
			errs = append(errs, s.discard(p))
		}
	}
	errs = append(errs, s.understudy.Close())
	s.closeRetired()
	s.tells.Lock()
	s.closed = true
	close(s.switches)
	close(s.reports)
	s.tells.Unlock()
	s.feed.Close()
	return errors.Join(errs...)
}

// tell tells of a change. From any goroutine; does not block.
func (s *stream) tell(change backend.Switch) {
	s.tells.Lock()
	defer s.tells.Unlock()
	if s.closed {
		return
	}
	select {
	case s.switches <- change:
	default: // nobody reads
	}
}

// report tells people something. From any goroutine; does not block.
func (s *stream) report(err error) {
	s.tells.Lock()
	defer s.tells.Unlock()
	if s.closed {
		return
	}
	select {
	case s.reports <- err:
	default: // nobody reads
	}
}
