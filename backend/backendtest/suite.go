package backendtest

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// TestStream runs the conformance suite, everything package backend promises of a stream, on
// streams from open, in all combinations of Play and Record. Format, Period and Periods of the wish
// are passed on; choose a short period, because the suite takes some hundred of them. A direction
// that open refuses with audio.ErrUnsupported or audio.ErrNoDevice is skipped, but not all of them.
//
// The device's clock must run by itself. No upper bound of a duration is asserted; a check that is
// stuck for patience fails. Not for parallel tests: allocations and goroutines are counted.
func TestStream(t *testing.T, open Opener, wish backend.Config) {
	const patience = time.Minute
	opened := false
	for _, d := range directions() {
		t.Run(d.name, func(t *testing.T) {
			wish := wish
			wish.Play, wish.Record = d.play, d.record
			if s, err := open(wish); errors.Is(err, audio.ErrUnsupported) || errors.Is(err, audio.ErrNoDevice) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal("open:", err)
			} else if err := s.Close(); err != nil {
				t.Fatal("close:", err)
			}
			opened = true
			for _, c := range checks() {
				t.Run(c.name, func(t *testing.T) {
					switch err := attempt(c, open, wish, patience); {
					case errors.Is(err, errSkip):
						t.Skip(err)
					case err != nil:
						t.Error(err)
					}
				})
			}
		})
	}
	if !opened && !t.Failed() {
		t.Error("no direction could be opened, not even a clock alone")
	}
}

type direction struct {
	name         string
	play, record bool
}

func directions() []direction {
	return []direction{{"clock", false, false}, {"play", true, false}, {"record", false, true}, {"duplex", true, true}}
}

// check proves one promise. It returns what was broken, so that streams that break it can test the suite.
type check struct {
	name string
	run  func(*probe) error
}

func checks() []check {
	return []check{
		{"granted", checkGranted},
		{"life", checkLife},
		{"closed", checkClosed},
		{"restart", checkRestart},
		{"ticks", checkTicks},
		{"wake", checkWake},
		{"wakes-stopped", checkWakesStopped},
		{"wake-late", checkWakeLate},
		{"transfer", checkTransfer},
		{"pacer", checkPacer},
		{"allocations", checkAllocations},
		{"descriptors", checkDescriptors},
		{"stays", checkStays},
	}
}

var errSkip = errors.New("does not apply")

// attempt runs a check on a thread of its own, like an engine, and reports goroutines it leaves behind.
func attempt(c check, open Opener, wish backend.Config, patience time.Duration) error {
	before := goleak.IgnoreCurrent()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p := &probe{opener: open, wish: wish}
		err := c.run(p)
		if p.s != nil {
			err = errors.Join(err, p.s.Close())
		}
		done <- err
	}()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case err := <-done:
		if err != nil {
			return err
		}
	case <-timeout.C:
		return fmt.Errorf("stuck for %v: a Wait that neither time nor Wake ends?", patience)
	}
	if err := goleak.Find(before); err != nil {
		return fmt.Errorf("after Close: %w", err)
	}
	return nil
}

// wakeup is what may end a Wait.
type wakeup bool

const (
	byTime wakeup = false
	byWake wakeup = true // or by time
)

// probe is the engine of a check: one stream at a time, and what is known of it.
type probe struct {
	opener Opener
	wish   backend.Config

	s       backend.Stream
	granted backend.Config // by open
	block   []byte         // as large as the buffer
	period  int
	tick    backend.Tick
	read    uint64
	written uint64
}

// open opens a new stream, and closes the previous one.
func (p *probe) open() (err error) {
	if p.s != nil {
		if err := p.s.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	if p.s, err = p.opener(p.wish); err != nil {
		p.s = nil
		return fmt.Errorf("open: %w", err)
	}
	p.granted = p.s.Granted()
	p.period = p.granted.Period
	p.tick = backend.Tick{}
	if err := p.granted.Format.Validate(); err != nil {
		return fmt.Errorf("granted: %w", err)
	}
	p.block = make([]byte, p.buffer()*p.granted.Format.FrameBytes())
	return nil
}

// start opens a new stream and starts it.
func (p *probe) start() error {
	if err := p.open(); err != nil {
		return err
	}
	return p.restart()
}

func (p *probe) restart() error {
	p.tick = backend.Tick{}
	p.read, p.written = 0, 0
	if err := p.s.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

func (p *probe) buffer() int { return p.granted.Period * p.granted.Periods }

// delay returns how far written frames may be ahead of the position.
func (p *probe) delay() int {
	d, ok := backend.As[backend.Delayer](p.s)
	if !ok {
		return 0
	}
	play, _ := d.Delay()
	return play
}

// wait is one Wait, with checks of everything a tick promises.
func (p *probe) wait(by wakeup) error {
	t, err := p.s.Wait()
	if err != nil {
		return fmt.Errorf("wait: %w", err)
	}
	before := p.tick
	p.tick = t
	step := t.Position - before.Position
	switch {
	case t.Position < before.Position:
		return fmt.Errorf("position ran back from %d to %d", before.Position, t.Position)
	case step == 0 && by == byTime:
		return fmt.Errorf("Wait returned at position %d again, without a Wake", t.Position)
	case step%uint64(p.period) != 0:
		return fmt.Errorf("position went from %d to %d: no multiple of the period %d",
			before.Position, t.Position, p.period)
	case t.Time < before.Time, step > 0 && t.Time == before.Time:
		return fmt.Errorf("time went from %d to %d ns as the position went from %d to %d",
			before.Time, t.Time, before.Position, t.Position)
	case t.Lost > t.Position:
		return fmt.Errorf("%d frames lost of %d", t.Lost, t.Position)
	case t.Readable < 0 || t.Readable > p.buffer():
		return fmt.Errorf("%d frames readable; the buffer has %d", t.Readable, p.buffer())
	case t.Writable < 0 || t.Writable > p.buffer():
		return fmt.Errorf("%d frames writable; the buffer has %d", t.Writable, p.buffer())
	case t.Readable > 0 && !p.granted.Record:
		return fmt.Errorf("%d frames readable on a stream that does not record", t.Readable)
	case t.Writable > 0 && !p.granted.Play:
		return fmt.Errorf("%d frames writable on a stream that does not play", t.Writable)
	}
	return nil
}

// cycle does what an engine does: wait, read all, write all. It does not allocate unless something
// is wrong.
func (p *probe) cycle(by wakeup) error {
	if err := p.wait(by); err != nil {
		return err
	}
	frame := p.granted.Format.FrameBytes()
	if p.tick.Readable > 0 {
		n, err := p.s.Read(p.block[:p.tick.Readable*frame])
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if n < 0 || n > p.tick.Readable {
			return fmt.Errorf("read %d frames of %d", n, p.tick.Readable)
		}
		p.read += uint64(n)
	}
	if p.tick.Writable > 0 {
		n, err := p.s.Write(p.block[:p.tick.Writable*frame])
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if n < 0 || n > p.tick.Writable {
			return fmt.Errorf("wrote %d frames of %d", n, p.tick.Writable)
		}
		p.written += uint64(n)
	}
	return nil
}

func (p *probe) cycles(n int) error {
	for range n {
		if err := p.cycle(byTime); err != nil {
			return err
		}
	}
	return nil
}
