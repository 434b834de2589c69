// Package alsa streams to and from sound cards through the kernel's own interface (package
// abi), without alsa-lib and without cgo: [Open] returns a backend.Stream on a PCM of a card.
//
// Package card finds the cards, and package controls makes their ports, jacks, gains and
// monitor an ability of a stream.
package alsa

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// Open opens a PCM of a card for as much of the wish as it can do, which Granted then
// says: both directions, where they are wanted, have one format and one clock. The stream
// is guarded; it blocks the thread of its Wait.
//
// ErrNoDevice, ErrBusy (with the holder's name), ErrPermission, ErrInvalid for what the
// card cannot do, ErrIO; each says what to do.
func Open(wish backend.Config, at card.Address) (backend.Stream, error) {
	s := &stream{name: at.String()}
	if err := s.open(wish, at); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return backend.Guard(s), nil
}

// standstill is how long hardware that runs may take for a period, beside what its buffer
// holds, before it counts as broken.
const standstill = 2 * time.Second

// stream is the driver below the guard. Its clock is the pointer of the hardware that
// records, else of that which plays. Play is kept full: what is written is heard a buffer
// later. In both directions the pointer of play may run ahead, as that of a bus does that
// fetches packets early; then play is kept full by so much more.
//
//	            start                          xrun, suspend
//	stopped ───────────────▶ running ─────────────────────────▶ started anew: the
//	   ▲  play is filled        │  rel = whole periods of hw    position goes on, the
//	   └──────── stop ──────────┘  position = base + rel        gap is counted as lost
type stream struct {
	name         string
	granted      backend.Config
	play, record *sub // nil: not opened
	clock        *sub
	linked       bool
	fill         int    // frames that wait to be played at a tick, after Write
	lead         int    // frames by which the pointer of play is ahead of that of record
	trial        bool   // it runs to find out lead
	quiet        []byte // a period of silence, or room for what nobody reads
	idle         bool   // nobody plays or records: the clock only
	ramps        ramps
	looked       time.Time // when the hardware was asked how far it is

	patience time.Duration // how long the hardware may stand still
	limit    unix.Timespec // of a sleep

	bell  *os.File // readable: woken
	polls [2]unix.PollFd

	running bool
	base    uint64 // position at which the hardware was started
	begun   int64  // when it was, ns
	rel     uint64 // position since
	time    int64  // of the position
	starts  int    // anew, since the hardware came a period further
	lost    uint64 // since the last tick
}

func (s *stream) open(wish backend.Config, at card.Address) (err error) {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return audio.ErrIO.With("%s: no eventfd: %v; is the limit of open files reached?", s.name, err)
	}
	s.bell = os.NewFile(uintptr(bell), "eventfd")
	s.idle = !wish.Play && !wish.Record
	if wish.Record {
		if s.record, err = openSub(at, false); err != nil {
			return err
		}
	}
	if wish.Play || s.idle {
		s.play, err = openSub(at, true)
		if s.idle && errors.Is(err, audio.ErrNoDevice) { // a card that records only has a clock as well
			s.record, err = openSub(at, false)
		}
		if err != nil {
			return err
		}
	}
	subs := s.subs()
	fds := make([]int, len(subs))
	for i, sub := range subs {
		fds[i] = sub.fd
	}
	set, params, err := negotiate(s.name, wish, fds)
	if err != nil {
		return err
	}
	if err := s.grant(wish, set); err != nil {
		return err
	}
	s.fill = s.granted.Period * s.granted.Periods
	for i, sub := range subs {
		if err := sub.install(set.formats[i], set.period, params[i], s.tailOf(sub, set, params[i])); err != nil {
			return err
		}
		if sub.play {
			sub.adapt = newAdapter(s.granted.Format, sub.format, sub.format, s.granted.Period)
		} else {
			sub.adapt = newAdapter(sub.format, s.granted.Format, sub.format, s.granted.Period)
		}
	}
	s.clock = subs[0]
	s.linked = len(subs) == 2 && abi.Link(subs[0].fd, subs[1].fd) == nil
	s.quiet = make([]byte, s.granted.Period*max(s.granted.Format.FrameBytes(), s.clock.frame))
	s.granted.Format.Encoding.Silence(s.quiet)
	s.ramps = newRamps(s.granted.Format, s.granted.Period)
	s.patience = standstill + 2*time.Duration(s.duration(uint64(set.buffer)))
	s.polls = [2]unix.PollFd{{Fd: int32(bell), Events: unix.POLLIN}, {Fd: int32(s.clock.fd), Events: unix.POLLIN}}
	if s.clock.play {
		s.polls[1].Events = unix.POLLOUT
	}
	if len(subs) == 2 {
		s.try()
	}
	return nil
}

// grant is what the stream gives: format and period of the wish, which it brings to the
// hardware's, but the rate of the card, and no period shorter than that of its interrupts.
func (s *stream) grant(wish backend.Config, set setup) error {
	s.granted = wish
	s.granted.Format.Rate = set.rate
	if wish.Format.Rate != set.rate { // the same time
		s.granted.Period = int(audio.MulDiv(uint64(wish.Period), uint64(set.rate), uint64(wish.Format.Rate)))
	}
	s.granted.Period = max(s.granted.Period, set.period)
	s.granted.Periods = min(wish.Periods, set.buffer/s.granted.Period)
	if s.granted.Periods < 2 {
		return audio.ErrInvalid.With("%s: the card's buffer of %d frames holds no two periods of %d; ask for shorter ones", s.name, set.buffer, s.granted.Period)
	}
	return s.granted.Format.Validate()
}

// subs are those that are open, the clock first.
func (s *stream) subs() (all []*sub) {
	for _, sub := range []*sub{s.record, s.play} {
		if sub != nil {
			all = append(all, sub)
		}
	}
	return all
}

func (s *stream) Granted() backend.Config { return s.granted }

// Wake counts the bell up. One that is full is loud enough.
func (s *stream) Wake() { _, _ = s.bell.Write([]byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// Delay implements backend.Delayer: the buffer, and what the card itself holds.
func (s *stream) Delay() (play, record int) {
	if s.play != nil && !s.idle {
		play = s.fill
		if s.running { // what waits, what is to be written, and how far the clock is since the tick
			play = int(s.play.appl-s.play.hw) + s.unwritten() + int(s.clock.hw-s.rel)
			play += s.play.beyond()
		}
	}
	if s.record != nil && s.running {
		record = s.record.beyond()
	}
	return play, record
}

func (s *stream) Start() error {
	s.base, s.lost = 0, 0
	s.ramps.reset()
	if err := s.begin(); err != nil {
		return s.failure("start", err)
	}
	s.time = monotonic()
	s.starts = 0
	s.running = true
	return nil
}

// restarts is how often hardware that refuses to start is set up anew.
const restarts = 2

// begin starts the hardware at rel 0, with play full of silence. A card may refuse the first
// start after it was plugged in or suspended, as one on USB does with Linux 6.1.170 to 6.1.174
// (EPIPE), and go on refusing; set up anew it starts.
func (s *stream) begin() error {
	err := s.launch()
	for try := 0; err != nil && try < restarts && !hasGone(err); try++ {
		if s.renew() != nil {
			break
		}
		err = s.launch()
	}
	return err
}

// renew sets the hardware up anew, as it was.
func (s *stream) renew() error {
	_ = s.each(abi.Drop)
	for _, sub := range s.subs() {
		if err := sub.renew(); err != nil {
			return err
		}
	}
	return nil
}

// launch is one try of begin.
func (s *stream) launch() error {
	s.rel = 0
	if err := s.each(abi.Prepare); err != nil {
		return err
	}
	if s.record != nil {
		if err := s.record.reset(); err != nil {
			return err
		}
	}
	if s.play != nil {
		if err := s.play.reset(); err != nil {
			return err
		}
		s.play.hush()
		head := s.fill + s.lead
		if s.trial {
			head = s.play.buffer
		}
		if err := s.silence(head); err != nil {
			return err
		}
	}
	err := s.each(abi.Start)
	s.begun = monotonic()
	return err
}

// each does something with all that is open, at once where they are linked.
func (s *stream) each(do func(fd int) error) error {
	err := do(s.clock.fd)
	if s.play != nil && s.clock != s.play && !s.linked {
		err = errors.Join(err, do(s.play.fd))
	}
	return err
}

// silence plays n frames of it.
func (s *stream) silence(n int) error {
	for n > 0 {
		part := min(n, s.granted.Period)
		done, err := s.play.put(s.quiet[:part*s.granted.Format.FrameBytes()], s.granted.Format)
		if err != nil {
			return err
		}
		if done == 0 {
			return nil // full
		}
		n -= done
	}
	return nil
}

func (s *stream) Stop() error {
	s.running = false
	return s.failure("stop", s.each(abi.Drop))
}

// failure is why a card is of no more use, in words.
func (s *stream) failure(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case hasGone(err):
		return audio.ErrGone.With("%s: the card has gone: %v at %s", s.name, err, doing)
	}
	return audio.ErrIO.With("%s: the card fails: %v at %s", s.name, err, doing)
}

// hasGone reports whether an error says that the card is not there any more.
func hasGone(err error) bool {
	return errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EBADFD) || errors.Is(err, syscall.ENXIO)
}

func (s *stream) Close() error {
	var errs []error
	for _, sub := range s.subs() {
		if s.running {
			_ = abi.Drop(sub.fd)
		}
		errs = append(errs, sub.close())
	}
	s.play, s.record = nil, nil
	if s.bell != nil {
		errs = append(errs, s.bell.Close())
	}
	return errors.Join(errs...)
}
