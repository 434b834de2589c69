package standby

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// Source is a device that a stream can run on.
type Source struct {
	Name string
	// Open opens the device. It may block or hang; one goroutine at a time calls it.
	Open func(wish backend.Config) (backend.Stream, error)
	// Resume makes a stream of this source go on that another process has handed over; it may do what Open may. nil: such a
	// stream is opened anew.
	Resume func(h backend.Handed) (backend.Stream, error)
}

// Options are what a stream can run on, and how to find it.
type Options struct {
	// Sources are the devices, the best first. The last one is opened at once and kept open, and started on
	// the engine's goroutine: it should never fail.
	Sources []Source
	// Plugged receives when a device may have been plugged in. May be nil.
	Plugged <-chan struct{}
	// Look is how often to look for a better device without Plugged, growing to a minute while none is found.
	// 0: never.
	Look time.Duration
	// Longest is the longest pause between two looks; 0: a minute.
	Longest time.Duration
	// Later opens only the last source at once, and looks for the others when that is open: for those that are slow to find.
	Later bool
	// Required makes Open fail with the error of the first source if that does not open.
	Required bool
}

// How long a call may take before it is given up: by the supervisor, while another device plays; by the
// engine, while nothing plays; and opening the required source, which may scan all devices of the machine.
const (
	supervisorLimit = 10 * time.Second
	engineLimit     = 4 * time.Second
	requiredLimit   = 70 * time.Second
)

// Open returns a stream on the best source that opens, with the configuration that source grants;
// the others have to grant the same. It fails only if no source opens, or the first is required and
// does not. The stream is guarded. It is a backend.Switcher, a backend.Controller and a backend.Pitcher
// of the active device, and a backend.Reporter of devices that are there and cannot take over.
func Open(wish backend.Config, o Options) (backend.Stream, error) {
	if len(o.Sources) == 0 {
		return nil, audio.ErrInvalid.With("a device needs something to run on")
	}
	s := newStream(o)
	if err := s.openFirst(wish); err != nil {
		return nil, err
	}
	s.splices()
	s.wait.Go(s.supervise)
	return backend.Guard(s), nil
}

// newStream returns a stream without devices.
func newStream(o Options) *stream {
	return &stream{
		o: o, calls: make([]atomic.Int32, len(o.Sources)),
		switches: make(chan backend.Switch, 16), reports: make(chan error, 4), feed: backend.NewControlFeed(),
		wake: make(chan struct{}, 1), quit: make(chan struct{}), retired: make(chan *device, 16), work: make(chan struct{}, 1),
	}
}

// splices makes those of a stream whose configuration is known.
func (s *stream) splices() {
	ramp := audio.RampFrames(s.granted.Format.Rate, s.granted.Period)
	s.played, s.recorded = audio.NewSplice(s.granted.Format, ramp), audio.NewSplice(s.granted.Format, ramp)
}

// openFirst opens the best source that opens, and the last resort.
func (s *stream) openFirst(wish backend.Config) error {
	last := len(s.o.Sources) - 1
	var errs []error
	for n := range s.o.Sources {
		if s.o.Later && n < last {
			continue
		}
		needed, limit := s.o.Required && n == 0, supervisorLimit
		if needed {
			limit = requiredLimit
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
		s.active.Store(p)
		if n == last {
			s.lastResort = p
		}
		break
	}
	now := s.active.Load()
	if now == nil {
		return errors.Join(errs...)
	}
	if s.lastResort == nil {
		p, err := s.open(last)
		if err != nil {
			return errors.Join(err, s.discard(now))
		}
		s.lastResort = p
	}
	if now.source > 0 && len(errs) > 0 {
		s.tellSwitch(backend.Switch{From: s.o.Sources[0].Name, To: s.o.Sources[now.source].Name, Err: errs[0]})
	}
	return nil
}

// stream is the driver below the guard.
type stream struct {
	o       Options
	granted backend.Config

	active     atomic.Pointer[device] // set by the engine's goroutine
	next       atomic.Pointer[device] // prepared by the supervisor, for the engine to take over
	lastResort *device                // the last source, open until Close
	calls      []atomic.Int32         // unreturned calls of each source

	wake     chan struct{} // to the supervisor: a device failed, or a call returned
	retired  chan *device  // to the supervisor: to be closed
	quit     chan struct{}
	work     chan struct{} // holds one while the supervisor works, or rests for HandOver
	wait     sync.WaitGroup
	tells    sync.Mutex
	closed   bool
	switches chan backend.Switch
	reports  chan error
	feed     *backend.ControlFeed

	running atomic.Bool   // set by the engine's goroutine
	reached atomic.Uint64 // position of the last tick; set by the engine's goroutine

	// Owned by the engine's goroutine.
	course
	away     int64         // until its first tick: the time of the last one before, in another process; 0: none
	resting  bool          // HandOver keeps the supervisor from work
	played   *audio.Splice // ramps when another device takes over
	recorded *audio.Splice
}

var (
	_ backend.Switcher   = (*stream)(nil)
	_ backend.Reporter   = (*stream)(nil)
	_ backend.Delayer    = (*stream)(nil)
	_ backend.Controller = (*stream)(nil)
	_ backend.Pitcher    = (*stream)(nil)
)

func (s *stream) Granted() backend.Config { return s.granted }

// Device implements backend.Switcher.
func (s *stream) Device() string { return s.o.Sources[s.active.Load().source].Name }

// Switches implements backend.Switcher.
func (s *stream) Switches() <-chan backend.Switch { return s.switches }

// Reports implements backend.Reporter.
func (s *stream) Reports() <-chan error { return s.reports }

// Delay implements backend.Delayer for the active device.
func (s *stream) Delay() (play, record int) {
	if d, ok := backend.As[backend.Delayer](s.active.Load().Stream); ok {
		return d.Delay()
	}
	return 0, 0
}

// Wake wakes the active device, also one that takes over during the call.
func (s *stream) Wake() {
	for {
		p := s.active.Load()
		p.Wake()
		if s.active.Load() == p {
			return
		}
	}
}

// Close ends the supervisor first, so that it opens nothing more.
func (s *stream) Close() error {
	s.stay()
	close(s.quit)
	s.wait.Wait()
	var errs []error
	for _, p := range []*device{s.active.Load(), s.next.Swap(nil)} {
		if p != nil && p != s.lastResort {
			errs = append(errs, s.discard(p))
		}
	}
	errs = append(errs, s.lastResort.Close())
	s.closeRetired()
	s.tells.Lock()
	s.closed = true
	close(s.switches)
	close(s.reports)
	s.tells.Unlock()
	s.feed.Close()
	return errors.Join(errs...)
}

// tellSwitch tells of a switch. Any goroutine may call it; it does not block.
func (s *stream) tellSwitch(change backend.Switch) {
	s.tells.Lock()
	defer s.tells.Unlock()
	if s.closed {
		return
	}
	select {
	case s.switches <- change:
	default: // no reader
	}
}

// report sends an error for people. Any goroutine may call it; it does not block.
func (s *stream) report(err error) {
	s.tells.Lock()
	defer s.tells.Unlock()
	if s.closed {
		return
	}
	select {
	case s.reports <- err:
	default: // no reader
	}
}
