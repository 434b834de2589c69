package null

import (
	"errors"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// MaxPeriods is the largest buffer, in periods.
const MaxPeriods = 1024

const (
	second = uint64(time.Second)
	// yield is the pause between two ticks of a freewheeling clock, in ns.
	yield = int64(50 * time.Microsecond)
)

// MinPeriod returns the shortest period at a rate: 0.5 ms, in frames rounded up.
func MinPeriod(rate int) int { return max(1, (rate+1999)/2000) }

// MaxPeriod returns the longest period at a rate: 1 s, in frames.
func MaxPeriod(rate int) int { return rate }

// Options are what a null device has beyond backend.Config. The zero value is a clock in real time.
type Options struct {
	// Freewheel makes the clock follow the work instead of real time.
	Freewheel bool
	// Clock is the time of the stream; nil is CLOCK_MONOTONIC. The stream closes it.
	Clock Clock
	// Input is what is recorded; nil is silence.
	Input Source
	// Output receives what is played; nil discards it. The stream closes it, even if not opened with Play. If it
	// is a backend.Reporter, so is the stream.
	Output Sink
}

// Open returns a stopped null device that grants the wish exactly, or audio.ErrInvalid with the field, its
// value and its range. The stream is guarded, and a backend.Pacer: SetPeriod grants MinPeriod up to the
// Period of the opening. After an error the caller still has to close Clock and Output.
//
// In real time a stream holds a descriptor and no goroutine, and is a backend.Parker: do not lock
// the thread that calls its Wait (runtime.LockOSThread).
func Open(wish backend.Config, o Options) (backend.Stream, error) {
	if err := validate(wish); err != nil {
		return nil, err
	}
	s, err := newStream(schedule{Opened: wish, Freewheel: o.Freewheel}, wish.Period, o)
	if err != nil {
		return nil, err
	}
	return backend.Guard(s.driver()), nil
}

// newStream returns a stopped stream.
func newStream(at schedule, period int, o Options) (*stream, error) {
	clock := o.Clock
	if clock == nil {
		var err error
		if clock, err = newTimer(); err != nil {
			return nil, err
		}
	}
	s := &stream{
		schedule: at, clock: clock, buffer: at.Opened.Period * at.Opened.Periods, input: o.Input, output: o.Output,
	}
	s.period.Store(int64(period))
	return s, nil
}

// driver returns s with the abilities that its output has.
func (s *stream) driver() backend.Stream {
	if r, ok := s.output.(backend.Reporter); ok {
		return reporting{s, r}
	}
	return s
}

func validate(c backend.Config) error {
	if err := c.Format.Validate(); err != nil {
		return err
	}
	lo, hi := MinPeriod(c.Format.Rate), MaxPeriod(c.Format.Rate)
	switch {
	case c.Period < lo || c.Period > hi:
		return audio.ErrInvalid.With("period %d frames is out of range; at %d Hz use %d..%d",
			c.Period, c.Format.Rate, lo, hi)
	case c.Periods < 2 || c.Periods > MaxPeriods:
		return audio.ErrInvalid.With("periods %d is out of range; use 2..%d", c.Periods, MaxPeriods)
	}
	return nil
}

// reporting is a stream whose output is a Reporter.
type reporting struct {
	*stream
	backend.Reporter
}

// stream is the driver below the guard.
type stream struct {
	schedule
	clock  Clock
	buffer int          // frames
	period atomic.Int64 // frames; set by the engine, any goroutine may read
	input  Source       // nil: silence
	output Sink         // nil: discarded

	running            bool
	readable, writable int // frames of that tick left to Read and Write
}

func (s *stream) Granted() backend.Config {
	c := s.Opened
	c.Period = int(s.period.Load())
	return c
}

func (s *stream) Wake() { s.clock.Wake() }

// Parks implements backend.Parker.
func (s *stream) Parks() bool { return true }

func (s *stream) Start() error {
	s.Anchor = s.clock.Now()
	s.Position, s.readable, s.writable = 0, 0, 0
	s.running = true
	return nil
}

// Stop leaves position and anchor for the ticks of the stopped stream, whose Wait disarms the timer.
func (s *stream) Stop() error {
	s.running = false
	s.readable, s.writable = 0, 0
	if s.output != nil && s.Opened.Play {
		s.output.Flush()
	}
	return nil
}

func (s *stream) Close() error {
	err := s.clock.Close()
	if s.output != nil {
		err = errors.Join(err, s.output.Close())
	}
	return err
}

// SetPeriod implements backend.Pacer.
func (s *stream) SetPeriod(frames int) int {
	frames = min(max(frames, MinPeriod(s.Opened.Format.Rate)), s.Opened.Period)
	s.period.Store(int64(frames))
	return frames
}

// Wait, if woken, returns what is left to read and write of the previous tick.
func (s *stream) Wait() (backend.Tick, error) {
	switch {
	case !s.running:
		_, err := s.clock.Sleep(Never)
		return s.tick(0), err
	case s.Freewheel:
		return s.waitFreewheel()
	}
	period := uint64(s.period.Load())
	due := s.timeOf(s.Position + period)
	for {
		woken, err := s.clock.Sleep(due)
		if err != nil {
			return backend.Tick{}, err
		}
		if now := s.clock.Now(); now >= due {
			return s.tick(s.pass((s.frames(now) - s.Position) / period * period)), nil
		}
		if woken {
			return s.tick(0), nil
		}
	}
}

func (s *stream) waitFreewheel() (backend.Tick, error) {
	period := int(s.period.Load())
	for {
		woken, err := s.clock.Sleep(s.clock.Now() + yield)
		if err != nil {
			return backend.Tick{}, err
		}
		full := max(s.readable, s.writable)+period > s.buffer
		switch {
		case woken || full:
		case s.keepsUp(period):
			s.pass(uint64(period))
		case s.readable == 0 && s.writable == 0:
			continue // the engine can only wait for the output
		}
		return s.tick(0), nil
	}
}

// keepsUp reports whether the output has room for another period.
func (s *stream) keepsUp(period int) bool {
	return s.output == nil || !s.Opened.Play || s.output.Room() >= s.writable+period
}

// pass advances the position by n frames and returns how many found no room.
func (s *stream) pass(n uint64) (lost uint64) {
	s.Position += n
	if s.Opened.Record {
		s.readable, lost = add(s.readable, n, s.buffer)
	}
	if s.Opened.Play {
		var l uint64
		s.writable, l = add(s.writable, n, s.buffer)
		lost = max(lost, l)
	}
	return lost
}

// add returns have + n up to size, and what exceeds it.
func add(have int, n uint64, size int) (int, uint64) {
	if room := uint64(size - have); n > room {
		return size, n - room
	}
	return have + int(n), 0
}

func (s *stream) tick(lost uint64) backend.Tick {
	return backend.Tick{
		Position:  s.Position,
		Time:      s.timeOf(s.Position),
		Readable:  s.readable,
		Writable:  s.writable,
		Lost:      lost,
		Freewheel: s.Freewheel,
	}
}

// timeOf returns the first nanosecond at which position p is reached.
func (s *stream) timeOf(p uint64) int64 {
	rate := uint64(s.Opened.Format.Rate)
	hi, lo := bits.Mul64(p, second)
	lo, carry := bits.Add64(lo, rate-1, 0)
	ns, _ := bits.Div64(hi+carry, lo, rate) // no overflow for 584 years
	return s.Anchor + int64(ns)
}

// frames returns the position reached at a time, the inverse of timeOf.
func (s *stream) frames(now int64) uint64 {
	return audio.MulDiv(uint64(now-s.Anchor), uint64(s.Opened.Format.Rate), second)
}

func (s *stream) Read(block []byte) (int, error) {
	n := len(block) / s.Opened.Format.FrameBytes()
	if s.input != nil {
		s.input.Fill(block, s.Position-uint64(s.readable))
	} else {
		s.Opened.Format.Encoding.Silence(block)
	}
	s.readable -= n
	return n, nil
}

func (s *stream) Write(block []byte) (int, error) {
	n := len(block) / s.Opened.Format.FrameBytes()
	if s.output != nil {
		s.output.Play(block)
	}
	s.writable -= n
	return n, nil
}
