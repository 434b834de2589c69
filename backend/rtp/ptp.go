package rtp

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// Atomic is a Net that knows the time of PTP. Only the engine's goroutine calls its methods; they neither block nor allocate, but for
// errors.
type Atomic interface {
	// TAI returns International Atomic Time, in ns since 1970, and Net.Now at the same moment.
	TAI() (tai, now int64)
	// Synchronised returns why TAI is not the time of PTP, or nil.
	Synchronised() error
}

// TAI implements Atomic: CLOCK_TAI, which the kernel derives from the clock that phc2sys or ptp4l keeps.
func (n *sockets) TAI() (tai, now int64) {
	best := int64(1 << 62)
	for range 3 { // whoever is interrupted in between is wrong by that
		var t unix.Timespec
		before := n.Now()
		_ = unix.ClockGettime(unix.CLOCK_TAI, &t) // never fails on Linux
		if after := n.Now(); after-before < best {
			best, tai, now = after-before, t.Nano(), before+(after-before)/2
		}
	}
	return tai, now
}

// Synchronised implements Atomic.
func (n *sockets) Synchronised() error { return Synchronised() }

// Synchronised returns why CLOCK_TAI of this machine is not the time of PTP, for people, or nil. Any goroutine may call it; it asks the kernel.
func Synchronised() error {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	const unsynchronised = 5 // TIME_ERROR
	switch {
	case err != nil:
		return audio.ErrPermission.With("the clock of PTP cannot be asked: %v", err)
	case t.Tai == 0:
		return audio.ErrNoDevice.With("the kernel does not know International Atomic Time: its offset is 0; " +
			"run ptp4l, and phc2sys -a -r, which set it")
	case state == unsynchronised || t.Status&unix.STA_UNSYNC != 0:
		return audio.ErrNoDevice.With("the clock of this machine is not synchronised; is ptp4l locked, and does phc2sys run?")
	}
	return nil
}

// step is by how much the time of PTP may differ from what was expected, in ns: a servo turns a clock, and does not make it jump.
const step = int64(20e6)

// follow puts the pace where the time of PTP is. audio.ErrGone: that has jumped.
func (s *stream) followTAI(begin bool) error {
	tai, now := s.atomic.TAI()
	rate := uint64(s.granted.Format.Rate)
	sample := int64(audio.MulDiv(uint64(tai), rate, 1e9))
	if begin {
		s.Zero = sample
	}
	since := tai - int64(audio.MulDiv(uint64(sample), 1e9, rate)) // ns since the sample
	at := now - since
	if off := s.timeOf(sample-s.Zero) - at; !begin && (off > step || off < -step) {
		return audio.ErrGone.With("the time of PTP has jumped by %v", time.Duration(off).Round(time.Microsecond))
	}
	s.pace.Frame, s.pace.At, s.pace.Phase, s.pace.Slope = sample-s.Zero, at, 0, 0
	return nil
}

// reference returns which clock the stream follows, for people.
func (s *stream) reference() string {
	switch {
	case s.atomic != nil:
		return "PTP (CLOCK_TAI)"
	case s.o.Receive != nil:
		r := s.o.Receive.Reference
		_, id, found := strings.Cut(r.PTP, ":")
		switch {
		case found && r.Domain >= 0:
			return fmt.Sprintf("PTP %s domain %d", id, r.Domain)
		case r.PTP != "":
			return "PTP " + strings.TrimPrefix(r.PTP, "IEEE1588-2008:")
		case r.Local != "":
			return "the sender's own, " + r.Local
		}
		return "the sender's"
	}
	return "the machine's (CLOCK_MONOTONIC)"
}

// absolute is what an intake knows of timestamps that are a time of PTP.
type absolute struct {
	ptp     bool
	fits    bool  // a packet was of about now
	foreign int64 // by how many frames its sender is ahead of the time here, if that cannot be the same clock; 0: it can
}

// sampled returns the number of the first sample of a packet: of those with its timestamp the one that is nearest to when it came.
func (in *intake) sampled(stamp uint32, at int64, p *pace) int64 {
	now := p.position(at)
	return now + int64(int32(stamp-in.from.Offset-uint32(p.Zero+now)))
}

// foreignClock says for people that the time of a sender is another one.
func (s *stream) foreignClock(ahead int64) error {
	by, side := s.granted.Format.Duration(max(ahead, -ahead)), "ahead of"
	if ahead < 0 {
		side = "behind"
	}
	exact := time.Second // the way of each packet makes no other sentence
	if by < exact {
		exact = 100 * time.Millisecond
	}
	return audio.ErrIO.With("the sender of %v is %v %s the time of PTP here; it has another clock or domain, or its mediaclk has another offset",
		s.o.Receive.Paths[0].To, by.Round(exact), side)
}
