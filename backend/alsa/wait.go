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

// Wait sleeps in one system call until the hardware has come a period further than at the
// tick before, whatever was read and written since.
func (s *stream) Wait() (backend.Tick, error) {
	if !s.running {
		for {
			if woken, err := s.sleep(s.polls[:1], 0); woken || err != nil {
				return backend.Tick{Position: s.base + s.rel, Time: s.time}, s.failure("wait", err)
			}
		}
	}
	for {
		if err := s.wakeAt(s.rel + uint64(s.granted.Period)); err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		slept := time.Now()
		woken, err := s.sleep(s.polls[:], s.patience)
		if err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		before, lost := s.base+s.rel, s.lost
		if err := s.look(); err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		if s.base+s.rel > before || s.lost > lost || woken {
			return s.tick()
		}
		if time.Since(slept) >= s.patience { // and it was not suspended meanwhile
			return backend.Tick{}, audio.ErrIO.With("%s: the card stands still: not a frame in %v", s.name, s.patience.Round(time.Millisecond))
		}
		// What poll has seen is no news: a pause, so that nothing can make this spin.
		woken, err = s.sleep(s.polls[:1], time.Duration(s.duration(uint64(s.granted.Period))/4+1))
		if err != nil {
			return backend.Tick{}, s.failure("wait", err)
		}
		if woken {
			return s.tick()
		}
	}
}

// sleep returns when one of the descriptors has something, or after a time, 0: never;
// woken: the bell has.
func (s *stream) sleep(polls []unix.PollFd, limit time.Duration) (woken bool, err error) {
	var until *unix.Timespec
	if limit > 0 {
		s.limit = unix.NsecToTimespec(int64(limit)) // the kernel counts it down
		until = &s.limit
	}
	if err := sleep.Poll(polls, until); err != nil && !errors.Is(err, syscall.EINTR) {
		return false, err
	}
	var count [8]byte
	n, _ := unix.Read(int(polls[0].Fd), count[:]) // EAGAIN where it has not rung
	return n == len(count), nil
}

// wakeAt makes the clock's descriptor ready when the hardware is at rel.
func (s *stream) wakeAt(rel uint64) error {
	c := s.clock
	c.sync.Flags = abi.GetAppl
	c.sync.AvailMin = rel - c.appl
	if c.play {
		c.sync.AvailMin = uint64(c.buffer) + rel - c.appl
	}
	err := c.sync.Do(c.fd)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ESTRPIPE) {
		return nil // that wakes up, too
	}
	return err
}

// look finds out how far the hardware is, and starts it anew where it has stopped.
func (s *stream) look() error {
	stopped := false
	s.looked = time.Now()
	for _, sub := range [...]*sub{s.play, s.record} { // what is between them makes lead smaller
		if sub == nil {
			continue
		}
		if err := sub.update(); err != nil {
			return err
		}
		switch sub.sync.State {
		case abi.Running, abi.Draining:
		case abi.Suspended:
			if err := s.resume(sub); err != nil {
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
		s.lead = max(s.lead, int(s.play.hw)-int(s.record.hw))
	}
	period := uint64(s.granted.Period)
	if rel := s.clock.hw / period * period; rel > s.rel {
		s.rel = rel
		at := s.clock.sync.Tstamp.Nanoseconds()
		if at == 0 {
			at = monotonic()
		}
		s.time = max(s.time+1, at-s.duration(s.clock.hw-rel))
		s.starts = 0
	}
	if s.play != nil && s.play.inTail() && !s.skip() {
		return s.recover()
	}
	return nil
}

// duration of frames in ns.
func (s *stream) duration(frames uint64) int64 {
	return int64(audio.MulDiv(frames, 1e9, uint64(s.granted.Format.Rate)))
}

// resume waits for a card that is suspended until it is back.
func (s *stream) resume(sub *sub) error {
	for {
		err := abi.Resume(sub.fd)
		if !errors.Is(err, syscall.EAGAIN) {
			return nil // running, or to be prepared anew
		}
		if _, err := s.sleep(s.polls[:1], 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// recover starts hardware that has stopped: the position goes on with the time that has
// passed, and what was not played or recorded is lost. Hardware that stops as soon as it is
// started, as a card does that is being unplugged, has a period between its starts,
// of which each may take longer than that.
func (s *stream) recover() error {
	if err := s.fadeOut(); err != nil {
		return err
	}
	period := uint64(s.granted.Period)
	if err := s.pause(time.Now(), time.Duration(s.begun+s.duration(period)-monotonic())); err != nil {
		return err
	}
	now := monotonic()
	if s.starts++; int64(s.starts)*s.duration(period) >= int64(s.patience) {
		return audio.ErrIO.With("the card stops as soon as it is started")
	}
	passed := audio.MulDiv(uint64(max(0, now-s.time)), uint64(s.granted.Format.Rate), 1e9)
	gap := max(period, passed/period*period)
	if err := s.each(abi.Drop); err != nil {
		return err
	}
	s.base += s.rel + gap
	s.lost += gap
	s.ramps.gap()
	if err := s.begin(); err != nil {
		return err
	}
	s.time = max(s.time+1, now)
	return nil
}

// tick is the state of things after look.
func (s *stream) tick() (backend.Tick, error) {
	t := backend.Tick{Position: s.base + s.rel, Time: s.time, Lost: s.lost}
	s.lost = 0
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

// unread is how many frames of the position are not yet read.
func (s *stream) unread() int { return int(s.rel) - int(s.record.appl) }

// unwritten is how many frames are missing for play to be full.
func (s *stream) unwritten() int {
	room := min(s.play.avail(), s.fill)
	if !s.trial {
		room = min(room, int(s.rel)+s.fill+s.lead-int(s.play.appl))
	}
	return max(0, room)
}

// pass keeps a clock going that nobody plays or records with.
func (s *stream) pass() error {
	if s.play != nil {
		return s.silence(s.unwritten())
	}
	return s.drop(s.quiet)
}

// drop reads what is recorded up to the tick into a period's room.
func (s *stream) drop(room []byte) error {
	for s.unread() > 0 {
		if n, err := s.record.move(room[:min(s.unread(), s.granted.Period)*s.record.frame]); n == 0 || err != nil {
			return err
		}
	}
	return nil
}

// Read moves what was recorded. What the card has lost meanwhile is found out by the next
// Wait.
func (s *stream) Read(block []byte) (int, error) {
	n, err := s.record.get(block, s.granted.Format)
	s.ramps.recorded.Pass(block[:n*s.granted.Format.FrameBytes()])
	return s.transferred(n, err)
}

// Write moves what is to be played, likewise.
func (s *stream) Write(block []byte) (int, error) {
	if dry, err := s.dry(); dry || err != nil {
		return s.transferred(0, err)
	}
	s.ramps.played.Pass(block)
	return s.transferred(s.play.put(block, s.granted.Format))
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
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // fails on no Linux
	return now.Nano()
}
