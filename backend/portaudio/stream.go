//go:build portaudio && cgo

package portaudio

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/gordonklaus/portaudio"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// stream is the driver below the guard. The engine owns all but Wake, Granted and process.
//
//	stopped ──Start──▶ running: PortAudio calls process ──Abort──▶ stopped
type stream struct {
	library *Library
	name    string
	host    string // API
	card    string // exists as long as the card; "": unknown
	granted backend.Config
	idle    bool // neither plays nor records: only the clock is used
	away    bool // its card is not plugged in

	stream                     *portaudio.Stream
	flow                       *flow
	thread                     *thread
	playFormat, recordFormat   audio.Format // of the device; zero: not opened
	playLatency, recordLatency latency
	adaptPlay, adaptRecord     *audio.Adapter // nil: the same format
	room                       []byte         // a period to convert in
	patience                   time.Duration  // without a callback
	usual, lookAfter           time.Duration  // time without a callback after which to look for the reason
	looked                     bool           // once already

	woken   atomic.Bool
	running bool
	started int64 // ns
	moved   int64 // time of the last progress of the position
	hung    error // why PortAudio was abandoned
}

var (
	_ backend.Stream  = (*stream)(nil)
	_ backend.Delayer = (*stream)(nil)
)

// The engine has to notice when PortAudio's thread spins, as it does after a card has gone: it looks when
// a callback is late, and again after a glance. A real-time thread may by then hold the only core, and
// after 200 ms the kernel ends the process (RLIMIT_RTTIME, which rtkit demands). If callbacks are always
// late the engine looks less often, and more often again when they are not, but always before a thread of
// the same priority can use two slices of 100 ms (SCHED_RR).
//
//	callback ──lookAfter──▶ look ──glance──▶ look: the thread ran, so demote it;
//	                         │               it did not, so double lookAfter
//	                         └─ late itself: the thread has the only core, so demote it
const (
	soonest = 5 * time.Millisecond
	latest  = 60 * time.Millisecond
	glance  = 2 * time.Millisecond
)

// standstill is how long callbacks may stay away, beyond what a buffer holds, before the stream fails.
const standstill = 2 * time.Second

// prepare allocates what an open stream needs.
func (s *stream) prepare() {
	g := s.granted
	frame := 0
	if f := s.playFormat; g.Play && f != g.Format {
		s.adaptPlay, frame = audio.NewAdapter(g.Format, f, g.Period), f.FrameBytes()
	}
	if f := s.recordFormat; g.Record && f != g.Format {
		s.adaptRecord, frame = audio.NewAdapter(f, g.Format, g.Period), max(frame, f.FrameBytes())
	}
	s.room = make([]byte, g.Period*frame)
	buffer := g.Format.Duration(int64(g.Period * g.Periods))
	s.patience = standstill + 2*buffer
	s.flow.reset(0)
}

func (s *stream) Granted() backend.Config { return s.granted }

// Delay implements backend.Delayer. It counts the ring and PortAudio's own latency, which is that
// of the first frame of a block, while a position counts the last one.
func (s *stream) Delay() (play, record int) {
	g, settled := s.granted, s.running && s.flow.at >= 4*s.flow.buffer
	if g.Play {
		play = int(s.flow.fill) + int(g.Format.Frames(s.playLatency.now(settled))) + g.Period
	}
	if g.Record {
		record = max(0, int(g.Format.Frames(s.recordLatency.now(settled)))-g.Period)
	}
	return play, record
}

// Wake ends a running or the next Wait.
func (s *stream) Wake() {
	s.woken.Store(true)
	s.flow.bell.ring()
}

func (s *stream) Start() error {
	if s.hung != nil {
		return s.hung
	}
	s.started = s.library.clock.now()
	s.flow.reset(s.started)
	s.thread.begin()
	s.moved = s.started
	s.usual = min(latest, max(soonest, 5*time.Duration(s.flow.duration(s.flow.period))/4+glance))
	s.lookAfter, s.looked = s.usual, false
	var err error
	if late := s.call(func() { err = s.connect(s.stream.Start) }); late != nil {
		return late
	}
	if err != nil {
		if s.gone() {
			return audio.ErrGone.With("%s: the card has gone", s.name)
		}
		return audio.ErrIO.With("%s: PortAudio cannot start the device: %v", s.name, err)
	}
	s.running = true
	return nil
}

// call makes a short call of PortAudio about this stream.
func (s *stream) call(f func()) error {
	s.library.mu.Lock()
	defer s.library.mu.Unlock()
	if err := s.library.callBesideLocked(brief, f); err != nil {
		s.hung = audio.ErrIO.With("%s: %v", s.name, err)
	}
	return s.hung
}

// connect calls f, which changes the connections of JACK, and records when.
func (s *stream) connect(f func() error) error {
	defer func() { s.library.jack.changed.Store(s.library.clock.now()) }()
	return f()
}

// Wait blocks until callbacks have moved a period. If they stay away it looks for the reason.
func (s *stream) Wait() (backend.Tick, error) {
	for {
		woken := s.woken.Swap(false)
		if !s.running {
			if woken {
				return backend.Tick{Position: s.flow.at, Time: s.flow.when}, nil
			}
			s.flow.bell.sleep(0)
			continue
		}
		before := s.flow.at
		if t, ok := s.flow.tick(woken); ok {
			s.thread.introduce()
			if t.Position > before {
				s.moved, s.looked = t.Time, false
				s.lookAfter -= (s.lookAfter - s.usual) / 64
			}
			if s.idle {
				s.pass(&t)
			}
			return t, s.runaway(t)
		}
		limit := s.lookAfter
		if s.looked {
			limit = glance
		}
		if !s.flow.bell.sleep(limit) {
			if err := s.stalled(time.Duration(s.library.clock.now() - s.moved)); err != nil {
				return backend.Tick{}, err
			}
		}
	}
}

// pass keeps the clock of an idle stream running.
func (s *stream) pass(t *backend.Tick) {
	if s.flow.play != nil {
		s.flow.silence(uint64(t.Writable))
	} else {
		s.flow.read.Store(s.flow.at)
	}
	t.Readable, t.Writable = 0, 0
}

// runaway returns an error for a device that takes frames as fast as it gets them.
func (s *stream) runaway(t backend.Tick) error {
	const most, slack = 4, 2 * int64(time.Second)
	if passed := t.Time - s.started; s.flow.duration(t.Position) > most*passed+slack {
		return audio.ErrIO.With("%s: the device does not keep time: %d frames in %v; is there a sound card behind it?",
			s.name, t.Position, time.Duration(passed).Round(time.Millisecond))
	}
	return nil
}

// stalled looks for the reason after a time without a callback.
func (s *stream) stalled(quiet time.Duration) error {
	ran, late := s.thread.ran(), quiet > s.lookAfter+latest/4
	if !s.looked && !late {
		s.looked = true
		return nil
	}
	s.looked = false
	if late || ran > glance/2 {
		s.thread.demote()
	} else {
		s.lookAfter = min(latest, 2*s.lookAfter)
	}
	switch {
	case s.gone():
		return audio.ErrGone.With("%s: the card has gone", s.name)
	case s.flow.at > 0 && s.stream.CpuLoad() == 0: // PortAudio sets it when its thread ends
		return audio.ErrGone.With("%s: PortAudio has given up on the device; has it gone?", s.name)
	case quiet >= s.patience:
		return audio.ErrIO.With("%s: the device stands still: not a frame in %v", s.name, quiet.Round(time.Millisecond))
	}
	return nil
}

// gone reports whether the card is known to be gone.
func (s *stream) gone() bool {
	if s.card == "" {
		return false
	}
	_, err := os.Stat(s.card)
	return errors.Is(err, os.ErrNotExist)
}

// Read copies recorded frames into block.
func (s *stream) Read(block []byte) (int, error) {
	frame := s.granted.Format.FrameBytes()
	if s.adaptRecord == nil {
		s.flow.get(block)
		return len(block) / frame, nil
	}
	for rest := block; len(rest) > 0; {
		n := min(len(rest)/frame, s.granted.Period)
		room := s.room[:n*s.recordFormat.FrameBytes()]
		s.flow.get(room)
		s.adaptRecord.Apply(rest[:n*frame], room)
		rest = rest[n*frame:]
	}
	return len(block) / frame, nil
}

// Write copies frames to be played.
func (s *stream) Write(block []byte) (int, error) {
	frame := s.granted.Format.FrameBytes()
	if s.adaptPlay == nil {
		s.flow.put(block)
		return len(block) / frame, nil
	}
	for rest := block; len(rest) > 0; {
		n := min(len(rest)/frame, s.granted.Period)
		room := s.room[:n*s.playFormat.FrameBytes()]
		s.adaptPlay.Apply(room, rest[:n*frame])
		s.flow.put(room)
		rest = rest[n*frame:]
	}
	return len(block) / frame, nil
}

// Stop discards what PortAudio holds. Playing it could mean waiting for a device that stands still.
func (s *stream) Stop() error {
	s.running = false
	if s.hung != nil {
		return nil
	}
	var err error
	if late := s.call(func() { err = s.connect(s.stream.Abort) }); late != nil {
		return late
	}
	if err != nil {
		return audio.ErrIO.With("%s: PortAudio cannot stop the device: %v", s.name, err)
	}
	return nil
}

func (s *stream) Close() error {
	if s.running {
		_ = s.Stop() // errors of a device about to be closed do not matter
	}
	s.thread.close()
	s.library.mu.Lock()
	defer s.library.mu.Unlock()
	if s.hung == nil {
		_ = s.library.callLocked(usual, func() {
			s.library.withPortsLocked(s.host, func() { _ = s.stream.Close() })
		}, nil)
	}
	s.library.streams--
	return nil
}
