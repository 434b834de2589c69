package backendtest

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend"
)

// checkTicks: through several buffers the position advances by whole periods, time with it, and
// frames flow in every open direction.
func checkTicks(p *probe) error {
	if err := p.start(); err != nil {
		return err
	}
	for n := 0; n < 20 || p.tick.Position < uint64(4*p.buffer()); n++ {
		if err := p.cycle(byTime); err != nil {
			return err
		}
		if limit := p.tick.Position + uint64(max(p.buffer(), p.delay())); p.read > limit || p.written > limit {
			return fmt.Errorf("%d frames read and %d written by position %d", p.read, p.written, p.tick.Position)
		}
	}
	switch {
	case p.granted.Record && p.read == 0:
		return fmt.Errorf("nothing readable by position %d", p.tick.Position)
	case p.granted.Play && p.written == 0:
		return fmt.Errorf("nothing writable by position %d", p.tick.Position)
	}
	return nil
}

// checkWake: Wake before and during a Wait of a running stream disturbs only its sleep.
func checkWake(p *probe) error {
	if err := p.start(); err != nil {
		return err
	}
	for range 20 {
		p.s.Wake()
		p.s.Wake()
		if err := p.cycle(byWake); err != nil {
			return fmt.Errorf("woken: %w", err)
		}
	}
	var wakers sync.WaitGroup
	var awake atomic.Int32
	for range 2 {
		awake.Add(1)
		wakers.Go(func() {
			for range 100 {
				p.s.Wake()
				_ = p.s.Granted()
				time.Sleep(10 * time.Microsecond)
			}
			awake.Add(-1)
		})
	}
	err := error(nil)
	for err == nil && awake.Load() > 0 {
		err = p.cycle(byWake)
		runtime.Gosched() // a simulated clock never sleeps, and there may be only one core
	}
	wakers.Wait()
	if err != nil {
		return fmt.Errorf("woken by others: %w", err)
	}
	p.s.Wake() // merges with wakes that are left over
	if err := p.cycle(byWake); err != nil {
		return err
	}
	return p.cycles(3)
}

// checkWakesStopped: a stopped stream sleeps until Wake, before the first Start and after a Stop,
// and many wakes end one Wait.
func checkWakesStopped(p *probe) error {
	if err := p.open(); err != nil {
		return err
	}
	if err := p.sleepsUntilWake(); err != nil {
		return fmt.Errorf("never started: %w", err)
	}
	if err := p.restart(); err != nil {
		return err
	}
	if err := p.cycles(3); err != nil {
		return err
	}
	if err := p.s.Stop(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if err := p.sleepsUntilWake(); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	return nil
}

func (p *probe) sleepsUntilWake() error {
	for range 3 {
		p.s.Wake()
	}
	if err := p.waitStopped(); err != nil {
		return err
	}
	var called atomic.Bool
	var waker sync.WaitGroup
	waker.Go(func() {
		time.Sleep(20 * time.Millisecond) // a lower bound: how long the Wait is seen to sleep
		called.Store(true)
		p.s.Wake()
	})
	err := p.waitStopped()
	early := !called.Load()
	waker.Wait()
	if err == nil && early {
		return errors.New("three wakes ended two Waits, or one ended by itself")
	}
	return err
}

func (p *probe) waitStopped() error {
	t, err := p.s.Wait()
	switch {
	case err != nil:
		return fmt.Errorf("wait: %w", err)
	case t.Position != p.tick.Position:
		return fmt.Errorf("position %d on a stopped stream; the tick before had %d", t.Position, p.tick.Position)
	case t.Readable != 0 || t.Writable != 0:
		return fmt.Errorf("%d readable, %d writable on a stopped stream", t.Readable, t.Writable)
	}
	return nil
}

// checkWakeLate: Wake is harmless during and after Close.
func checkWakeLate(p *probe) error {
	for range 5 {
		if err := p.start(); err != nil {
			return err
		}
		s := p.s
		var done atomic.Bool
		var wakers sync.WaitGroup
		for range 2 {
			wakers.Go(func() {
				for !done.Load() {
					s.Wake()
					_ = s.Granted()
					time.Sleep(time.Microsecond)
				}
			})
		}
		err := errors.Join(p.cycle(byWake), s.Close())
		done.Store(true)
		wakers.Wait()
		s.Wake()
		if err != nil {
			return err
		}
	}
	return nil
}

// checkPacer: position and schedule continue when the period changes.
func checkPacer(p *probe) error {
	if err := p.open(); err != nil {
		return err
	}
	pacer, ok := backend.As[backend.Pacer](p.s)
	if !ok {
		return fmt.Errorf("%w: no Pacer", errSkip)
	}
	first := p.granted.Period
	set := func(frames int) error {
		p.period = pacer.SetPeriod(frames)
		switch now := p.s.Granted().Period; {
		case p.period < 1:
			return fmt.Errorf("SetPeriod(%d) granted %d", frames, p.period)
		case now != p.period:
			return fmt.Errorf("SetPeriod(%d) granted %d, but Granted says %d", frames, p.period, now)
		}
		return nil
	}
	if err := errors.Join(set(max(1, first/2)), set(first)); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	if err := p.restart(); err != nil {
		return err
	}
	for _, frames := range []int{first, first / 2, 1, first, first / 3, 0, -5, math.MaxInt32, first} {
		if err := set(frames); err != nil {
			return err
		}
		if err := p.cycles(3); err != nil {
			return fmt.Errorf("after SetPeriod(%d): %w", frames, err)
		}
	}
	return nil
}

// checkAllocations: neither a cycle nor SetPeriod allocates.
func checkAllocations(p *probe) error {
	if raceDetector {
		return fmt.Errorf("%w: the race detector allocates", errSkip)
	}
	if err := p.start(); err != nil {
		return err
	}
	pacer, _ := backend.As[backend.Pacer](p.s)
	failed := error(nil)
	allocs := testing.AllocsPerRun(20, func() {
		if pacer != nil {
			p.period = pacer.SetPeriod(p.granted.Period)
		}
		if err := p.cycle(byTime); err != nil {
			failed = err
		}
	})
	if failed == nil && allocs > 0 {
		failed = fmt.Errorf("a cycle makes %v allocations", allocs)
	}
	return failed
}
