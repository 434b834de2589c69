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

// jack works around a crash in jack2 1.9.21 (JackClient::HandleLatencyCallback): when JACK
// announces a change, a thread of its library walks the client's list of ports while another may
// add and remove some. Each new port is such a change, so a pause does not help a stream with
// several. While ports come and go, that thread therefore shares a processor with ours and has
// priority: it is done whenever ours runs. Where that is not permitted, a pause has to do.
type jack struct {
	began   map[int]bool // threads of the process before there was a client
	teller  int          // thread that handles changes; 0: not found yet
	changed atomic.Int64 // last change of connections, on the Library's clock
}

// settled is how long JACK may take to announce a change on a busy machine.
const settled = 250 * time.Millisecond

// withPortsLocked calls f, which opens or closes a stream of hostAPI, on the calling thread.
func (l *Library) withPortsLocked(hostAPI string, f func()) {
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

// begin must run before a client is made.
func (j *jack) begin() {
	j.teller, j.began = 0, make(map[int]bool)
	for _, id := range threads() {
		j.began[id] = true
	}
}

// find looks for the thread: a new one that sleeps in a read of a socket. Go's own never do.
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

// undisturbed calls f with the thread on the same processor, and reports whether it could.
func (j *jack) undisturbed(f func()) (done bool) {
	if j.teller == 0 {
		return false
	}
	var mine, its unix.CPUSet
	was, err := unix.SchedGetAttr(j.teller, 0)
	if err != nil || unix.SchedGetaffinity(0, &mine) != nil || unix.SchedGetaffinity(j.teller, &its) != nil {
		return false
	}
	first := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1,
		Flags: unix.SCHED_FLAG_RESET_ON_FORK}
	if was.Policy != unix.SCHED_NORMAL || unix.SchedSetAttr(j.teller, &first, 0) != nil {
		return false
	}
	one := oneOf(&mine, &its)
	_ = unix.SchedSetaffinity(j.teller, &one)
	_ = unix.SchedSetaffinity(0, &one)
	f()
	_ = unix.SchedSetaffinity(0, &mine)
	_ = unix.SchedSetaffinity(j.teller, &its) // the thread may have ended
	_ = unix.SchedSetAttr(j.teller, was, 0)
	return true
}

// oneOf returns a processor in both sets, or else in the first.
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

// threads returns the threads of the process.
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
