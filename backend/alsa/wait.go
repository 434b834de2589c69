package alsa

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// Wait sleeps until the hardware has advanced by one period since the last tick, however much was
// read or written in between. It normally takes one poll.
func (s *stream) Wait() (backend.Tick, error) {
	if !s.running {
		for {
			if woken, err := s.sleep(s.polls[:1], 0); woken || err != nil {
				return backend.Tick{Position: s.Base + s.Rel, Time: s.Time}, s.failure("wait", err)
			}
		}
	}
	for {
		if err := s.wakeAt(s.Rel + uint64(s.granted.Period)); err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		slept := time.Now()
		woken, err := s.sleep(s.polls[:], s.patience)
		if err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		before, lost := s.Base+s.Rel, s.Lost
		if err := s.look(); err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		if s.Base+s.Rel > before || s.Lost > lost || woken {
			return s.tick()
		}
		if time.Since(slept) >= s.patience { // a suspended machine would have slept longer
			return backend.Tick{}, audio.ErrIO.With("%s: the card stands still: not a frame in %v", s.name,
				s.patience.Round(time.Millisecond))
		}
		// Poll woke up without progress: pause, so that nothing can make this loop spin.
		woken, err = s.sleep(s.polls[:1], time.Duration(s.duration(uint64(s.granted.Period))/4+1))
		if err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		if woken {
			return s.tick()
		}
	}
}

// sleep blocks until one of the descriptors is ready or limit has passed; a limit of 0 means
// none. It reports whether Wake was called.
func (s *stream) sleep(polls []unix.PollFd, limit time.Duration) (woken bool, err error) {
	var until *unix.Timespec
	if limit > 0 {
		s.limit = unix.NsecToTimespec(int64(limit)) // the kernel writes the time left into it
		until = &s.limit
	}
	if err := sleep.Poll(polls, until); err != nil && !errors.Is(err, syscall.EINTR) {
		return false, err
	}
	var count [8]byte
	n, _ := unix.Read(int(polls[0].Fd), count[:]) // EAGAIN if nothing called Wake
	return n == len(count), nil
}

// wakeAt makes the clock's descriptor ready once the hardware reaches rel.
func (s *stream) wakeAt(rel uint64) error {
	c := s.clock
	c.sync.Flags = abi.GetAppl
	c.sync.AvailMin = rel - c.Appl
	if c.play {
		c.sync.AvailMin = uint64(c.buffer) + rel - c.Appl
	}
	err := c.sync.Do(c.fd)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ESTRPIPE) {
		return nil // poll returns at once in these states
	}
	return err
}

// look reads the hardware positions and restarts hardware that has stopped.
func (s *stream) look() error {
	stopped := false
	hw, at, err := s.clock.instant()
	if err != nil {
		return err
	}
	s.looked = time.Now()
	for _, h := range [...]*pcmHandle{s.play, s.record} { // play first: time in between makes lead smaller
		if h == nil {
			continue
		}
		if err := h.update(); err != nil {
			return err
		}
		switch h.sync.State {
		case abi.Running, abi.Draining:
		case abi.Suspended:
			if err := s.resume(h); err != nil {
				return err
			}
			stopped = true
		case abi.Disconnected:
			return syscall.ENODEV
		default:
			stopped = true
		}
	}
	if stopped {
		return s.recover()
	}
	if s.trial {
		s.lead = max(s.lead, int(s.play.HW)-int(s.record.HW))
	}
	period := uint64(s.granted.Period)
	if rel := s.clock.HW / period * period; rel > s.Rel {
		s.Rel = rel
		if at == 0 {
			hw, at = s.clock.HW, monotonic()
		}
		s.Time = max(s.Time+1, at+s.duration(rel)-s.duration(hw))
		s.Starts = 0
	}
	if s.play != nil && (s.play.inTail() || s.onBrink()) && !s.skip() {
		return s.recover()
	}
	return nil
}

// duration returns the length of frames in ns.
func (s *stream) duration(frames uint64) int64 {
	return int64(audio.MulDiv(frames, 1e9, uint64(s.granted.Format.Rate)))
}

// resume blocks until a suspended card is back.
func (s *stream) resume(h *pcmHandle) error {
	for {
		err := abi.Resume(h.fd)
		if !errors.Is(err, syscall.EAGAIN) {
			return nil // running, or ready for a new start
		}
		if _, err := s.sleep(s.polls[:1], 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// recover restarts hardware that has stopped. The position advances by the time that has passed,
// and frames that were not played or recorded in that time are lost. Restarts are at least a
// period apart, because a card that is being unplugged stops as soon as it starts; when they add
// up to the patience of the stream, recover gives up.
func (s *stream) recover() error {
	if err := s.fadeOut(); err != nil {
		return err
	}
	period := uint64(s.granted.Period)
	if err := s.pause(time.Now(), time.Duration(s.Begun+s.duration(period)-monotonic())); err != nil {
		return err
	}
	now := monotonic()
	if s.Starts++; int64(s.Starts)*s.duration(period) >= int64(s.patience) {
		return audio.ErrIO.With("the card stops as soon as it is started")
	}
	passed := audio.MulDiv(uint64(max(0, now-s.Time)), uint64(s.granted.Format.Rate), 1e9)
	gap := max(period, passed/period*period)
	if err := s.each(abi.Drop); err != nil {
		return err
	}
	lead := s.leadAfter(gap)
	s.Base += s.Rel + gap
	s.Lost += gap - uint64(s.fill+s.lead-lead)
	s.ramps.gap()
	if err := s.begin(lead); err != nil {
		return err
	}
	s.Time = max(s.Time+1, now)
	return nil
}

// tick returns what look has found and clears the count of lost frames.
func (s *stream) tick() (backend.Tick, error) {
	t := backend.Tick{Position: s.Base + s.Rel, Time: s.Time, Lost: s.Lost}
	s.Lost = 0
	if s.idle {
		return t, s.failure("wait", s.pass())
	}
	if s.record != nil {
		t.Readable = min(s.unread(), s.fill)
	}
	if s.play != nil {
		t.Writable = s.unwritten()
	}
	return t, nil
}

// unread returns how many frames were recorded up to the tick and are still to be read.
func (s *stream) unread() int { return int(s.Rel) - int(s.record.Appl) }

// unwritten returns how many frames it takes to fill the playback buffer.
func (s *stream) unwritten() int {
	room := min(s.play.avail(), s.fill)
	if !s.trial {
		room = min(room, int(s.Rel)+s.fill+s.lead-int(s.play.Appl))
	}
	return max(0, room)
}

// pass keeps the clock of an idle stream running.
func (s *stream) pass() error {
	if s.play != nil {
		return s.silence(s.unwritten())
	}
	return s.drop(s.quiet)
}

// drop reads and discards what was recorded up to the tick. room holds one period.
func (s *stream) drop(room []byte) error {
	for s.unread() > 0 {
		if n, err := s.record.move(room[:min(s.unread(), s.granted.Period)*s.record.frame]); n == 0 || err != nil {
			return err
		}
	}
	return nil
}

// Read copies recorded frames into block. It does not report an xrun; the next Wait does.
func (s *stream) Read(block []byte) (int, error) {
	n, err := s.record.get(block, s.granted.Format)
	s.ramps.recorded.Pass(block[:n*s.granted.Format.FrameBytes()])
	return s.transferred(n, err)
}

// Write copies frames to be played. It does not report an xrun; the next Wait does.
func (s *stream) Write(block []byte) (int, error) {
	if dry, err := s.dry(); dry || err != nil {
		return s.transferred(0, err)
	}
	s.ramps.played.Pass(block)
	n, err := s.transferred(s.play.put(block, s.granted.Format))
	s.resumed = s.resumed && n == 0
	return n, err
}

func (s *stream) transferred(n int, err error) (int, error) {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ESTRPIPE) {
		return n, nil
	}
	return n, s.failure("transfer", err)
}

// monotonic returns CLOCK_MONOTONIC in ns.
func monotonic() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail on Linux
	return now.Nano()
}
