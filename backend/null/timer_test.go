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
