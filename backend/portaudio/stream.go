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

// stream is the driver below the guard. All but Wake, Granted and process is the
// engine's.
//
//	stopped ──Start──▶ running: PortAudio calls process ──Abort──▶ stopped
type stream struct {
	library *Library
	name    string
	host    string // API
	card    string // a file that goes with the card, "": not known
	granted backend.Config
	idle    bool // nobody plays or records: the clock only
	away    bool // its card is not plugged in

	stream                     *portaudio.Stream
	flow                       *flow
	thread                     *thread
	playFormat, recordFormat   audio.Format // of the device; zero: not opened
	playLatency, recordLatency latency
	adaptPlay, adaptRecord     *audio.Adapter // nil: the same format
	room                       []byte         // a period for them
	patience                   time.Duration  // without a callback
	usual, lookAfter           time.Duration  // without one to see why
	looked                     bool           // and not yet again

	woken   atomic.Bool
	running bool
	started int64 // ns
	moved   int64 // when the position was seen to move last
	hung    error // PortAudio was left behind
}

var (
	_ backend.Stream  = (*stream)(nil)
	_ backend.Delayer = (*stream)(nil)
)

// How the engine finds out that PortAudio's thread spins, as it does when a card has gone: it
// looks when a callback is late, and again after a glance. A real-time one may keep others of
// its kind from the only core until then, and is the end of the process after 200 ms
// (RLIMIT_RTTIME, as rtkit wants it). Where callbacks are late all the time the engine looks less
// often, and more often again when they are not; never so late that a thread of the same
// priority can have two of its slices of 100 ms (SCHED_RR).
//
//	callback ──lookAfter──▶ look ──glance──▶ look: it has run meanwhile, so demote it;
//	                         │               it has not, so double lookAfter
//	                         └─ late itself: it has the only core, so demote it
const (
	soonest = 5 * time.Millisecond
	latest  = 60 * time.Millisecond
	glance  = 2 * time.Millisecond
)

// standstill is how long callbacks may stay away, beside what a buffer holds, before the
// device counts as broken.
const standstill = 2 * time.Second

// prepare makes what an open stream needs.
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

// Delay implements backend.Delayer: what waits in the ring, and PortAudio's own latency. That
// is of the first frame of a block, while a position counts the last one.
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

// Wake rings the bell. Wakes do not add up.
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

// call makes a call of PortAudio that concerns this stream only, and should be short.
func (s *stream) call(f func()) error {
	s.library.mu.Lock()
	defer s.library.mu.Unlock()
	if err := s.library.callBeside(brief, f); err != nil {
		s.hung = audio.ErrIO.With("%s: %v", s.name, err)
	}
	return s.hung
}

// connect makes a call that changes the connections of JACK.
func (s *stream) connect(f func() error) error {
	defer func() { s.library.jack.changed.Store(s.library.clock.now()) }()
	return f()
}

// Wait sleeps until callbacks have moved a period. Where they stay away it looks why.
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

// pass keeps a clock going that nobody plays or records with.
func (s *stream) pass(t *backend.Tick) {
	if s.flow.play != nil {
		s.flow.silence(uint64(t.Writable))
	} else {
		s.flow.read.Store(s.flow.at)
	}
	t.Readable, t.Writable = 0, 0
}

// runaway reports a device that takes frames as fast as it gets them.
func (s *stream) runaway(t backend.Tick) error {
	const most, slack = 4, 2 * int64(time.Second)
	if passed := t.Time - s.started; s.flow.duration(t.Position) > most*passed+slack {
		return audio.ErrIO.With("%s: the device does not keep time: %d frames in %v; is there a sound card behind it?",
			s.name, t.Position, time.Duration(passed).Round(time.Millisecond))
	}
	return nil
}

// stalled looks for the reason where no callback came for a time.
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
	case s.flow.at > 0 && s.stream.CpuLoad() == 0: // set by PortAudio when its thread ends
		return audio.ErrGone.With("%s: PortAudio has given the device up; has it gone?", s.name)
	case quiet >= s.patience:
		return audio.ErrIO.With("%s: the device stands still: not a frame in %v", s.name, quiet.Round(time.Millisecond))
	}
	return nil
}

// gone reports that the card is known not to be there any more.
func (s *stream) gone() bool {
	if s.card == "" {
		return false
	}
	_, err := os.Stat(s.card)
	return errors.Is(err, os.ErrNotExist)
}

// Read moves what was recorded.
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

// Write moves what is to be played.
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

// Stop drops what PortAudio holds. It does not let it play that, for which PortAudio would
// wait for a device that may not move.
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
		_ = s.Stop() // what it says of a device that is given back helps nobody
	}
	s.thread.close()
	s.library.mu.Lock()
	defer s.library.mu.Unlock()
	if s.hung == nil {
		_ = s.library.call(usual, func() {
			s.library.withPorts(s.host, func() { _ = s.stream.Close() })
		}, nil)
	}
	s.library.streams--
	return nil
}
