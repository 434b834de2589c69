//go:build portaudio && cgo

package portaudio

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// jack keeps the process alive beside jack2, whose library goes through the list of a client's
// ports on a thread of its own when JACK tells of a change, while another thread adds and removes
// some (seen with 1.9.21: JackClient::HandleLatencyCallback). Each new port is such a change, so
// waiting until all is told does not do for a stream of several. So while ports come and go that
// thread and ours share a processor, on which that one goes first: it has always done all when ours
// goes on. Where that is not permitted there is only the wait.
type jack struct {
	began   map[int]bool // threads of the process before there was a client
	teller  int          // the thread that is told; 0: not found yet
	changed atomic.Int64 // when connections have changed last, on the Library's clock
}

// settled is how long JACK may tell its clients of a change, on a machine that is busy.
const settled = 250 * time.Millisecond

// withPorts makes a call in which a stream of a host API opens or closes, on the thread that calls.
// The caller holds mu.
func (l *Library) withPorts(hostAPI string, f func()) {
	if hostAPI != "JACK" {
		f()
		return
	}
	l.jack.find()
	if !l.jack.undisturbed(f) {
		time.Sleep(settled - time.Duration(l.clock.now()-l.jack.changed.Load()))
		f()
	}
}

// begin is before a client is made.
func (j *jack) begin() {
	j.teller, j.began = 0, make(map[int]bool)
	for _, id := range threads() {
		j.began[id] = true
	}
}

// find looks for the thread: a later one that sleeps in a read of a socket. Go's own never do.
func (j *jack) find() {
	if j.teller != 0 {
		return
	}
	for _, id := range threads() {
		if !j.began[id] && readsSocket(id) {
			j.teller = id
		}
	}
}

// undisturbed makes a call in which ports come and go, if that is permitted.
func (j *jack) undisturbed(f func()) (done bool) {
	if j.teller == 0 {
		return false
	}
	var mine, its unix.CPUSet
	was, err := unix.SchedGetAttr(j.teller, 0)
	if err != nil || unix.SchedGetaffinity(0, &mine) != nil || unix.SchedGetaffinity(j.teller, &its) != nil {
		return false
	}
	first := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if was.Policy != unix.SCHED_NORMAL || unix.SchedSetAttr(j.teller, &first, 0) != nil {
		return false
	}
	one := oneOf(&mine, &its)
	_ = unix.SchedSetaffinity(j.teller, &one)
	_ = unix.SchedSetaffinity(0, &one)
	f()
	_ = unix.SchedSetaffinity(0, &mine)
	_ = unix.SchedSetaffinity(j.teller, &its) // it may have ended
	_ = unix.SchedSetAttr(j.teller, was, 0)
	return true
}

// oneOf is a processor of two sets, or else of the first.
func oneOf(a, b *unix.CPUSet) (one unix.CPUSet) {
	const most = len(unix.CPUSet{}) * strconv.IntSize
	for _, b := range []*unix.CPUSet{b, a} {
		for n := range most {
			if a.IsSet(n) && b.IsSet(n) {
				one.Set(n)
				return one
			}
		}
	}
	return *a
}

// threads are those of the process.
func threads() (ids []int) {
	entries, _ := os.ReadDir("/proc/self/task")
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// readsSocket reports whether a thread sleeps in read(2) of a socket.
func readsSocket(id int) bool {
	text, _ := os.ReadFile(filepath.Join("/proc/self/task", strconv.Itoa(id), "syscall"))
	var call int
	var fd uint64
	if n, _ := fmt.Sscanf(string(text), "%d %v", &call, &fd); n != 2 || call != unix.SYS_READ {
		return false
	}
	name, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	return strings.HasPrefix(name, "socket:")
}
