// Package alsa streams to and from sound cards through the kernel's own interface (package abi),
// without alsa-lib and without cgo. [Open] returns a backend.Stream for a PCM of a card.
//
// Package card finds the cards; package controls adds their ports, jacks, gains and monitor to a stream. The stream
// itself is a backend.Pitcher: with snd-aloop and USB gadgets a control moves the clock of what it has open.
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

// Open opens a PCM of a card with the parameters nearest to wish; Granted returns them. Both directions
// share one format and one clock. The stream is guarded, and its Wait blocks the thread.
//
// Errors: ErrNoDevice, ErrBusy (with the holder's name), ErrPermission, ErrInvalid for what the
// card cannot do, ErrIO. Each says what to do.
func Open(wish backend.Config, at card.Address) (backend.Stream, error) {
	s := &stream{name: at.String()}
	if err := s.open(wish, at); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return backend.Guard(s), nil
}

// standstill is how long running hardware may take for a period, beyond the time its buffer
// holds, before the stream fails.
const standstill = 2 * time.Second

// stream is the driver below the guard. Its clock is the hardware pointer of record, or of play
// if it does not record. The playback buffer is kept full, so a frame is heard one buffer after
// it was written. In both directions the pointer of play may run ahead of that of record, as on a
// bus that fetches packets early; the buffer is then kept fuller by that lead.
//
//	            start                          xrun, suspend
//	stopped ───────────────▶ running ─────────────────────────▶ restarted: the
//	   ▲  play is filled        │  rel = whole periods of hw    position goes on, the
//	   └──────── stop ──────────┘  position = base + rel        gap is counted as lost
type stream struct {
	name         string
	granted      backend.Config
	play, record *pcmHandle // nil if not opened
	clock        *pcmHandle
	linked       bool
	fill         int    // frames waiting to be played at a tick, after Write
	lead         int    // frames by which the pointer of play is ahead of that of record
	trial        bool   // running only to measure lead
	quiet        []byte // a period of silence; an idle stream also reads into it
	idle         bool   // neither plays nor records: only the clock is used
	ramps        ramps
	pitch        *pitch    // nil: its clock cannot be moved
	looked       time.Time // when the hardware position was last read

	patience time.Duration // how long the hardware may stand still
	limit    unix.Timespec // of one sleep

	bell  *os.File // eventfd, readable after Wake
	polls [2]unix.PollFd

	running bool
	resumed bool // it was handed over, and nothing was written yet
	course
}

// course is what evolves in a stream that runs.
type course struct {
	Base   uint64 `json:"base"`   // position at the last start of the hardware
	Begun  int64  `json:"begun"`  // time of that start, ns
	Rel    uint64 `json:"rel"`    // frames since Base
	Time   int64  `json:"time"`   // of Base + Rel, ns
	Starts int    `json:"starts"` // restarts since the hardware last advanced by a period
	Lost   uint64 `json:"lost"`   // since the last tick
}

func (s *stream) open(wish backend.Config, at card.Address) (err error) {
	if err := s.hang(); err != nil {
		return err
	}
	s.idle = !wish.Play && !wish.Record
	if wish.Record {
		if s.record, err = openHandle(at, audio.Record); err != nil {
			return err
		}
	}
	if wish.Play || s.idle {
		s.play, err = openHandle(at, audio.Play)
		if s.idle && errors.Is(err, audio.ErrNoDevice) { // a card that only records has a clock, too
			s.record, err = openHandle(at, audio.Record)
		}
		if err != nil {
			return err
		}
	}
	handles := s.handles()
	fds := make([]int, len(handles))
	for i, h := range handles {
		fds[i] = h.fd
	}
	set, params, err := negotiate(s.name, wish, fds)
	if err != nil {
		return err
	}
	if err := s.grant(wish, set); err != nil {
		return err
	}
	s.fill = s.granted.Period * s.granted.Periods
	for i, h := range handles {
		if err := h.install(set.formats[i], set.period, params[i], s.tailOf(h, set, params[i])); err != nil {
			return err
		}
	}
	s.linked = len(handles) == 2 && abi.Link(handles[0].fd, handles[1].fd) == nil
	s.pitch = openPitch(at, handles)
	s.prepare()
	if len(handles) == 2 {
		s.try()
	}
	return nil
}

// hang makes the bell.
func (s *stream) hang() error {
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return audio.ErrIO.With("%s: no eventfd: %v; is the limit of open files reached?", s.name, err)
	}
	s.bell = os.NewFile(uintptr(bell), "eventfd")
	s.polls[0] = unix.PollFd{Fd: int32(bell), Events: unix.POLLIN}
	return nil
}

// prepare makes what follows from the granted configuration and the handles.
func (s *stream) prepare() {
	buffer := 0 // the smaller one
	for i, h := range s.handles() {
		if h.play {
			h.adapt = newAdapter(s.granted.Format, h.format, h.format, s.granted.Period)
		} else {
			h.adapt = newAdapter(h.format, s.granted.Format, h.format, s.granted.Period)
		}
		if i == 0 {
			s.clock, buffer = h, h.buffer
		}
		buffer = min(buffer, h.buffer)
	}
	s.quiet = make([]byte, s.granted.Period*max(s.granted.Format.FrameBytes(), s.clock.frame))
	s.granted.Format.Encoding.Silence(s.quiet)
	s.ramps = newRamps(s.granted.Format, s.granted.Period)
	s.patience = standstill + 2*time.Duration(s.duration(uint64(buffer)))
	s.polls[1] = unix.PollFd{Fd: int32(s.clock.fd), Events: unix.POLLIN}
	if s.clock.play {
		s.polls[1].Events = unix.POLLOUT
	}
}

// Pitch implements backend.Pitcher.
func (s *stream) Pitch() backend.Pitch {
	if s.pitch == nil {
		return nil
	}
	return s.pitch
}

// grant sets what the stream offers: the wished encoding, channels and period, to which it
// converts; the card's rate; and no period shorter than the card's.
func (s *stream) grant(wish backend.Config, set setup) error {
	s.granted = wish
	s.granted.Format.Rate = set.rate
	if wish.Format.Rate != set.rate { // keep the duration
		s.granted.Period = int(audio.MulDiv(uint64(wish.Period), uint64(set.rate), uint64(wish.Format.Rate)))
	}
	s.granted.Period = max(s.granted.Period, set.period)
	s.granted.Periods = min(wish.Periods, set.buffer/s.granted.Period)
	if s.granted.Periods < 2 {
		return audio.ErrInvalid.With("%s: the card's buffer of %d frames cannot hold two periods of %d; "+
			"ask for shorter ones", s.name, set.buffer, s.granted.Period)
	}
	return s.granted.Format.Validate()
}

// handles returns the open directions, the clock first.
func (s *stream) handles() (all []*pcmHandle) {
	for _, h := range []*pcmHandle{s.record, s.play} {
		if h != nil {
			all = append(all, h)
		}
	}
	return all
}

func (s *stream) Granted() backend.Config { return s.granted }

// Wake ends a running or the next Wait. A full counter wakes it just as well.
func (s *stream) Wake() { _, _ = s.bell.Write([]byte{1, 0, 0, 0, 0, 0, 0, 0}) }

// Delay implements backend.Delayer. It counts the buffer and the frames inside the card.
func (s *stream) Delay() (play, record int) {
	if s.play != nil && !s.idle {
		play = s.fill
		if s.running { // frames waiting, frames to be written, and the clock's progress since the tick
			play = int(s.play.Appl-s.play.HW) + s.unwritten() + int(s.clock.HW-s.Rel)
			play += s.play.beyond()
		}
	}
	if s.record != nil && s.running {
		record = s.record.beyond()
	}
	return play, record
}

func (s *stream) Start() error {
	s.Base, s.Lost = 0, 0
	s.ramps.reset()
	if err := s.begin(s.fill + s.lead); err != nil {
		return s.failure("start", err)
	}
	s.Time = monotonic()
	s.Starts = 0
	s.running = true
	return nil
}

// restarts is how often begin sets up hardware that refuses to start.
const restarts = 2

// begin starts the hardware at rel 0 with so many frames of silence to be played. A card may refuse to start
// after it was plugged in or suspended (USB on Linux 6.1.170 to 6.1.174: EPIPE) until it is set up again.
func (s *stream) begin(lead int) error {
	err := s.launch(lead)
	for try := 0; err != nil && try < restarts && !hasGone(err); try++ {
		if s.renew() != nil {
			break
		}
		err = s.launch(lead)
	}
	return err
}

// renew sets up the hardware again with the same parameters.
func (s *stream) renew() error {
	_ = s.each(abi.Drop)
	for _, h := range s.handles() {
		if err := h.renew(); err != nil {
			return err
		}
	}
	return nil
}

// launch makes one attempt to start.
func (s *stream) launch(lead int) error {
	s.Rel = 0
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
		if s.trial {
			lead = s.play.buffer
		}
		if err := s.silence(lead); err != nil {
			return err
		}
	}
	err := s.each(abi.Start)
	s.Begun = monotonic()
	return err
}

// each calls do for each open descriptor, once if they are linked.
func (s *stream) each(do func(fd int) error) error {
	err := do(s.clock.fd)
	if s.play != nil && s.clock != s.play && !s.linked {
		err = errors.Join(err, do(s.play.fd))
	}
	return err
}

// silence plays n frames of silence, or fewer if the buffer is full.
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

// failure wraps an error that ends the use of the card.
func (s *stream) failure(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case hasGone(err):
		return audio.ErrGone.With("%s: the card has gone: %v at %s", s.name, err, doing)
	}
	return audio.ErrIO.With("%s: the card fails: %v at %s", s.name, err, doing)
}

// hasGone reports whether an error means that the card was unplugged.
func hasGone(err error) bool {
	return errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EBADFD) ||
		errors.Is(err, syscall.ENXIO)
}

func (s *stream) Close() error {
	var errs []error
	s.pitch.close()
	for _, h := range s.handles() {
		if s.running {
			_ = abi.Drop(h.fd)
		}
		errs = append(errs, h.close())
	}
	s.play, s.record = nil, nil
	if s.bell != nil {
		errs = append(errs, s.bell.Close())
	}
	return errors.Join(errs...)
}
