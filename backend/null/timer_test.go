package null

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend"
)

// opened is a stopped stream in real time.
func opened(t testing.TB, o Options) backend.Stream {
	t.Helper()
	s, err := Open(config(48000, 48, 4), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// counted counts the wake-ups of a clock.
type counted struct {
	Clock
	sleeps int
}

func (c *counted) Sleep(until int64) (bool, error) {
	c.sleeps++
	return c.Clock.Sleep(until)
}

// TestIdle: a stopped stream sleeps through, with its timer disarmed, however long
// it was running and armed before.
func TestIdle(t *testing.T) {
	clock, err := newTimer()
	if err != nil {
		t.Fatal(err)
	}
	count := &counted{Clock: clock}
	s := opened(t, Options{Clock: count})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := s.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	s.Wake()
	if _, err := s.Wait(); err != nil { // leaves the timer armed
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	sleeps := count.sleeps
	time.AfterFunc(50*time.Millisecond, s.Wake) // 50 periods
	if _, err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := count.sleeps - sleeps; n != 1 {
		t.Errorf("%d wake-ups of a stopped stream", n)
	}
	var armed unix.ItimerSpec
	if err := unix.TimerfdGettime(clock.fd, &armed); err != nil || armed.Value.Nano() != 0 {
		t.Errorf("the timer of a stopped stream is due in %d ns, %v", armed.Value.Nano(), err)
	}
}

// TestInterrupted: signals to the thread neither end a Wait nor fail it.
func TestInterrupted(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := opened(t, Options{})
	thread := unix.Gettid()
	stop := make(chan struct{})
	var sender sync.WaitGroup
	sender.Go(func() {
		for {
			select {
			case <-stop:
				s.Wake()
				return
			case <-time.After(time.Millisecond):
				_ = unix.Tgkill(unix.Getpid(), thread, syscall.SIGURG) // which the runtime ignores
			}
		}
	})
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	position := uint64(0)
	for range 50 {
		tick, err := s.Wait()
		if err != nil || tick.Position <= position {
			t.Fatalf("tick %+v, %v after position %d", tick, err, position)
		}
		position = tick.Position
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { close(stop) })
	if _, err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-stop:
	default:
		t.Error("a signal ended the Wait of a stopped stream")
	}
	sender.Wait()
}

// TestRealTime: ticks come no earlier than their time, which is CLOCK_MONOTONIC.
func TestRealTime(t *testing.T) {
	now := func() int64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			t.Fatal(err)
		}
		return ts.Nano()
	}
	s := opened(t, Options{})
	before := now()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	after := now()
	for range 20 {
		tick, err := s.Wait()
		if err != nil {
			t.Fatal(err)
		}
		played := int64(tick.Position) * 1e9 / 48000
		if anchor := tick.Time - played; anchor < before || anchor > after {
			t.Fatalf("tick %+v is counted from %d; Start was called from %d to %d", tick, anchor, before, after)
		}
		if tick.Time > now() {
			t.Fatalf("tick %+v came %d ns early", tick, tick.Time-now())
		}
	}
}

// TestLateWake: a Wake during or after Close leaves a reused descriptor number alone.
func TestLateWake(t *testing.T) {
	for range 200 {
		clock, err := newTimer()
		if err != nil {
			t.Fatal(err)
		}
		var wakers sync.WaitGroup
		begin := make(chan struct{})
		for range 2 {
			wakers.Go(func() {
				<-begin
				for range 20 {
					clock.Wake()
					clock.woken.Store(false)
				}
			})
		}
		close(begin)
		if err := clock.Close(); err != nil {
			t.Fatal(err)
		}
		// The number is free again; a timer that gets it stays disarmed.
		other, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		wakers.Wait()
		clock.Wake()
		var count [8]byte
		if _, err := unix.Read(other, count[:]); err != unix.EAGAIN {
			t.Fatalf("a late wake reached descriptor %d, once %d: % x, %v", other, clock.fd, count, err)
		}
		_ = unix.Close(other)
	}
}

// TestNothingIsMissed: a deadline that comes just when a Sleep begins ends it, also when a
// Wake comes late.
func TestNothingIsMissed(t *testing.T) {
	for _, wakes := range []bool{false, true} {
		clock, err := newTimer()
		if err != nil {
			t.Fatal(err)
		}
		var waker sync.WaitGroup
		stop := make(chan struct{})
		if wakes {
			waker.Go(func() { // a few in a row, then a pause long enough for a hanging Sleep to show
				for {
					for range 100 {
						clock.Wake()
					}
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Millisecond):
					}
				}
			})
		}
		var slept atomic.Int64
		done := make(chan error, 1)
		go func() {
			for i := range int64(50_000) {
				began := clock.Now()
				if _, err := clock.Sleep(began + i%3000); err != nil {
					done <- err
					return
				}
				slept.Store(i)
			}
			done <- nil
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Errorf("a deadline passed, and nobody was told after %d", slept.Load())
			clock.Wake()
		}
		close(stop)
		waker.Wait()
		_ = clock.Close()
	}
}

// TestWakeTouchesNoDeadline: each sleep lasts until its deadline or its Wake, whatever came
// late of the Wake before.
func TestWakeTouchesNoDeadline(t *testing.T) {
	clock, err := newTimer()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = clock.Close() }()
	for range 2000 {
		var waker sync.WaitGroup
		waker.Go(clock.Wake)
		if woken, err := clock.Sleep(Never); err != nil || !woken {
			t.Fatal(woken, err)
		}
		until := clock.Now() + 20_000
		woken, err := clock.Sleep(until) // while the Wake may still be on its way out
		if err != nil || woken || clock.Now() < until {
			t.Fatal(woken, err)
		}
		waker.Wait()
	}
}

// TestOpenClose: many streams leave no descriptor behind, run or not.
func TestOpenClose(t *testing.T) {
	var lowest [2]int
	for round := range lowest {
		for range 200 {
			s, err := Open(config(48000, 48, 2), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s.Wake()
		}
		fd, err := unix.Eventfd(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		lowest[round] = fd
		_ = unix.Close(fd)
	}
	if lowest[1]-lowest[0] >= 200 {
		t.Errorf("the lowest free descriptor went from %d to %d", lowest[0], lowest[1])
	}
}

// BenchmarkWaitReal is the cost of a tick that is due already: the system calls.
func BenchmarkWaitReal(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clock, err := newTimer()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = clock.Close() }()
	b.ReportAllocs()
	for until := clock.Now() - 1_000_000_000; b.Loop(); until++ {
		if _, err := clock.Sleep(until); err != nil {
			b.Fatal(err)
		}
		clock.Now()
	}
}
