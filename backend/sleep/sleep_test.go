package sleep_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/backend/sleep"
)

// pipe has an end to poll, and one to write to.
func pipe(t *testing.T) (fds []unix.PollFd, in *os.File) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close(); in.Close() })
	return []unix.PollFd{{Fd: int32(out.Fd()), Events: unix.POLLIN}}, in
}

// whole repeats a sleep that a signal has cut short.
func whole(f func() error) error {
	for {
		if err := f(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func TestPoll(t *testing.T) {
	fds, in := pipe(t)
	if err := sleep.Poll(fds, &unix.Timespec{Nsec: 1}); err != nil || fds[0].Revents != 0 {
		t.Errorf("a timeout: %v, events %#x", err, fds[0].Revents)
	}
	if err := sleep.Poll(nil, &unix.Timespec{Nsec: 1}); err != nil {
		t.Errorf("a timeout of nothing: %v", err)
	}
	polled := make(chan error)
	go func() { polled <- whole(func() error { return sleep.Poll(fds, nil) }) }()
	runtime.Gosched()
	if _, err := in.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := <-polled; err != nil || fds[0].Revents != unix.POLLIN {
		t.Errorf("a descriptor that has something: %v, events %#x", err, fds[0].Revents)
	}
	if err := sleep.Poll(fds, &unix.Timespec{Nsec: -1}); !errors.Is(err, unix.EINVAL) {
		t.Errorf("a timeout that is none: %v", err)
	}
}

func TestFutex(t *testing.T) {
	word := new(atomic.Uint32)
	at := (*uint32)(unsafe.Pointer(word))
	if err := sleep.Futex(at, 0, &unix.Timespec{Nsec: 1}); !errors.Is(err, unix.ETIMEDOUT) {
		t.Errorf("a timeout: %v", err)
	}
	if err := sleep.Futex(at, 1, nil); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("a word with another value: %v", err)
	}
	woken := make(chan error)
	go func() { woken <- whole(func() error { return sleep.Futex(at, 0, nil) }) }()
	for {
		// It sleeps when one was woken.
		n, _, _ := unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(at)), 1|128, 1, 0, 0, 0)
		if n == 1 {
			break
		}
		runtime.Gosched()
	}
	if err := <-woken; err != nil {
		t.Errorf("a word that is woken: %v", err)
	}
}

// TestSleepersLetOthersRun: with one P, other goroutines get it at once while one sleeps, and each
// sleeper gets it back.
func TestSleepersLetOthersRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	fds, in := pipe(t)
	var asleep sync.WaitGroup
	const sleepers = 20
	awake := make(chan error, sleepers)
	for range sleepers {
		asleep.Add(1)
		go func() {
			mine := []unix.PollFd{fds[0]}
			asleep.Done()
			awake <- whole(func() error { return sleep.Poll(mine, nil) })
		}()
	}
	asleep.Wait()
	runtime.GC() // looks at their stacks
	if len(awake) > 0 {
		t.Errorf("one woke up: %v", <-awake)
	}
	if _, err := in.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	for range sleepers {
		if err := <-awake; err != nil {
			t.Error(err)
		}
	}
}

// Stacks grow and move, and the world is stopped, around sleeps of every length.
func TestSleepsAmongCollections(t *testing.T) {
	var done atomic.Bool
	var others sync.WaitGroup
	others.Go(func() {
		for !done.Load() {
			runtime.GC()
		}
	})
	var sleepers sync.WaitGroup
	for range 8 {
		sleepers.Go(func() {
			fds, _ := pipe(t)
			timeout := new(unix.Timespec)
			for i := range 300 {
				*timeout = unix.NsecToTimespec(int64(time.Duration(i%7) * 20 * time.Microsecond))
				if deep(i%64, func() error { return sleep.Poll(fds, timeout) }) != nil || fds[0].Revents != 0 {
					t.Errorf("it polled %#x", fds[0].Revents)
				}
			}
		})
	}
	sleepers.Wait()
	done.Store(true)
	others.Wait()
}

// deep calls f with that much more stack.
func deep(n int, f func() error) error {
	var room [256]byte
	if n > 0 {
		return deep(n-1, f)
	}
	runtime.KeepAlive(&room)
	return whole(f)
}

func TestSleepDoesNotAllocate(t *testing.T) {
	fds, _ := pipe(t)
	timeout, word := new(unix.Timespec), new(uint32)
	if n := testing.AllocsPerRun(100, func() {
		*timeout = unix.Timespec{Nsec: 1}
		_ = sleep.Poll(fds, timeout)
		*timeout = unix.Timespec{Nsec: 1}
		_ = sleep.Futex(word, 0, timeout)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestOnOneProcessor is all of that where a thread gives its processor of Go's away first.
func TestOnOneProcessor(t *testing.T) {
	if runtime.NumCPU() == 1 {
		return // they have just run there
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for n := 0; one.Count() == 0; n++ {
		if all.IsSet(n) {
			one.Set(n)
		}
	}
	child := exec.Command(os.Args[0], "-test.run=^Test(Poll|Futex|Sleep)", "-test.v")
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	err := child.Start() // with this thread's processors
	_ = unix.SchedSetaffinity(0, &all)
	if err == nil {
		err = child.Wait()
	}
	if err != nil || !strings.Contains(out.String(), "--- PASS: TestSleepsAmongCollections") {
		t.Errorf("%v: %s", err, out.String())
	}
}

// A sleep costs what an ordinary system call does, and no more of the monitor.
func BenchmarkPoll(b *testing.B) {
	fds := []unix.PollFd{{Fd: -1}}
	timeout := new(unix.Timespec)
	b.Run("sleep", func(b *testing.B) {
		for b.Loop() {
			*timeout = unix.Timespec{}
			_ = sleep.Poll(fds, timeout)
		}
	})
	b.Run("ordinary", func(b *testing.B) {
		for b.Loop() {
			*timeout = unix.Timespec{}
			_, _ = unix.Ppoll(fds, timeout, nil)
		}
	})
}
