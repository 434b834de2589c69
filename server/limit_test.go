package server_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/server/servertest"
	"github.com/loopbridge/loopbridge/wire"
)

// processorTime is what a process has used, user and system.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ") // the name may have blanks
	var state string
	var skip, user, system int64
	_, err = fmt.Sscan(fields, &state, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &skip, &user, &system)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * time.Second / 100
}

// rests waits until a process uses less than a tenth of a processor. One that tries again
// and again, without a pause, does not come to that; one that is slow does.
func rests(t *testing.T, pid int) {
	t.Helper()
	servertest.Until(t, "the daemon to rest", func() bool {
		began, used := time.Now(), processorTime(t, pid)
		time.Sleep(time.Second)
		return processorTime(t, pid)-used < time.Since(began)/10
	})
}

// A daemon at its limit of open files says so to whoever comes, does not spin, and
// goes on when there are descriptors again. Those who are in do not notice.
func TestDaemonWithoutDescriptors(t *testing.T) {
	noLeaks(t)
	o := order{socket: servertest.Socket(t), files: 200}
	daemon := daemonChild(t, o)
	by := newBystander(t, o.socket)

	// Programs that wait, until there is no room for more. What is let in is told a state.
	var all []*raw
	in, out := 0, 0
	for out < 30 {
		c := dial(t, o.socket)
		all = append(all, c)
		c.device(wire.OpInfo, "null")
		reply, _, err := c.reply()
		switch text := wire.Text(reply.Failure.Text[:]); {
		case err != nil:
			t.Fatal(err)
		case reply.Errno == 0:
			c.open("loop0", clientWrites(-1))
			in++
		case syscall.Errno(reply.Errno) == syscall.ENOMEM && strings.Contains(text, "no descriptors") && strings.Contains(text, "raise its limit"):
			out++
		default:
			t.Fatalf("refused with %+v %q", reply.Header, text)
		}
	}
	if in < 10 {
		t.Errorf("only %d programs were let in", in)
	}
	by.goesOn()

	// These say nothing, and are more than are heard at a time.
	for range 200 {
		all = append(all, dial(t, o.socket))
	}
	rests(t, daemon.Process.Pid)
	by.goesOn()

	for _, c := range all {
		c.Close()
	}
	servertest.Until(t, "the daemon to recover", func() bool {
		err := servertest.Answers(servertest.Guard(t), o.socket)
		if err != nil && !errors.Is(err, audio.ErrNoMemory) && !errors.Is(err, audio.ErrReset) {
			t.Fatal(err)
		}
		return err == nil
	})
	v := &victims{T: t, ctx: servertest.Guard(t), socket: o.socket}
	// Waits for those whose hang-up the daemon has not yet read.
	s, c := v.open("loop0", serverReads()), v.open("loop0", clientWrites(-1))
	if _, err := c.Write(v.ctx, make([]byte, 4*480)); err != nil {
		t.Error(err)
	}
	if n, err := s.Read(v.ctx, make([]byte, 4*480)); n != 480 || err != nil {
		t.Errorf("%d frames, %v", n, err)
	}
}

// Where descriptors run out for another reason, the daemon still goes on later.
func TestDaemonThatIsRobbedOfDescriptors(t *testing.T) {
	noLeaks(t)
	o := order{socket: servertest.Socket(t)}
	daemon := daemonChild(t, o)
	by := newBystander(t, o.socket)
	limit := func(files uint64) {
		if err := unix.Prlimit(daemon.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: most(t)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	limit(10)
	result := make(chan error, 1)
	go func() {
		err := servertest.Answers(servertest.Guard(t), o.socket)
		result <- err
	}()
	rests(t, daemon.Process.Pid)
	by.goesOn()
	limit(most(t))
	if err := <-result; err != nil {
		t.Errorf("when there are descriptors again: %v", err)
	}
}

// most is the hard limit of open files, which stays what it is.
func most(t *testing.T) uint64 {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	return limit.Max
}
