// Package sched gives the threads that serve sound cards what the kernel has for them.
package sched

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// Threads makes the threads of devices real-time: they run before others as soon as they wake
// up, and their memory is never swapped out. Where that is not permitted everything works as
// well, as long as the machine has little to do; the log and "loopbridge devices" say so.
//
//	directly ── not permitted ──▶ rtkit, over D-Bus ── none, or refused ──▶ a note
//
// No thread can take the machine with it: one that runs for rtLimit without a sleep loses
// its priority, all of them do then. On a computer with one processor the thread that takes
// it away gets its turn only when the kernel holds real-time ones back, once a second, so
// the kernel ends the process no earlier than after two.
type Threads struct {
	log zerolog.Logger

	once, collecting sync.Once

	mu      sync.Mutex
	threads []int
	helpers map[string]int    // threads that are not ours, of each device that has one
	yielded bool              // no thread gets any priority any more
	states  map[string]string // of each device, for people
}

const (
	rtPriority = 20 // above all that is not real-time, below the kernel's own threads
	rtBelow    = rtPriority - 1
	rtLimit    = 150_000         // µs of running without a sleep
	rtMost     = 2_500_000       // the same, after which the kernel ends the process
	rtkitMost  = 200_000         // what rtkit wants that to be
	spareProcs = 6               // see prepare
	noRealtime = "not real-time" // beginning of a state
)

// New returns the threads of a process, none yet. Nothing changes until the first one comes.
func New(log zerolog.Logger) *Threads {
	return &Threads{log: log, states: make(map[string]string), helpers: make(map[string]int)}
}

// Enter makes the thread real-time that it is called on, which is a device's.
func (r *Threads) Enter(device string) {
	r.once.Do(r.prepare)
	thread := unix.Gettid()
	r.mu.Lock()
	r.threads = append(r.threads, thread)
	r.mu.Unlock()
	err := schedule(0, unix.SCHED_FIFO, rtPriority)
	if err == nil {
		r.collecting.Do(func() { go r.collect() })
		r.settle(device, nil, "real-time, SCHED_FIFO priority %d", rtPriority)
		return
	}
	go func() { // the bus may take its time
		r.bound(rtkitMost)
		priority, asked := askRTKit(thread, rtPriority)
		if asked == nil {
			r.settle(device, nil, "real-time by rtkit, SCHED_FIFO priority %d", priority)
			return
		}
		r.settle(device, errors.Join(err, asked), "%s: %v; set LimitRTPRIO= for the service, or rtprio in /etc/security/limits.conf, or install rtkit", noRealtime, err)
	}()
}

// Adopt makes a thread of C real-time that works for a device, in the place of the one before.
// One that is real-time already is left alone. It may be called from any goroutine.
func (r *Threads) Adopt(device string, thread int) {
	r.once.Do(r.prepare)
	if now, err := unix.SchedGetAttr(thread, 0); err != nil || now.Policy != unix.SCHED_NORMAL {
		return
	}
	priority, err := r.help(device, thread)
	if err != nil {
		_, err = askRTKit(thread, priority)
	}
	r.log.Debug().Str("device", device).Int("thread", thread).AnErr("cause", err).Bool("realtime", err == nil).Msg("the thread of its library")
}

// help notes a thread, and makes it real-time unless all have lost that.
func (r *Threads) help(device string, thread int) (priority int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.helpers[device] = thread
	priority = r.below(runtime.NumCPU())
	if r.yielded {
		return priority, nil
	}
	return priority, schedule(thread, unix.SCHED_RR, priority)
}

// below returns the priority of the thread of a library, which may run for long when its card goes.
// Where that would hold up other devices it is below theirs, and they interrupt it; else it is
// the same, and the thread of its own device waits until it sleeps, which saves a switch a
// period. The caller holds mu.
func (r *Threads) below(processors int) int {
	if processors == 1 && len(r.states) > 1 {
		return rtBelow
	}
	return rtPriority
}

// settle notes and logs what became of a thread.
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

// State returns what became of the thread of a device, for people; "" for one without.
func (r *Threads) State(device string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.states[device]
}

// prepare sets up the process before the first thread becomes real-time.
func (r *Threads) prepare() {
	// Where all of Go's processors are busy, a thread that wakes up has to wait for one,
	// whatever its priority. With more of them than the machine has, the kernel decides.
	runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), runtime.NumCPU()+spareProcs))
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		r.log.Warn().Err(err).Msg("memory may be swapped out; set LimitMEMLOCK=infinity for the service")
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

// bound is how long a real-time thread may run without a sleep; what the process was
// started with may be less.
func (r *Threads) bound(most uint64) {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_RTTIME, &limit)
	if err == nil {
		most = min(most, limit.Max)
		err = unix.Setrlimit(unix.RLIMIT_RTTIME, &unix.Rlimit{Cur: min(rtLimit, most), Max: most})
	}
	if err != nil {
		r.log.Warn().Err(err).Msg("real-time threads are not bounded")
	}
}

// yield makes ordinary threads of all.
func (r *Threads) yield() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.yielded = true
	for _, thread := range r.threads {
		_ = schedule(thread, unix.SCHED_NORMAL, 0) // one that has ended needs none
	}
	for _, thread := range r.helpers {
		_ = schedule(thread, unix.SCHED_NORMAL, 0)
	}
	for device := range r.states {
		r.states[device] = noRealtime + ": it ran for too long without a sleep, and has lost its priority"
	}
	r.log.Error().Bytes("goroutines", stacks()).Msg("a real-time thread ran for too long without a sleep: all of them are ordinary ones now")
}

// stacks returns the stacks of all goroutines, to find out which one it was.
func stacks() []byte {
	text := make([]byte, 1<<16)
	return text[:runtime.Stack(text, true)]
}

// schedule sets the class and priority of a thread, 0: of this one. Threads that it makes
// do not inherit them.
func schedule(thread int, policy uint32, priority int) error {
	return unix.SchedSetAttr(thread, &unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: policy, Priority: uint32(priority), Flags: unix.SCHED_FLAG_RESET_ON_FORK,
	}, 0)
}
