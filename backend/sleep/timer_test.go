package sleep

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestLateWake: a Wake during or after Close leaves a reused descriptor number alone.
func TestLateWake(t *testing.T) {
	for range 200 {
		clock, err := NewTimer()
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
		clock, err := NewTimer()
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
	clock, err := NewTimer()
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

// BenchmarkWaitReal is the cost of a tick that is due already: the system calls.
func BenchmarkWaitReal(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clock, err := NewTimer()
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

// TestDisarmed: a sleep without a deadline leaves no timer armed, whatever was before.
func TestDisarmed(t *testing.T) {
	clock, err := NewTimer()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = clock.Close() }()
	clock.Wake()
	if _, err := clock.Sleep(clock.Now() + 1e12); err != nil {
		t.Fatal(err)
	}
	clock.Wake()
	if _, err := clock.Sleep(Never); err != nil {
		t.Fatal(err)
	}
	var armed unix.ItimerSpec
	if err := unix.TimerfdGettime(clock.fd, &armed); err != nil || armed.Value.Nano() != 0 {
		t.Errorf("the timer is due in %d ns, %v", armed.Value.Nano(), err)
	}
}
