package null

import (
	"runtime"
	"sync"
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
	if err := unix.TimerfdGettime(clock.alarm, &armed); err != nil || armed.Value.Nano() != 0 {
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

// TestWakeDuringClose: a set that is under way keeps the descriptor until it is done.
func TestWakeDuringClose(t *testing.T) {
	isOpen := func(fd int) bool {
		_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		return err == nil
	}
	e, err := newEvent()
	if err != nil {
		t.Fatal(err)
	}
	if first, second := e.enter(), e.enter(); !first || !second {
		t.Fatal("an open event lets nobody in")
	}
	e.close()
	e.leave()
	if !isOpen(e.fd) {
		t.Error("closed under a set that is under way")
	}
	if e.enter() {
		t.Error("a closed event lets a set in")
	}
	e.leave()
	if isOpen(e.fd) {
		t.Error("open after the last set")
	}
	e.close()
}

// TestLateWake: an event that was closed leaves the number of its descriptor alone,
// whoever has it now.
func TestLateWake(t *testing.T) {
	for range 200 {
		e, err := newEvent()
		if err != nil {
			t.Fatal(err)
		}
		var setters sync.WaitGroup
		begin := make(chan struct{})
		for range 2 {
			setters.Go(func() {
				<-begin
				for range 20 {
					e.set()
				}
			})
		}
		close(begin)
		e.close()
		e.close()
		// Once nobody is inside set, the number is free; whatever gets it stays unset.
		other, err := unix.Eventfd(0, unix.EFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		setters.Wait()
		e.set()
		var count [8]byte
		if _, err := unix.Read(other, count[:]); err != unix.EAGAIN {
			t.Fatalf("a late set reached descriptor %d, once %d: % x, %v", other, e.fd, count, err)
		}
		_ = unix.Close(other)
		if users := e.users.Load(); users != eventClosed {
			t.Fatalf("users %#x", users)
		}
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
