// Package sched gives real-time priority to the threads that serve sound cards.
package sched

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	"unsafe"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// Threads makes the threads of devices real-time, so that they run as soon as they wake up, and
// locks their memory. Where that is not permitted, sound works as long as the machine is not
// busy; the log and "loopbridge devices" say so.
//
//	directly ── not permitted ──▶ rtkit, over D-Bus ── none, or refused ──▶ a note
//
// No thread can block the machine: if one runs for rtLimit without a sleep, all threads lose their
// priority. With one processor, the thread that takes it away runs only when the kernel throttles
// real-time threads, once a second; so the kernel ends the process no earlier than after two seconds.
type Threads struct {
	log zerolog.Logger

	once, collecting sync.Once
	later            time.Duration // until what can wait is done; not 0: it has taken over

	mu       sync.Mutex
	threads  []int
	helpers  map[string]int    // by device: threads of C libraries
	yielded  bool              // no thread gets priority any more
	collects bool              // collect runs the collections, now or soon
	states   map[string]string // by device, for people
}

// Priority is that of the threads of devices: above all ordinary threads, below the kernel's own.
const Priority = 20

// NotRealtime begins the state of a thread that is ordinary.
const NotRealtime = "not real-time"

const (
	rtBelow    = Priority - 1
	rtLimit    = 150_000   // µs of running without a sleep
	rtMost     = 2_500_000 // the same, after which the kernel ends the process
	rtkitMost  = 200_000   // rtkit's condition on rtMost
	spareProcs = 6         // see prepare

	// served is when all devices were served for a while, so that they can be held up for some milliseconds: when a
	// daemon takes over from another one, their buffers run dry before.
	served = 500 * time.Millisecond
)

// New returns a Threads without threads. The process changes when the first one arrives.
func New(log zerolog.Logger) *Threads {
	return &Threads{log: log, states: make(map[string]string), helpers: make(map[string]int)}
}

// TakeOver is for a program that takes over from another one, whose devices are about to run dry, before all else: there is no
// collection until the devices were served for a while, and nothing that can wait holds up a thread that enters.
func (r *Threads) TakeOver() {
	r.later = served
	percent := debug.SetGCPercent(-1)
	time.AfterFunc(2*served, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.collects { // no thread is real-time
			debug.SetGCPercent(percent)
		}
	})
}

// Prepare does before Enter what the first thread would have to wait for.
func (r *Threads) Prepare() { r.once.Do(r.prepare) }

// Enter makes the calling thread, which serves a device, real-time.
func (r *Threads) Enter(device string) {
	r.once.Do(r.prepare)
	thread := unix.Gettid()
	err := schedule(0, unix.SCHED_FIFO, Priority)
	if r.later > 0 {
		go r.entered(device, thread, err)
		return
	}
	r.entered(device, thread, err)
}

// entered takes in a thread that has tried to become real-time.
func (r *Threads) entered(device string, thread int, err error) {
	r.mu.Lock()
	r.threads = append(r.threads, thread)
	r.collects = r.collects || err == nil
	r.mu.Unlock()
	if err == nil {
		r.collecting.Do(func() { time.AfterFunc(r.later, r.collect) })
		r.settle(device, nil, "real-time, SCHED_FIFO priority %d", Priority)
		return
	}
	go func() { // D-Bus may be slow
		r.bound(rtkitMost)
		priority, asked := askRTKit(thread, Priority)
		if asked == nil {
			r.settle(device, nil, "real-time by rtkit, SCHED_FIFO priority %d", priority)
			return
		}
		r.settle(device, errors.Join(err, asked), "%s: %v; set LimitRTPRIO= for the service, or rtprio in "+
			"/etc/security/limits.conf, or install rtkit", NotRealtime, err)
	}()
}

// Adopt makes a thread of a C library that serves a device real-time; it replaces the previous
// one. A thread that is real-time already stays as it is. Any goroutine may call it.
func (r *Threads) Adopt(device string, thread int) {
	r.once.Do(r.prepare)
	if now, err := unix.SchedGetAttr(thread, 0); err != nil || now.Policy != unix.SCHED_NORMAL {
		return
	}
	priority, err := r.help(device, thread)
	if err != nil {
		_, err = askRTKit(thread, priority)
	}
	line := r.log.Debug().Str("device", device).Int("thread", thread).AnErr("cause", err)
	line.Bool("realtime", err == nil).Msg("the thread of its library")
}

// help stores a thread and makes it real-time, unless all threads have lost that.
func (r *Threads) help(device string, thread int) (priority int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.helpers[device] = thread
	priority = r.belowLocked(runtime.NumCPU())
	if r.yielded {
		return priority, nil
	}
	return priority, schedule(thread, unix.SCHED_RR, priority)
}

// belowLocked returns the priority for the thread of a library, which may spin when its card goes. If it
// could then hold up other devices, it gets less than they have. Otherwise it gets the same, so that the
// device's own thread does not interrupt it, which saves a switch each period.
func (r *Threads) belowLocked(processors int) int {
	if processors == 1 && len(r.states) > 1 {
		return rtBelow
	}
	return Priority
}

// settle stores and logs what became of a thread.
func (r *Threads) settle(device string, err error, format string, args ...any) {
	state := fmt.Sprintf(format, args...)
	r.mu.Lock()
	r.states[device] = state
	r.mu.Unlock()
	line := r.log.Info()
	if err != nil {
		line = r.log.Warn().Err(err)
	}
	line.Str("device", device).Msg("its thread is " + state)
}

// State returns what became of the thread of a device, in words, "" if it has none.
func (r *Threads) State(device string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.states[device]
}

// prepare sets up the process before the first thread becomes real-time.
func (r *Threads) prepare() {
	// A thread that wakes up needs one of Go's processors, whatever its priority. With more of
	// them than the machine has, the kernel decides who runs.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), runtime.NumCPU()+spareProcs))
	if r.later > 0 {
		time.AfterFunc(r.later, r.lockMemory)
	} else {
		r.lockMemory()
	}
	r.bound(rtMost)
	excess := make(chan os.Signal, 1)
	signal.Notify(excess, unix.SIGXCPU)
	go func() {
		for range excess {
			r.yield()
		}
	}()
}

// lockMemory keeps the memory of the process from being swapped out. That takes some milliseconds of a slow processor.
func (r *Threads) lockMemory() {
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		r.log.Warn().Err(err).Msg("memory may be swapped out; set LimitMEMLOCK=infinity for the service")
	}
}

// bound limits how long a real-time thread may run without a sleep. It keeps a lower limit that
// the process was started with.
func (r *Threads) bound(most uint64) {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_RTTIME, &limit)
	if err == nil {
		most = min(most, limit.Max)
		err = unix.Setrlimit(unix.RLIMIT_RTTIME, &unix.Rlimit{Cur: min(rtLimit, most), Max: most})
	}
	if err != nil {
		r.log.Warn().Err(err).Msg("the run time of real-time threads is not limited")
	}
}

// yield makes all threads ordinary.
func (r *Threads) yield() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.yielded = true
	for _, thread := range r.threads {
		_ = schedule(thread, unix.SCHED_NORMAL, 0) // it may have ended
	}
	for _, thread := range r.helpers {
		_ = schedule(thread, unix.SCHED_NORMAL, 0)
	}
	for device := range r.states {
		r.states[device] = NotRealtime + ": it ran for too long without a sleep, and has lost its priority"
	}
	r.log.Error().Bytes("goroutines", stacks()).Msg("a real-time thread ran for too long without a sleep: " +
		"all of them have lost their priority")
}

// stacks returns the stacks of all goroutines, to find the one that ran too long.
func stacks() []byte {
	text := make([]byte, 1<<16)
	return text[:runtime.Stack(text, true)]
}

// schedule sets policy and priority of a thread, 0 for the calling one. Its new threads do not
// inherit them. The call is a raw one, as it does not block: a thread that comes out of an ordinary one as a real-time thread
// could spin there; see package sleep.
func schedule(thread int, policy uint32, priority int) error {
	attr := unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: policy, Priority: uint32(priority), Flags: unix.SCHED_FLAG_RESET_ON_FORK,
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SCHED_SETATTR, uintptr(thread), uintptr(unsafe.Pointer(&attr)), 0); errno != 0 {
		return errno
	}
	return nil
}

// Try reports whether a thread of this process can be real-time, without rtkit. It tries, on a thread that then ends.
func Try() error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and no unlock: the thread ends with the goroutine
		err := schedule(0, unix.SCHED_FIFO, Priority)
		_ = schedule(0, unix.SCHED_NORMAL, 0)
		result <- err
	}()
	return <-result
}
