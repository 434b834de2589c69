package alsatest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// crankHang is how long a C program may take, also under valgrind, before the test says that
// it hangs.
const crankHang = giveUp

// crank is a daemon in this process with one loop, loop0, whose clock stands still
// until the C program under test lets time pass. See testdata/rig.h.
type crank struct {
	testing.TB
	bay    *loop.Patchbay
	clock  *backendtest.Clock
	socket string
	stop   func() // what passes by itself; nil: nothing does
}

// crankPeriod is the device's, in frames of 48 kHz.
const crankPeriod = 480

func newCrank(t testing.TB, spec loop.Spec) *crank {
	t.Helper()
	c := &crank{TB: t, clock: backendtest.NewClock(backend.Config{Period: crankPeriod, Periods: 4})}
	spec.Name = "loop0"
	d := servertest.Start(t, servertest.Options{Devices: []*loop.Engine{loop.NewEngine("clock", c.clock)}, Loops: []loop.Spec{spec}})
	c.bay, c.socket = d.Bay, d.Path
	t.Cleanup(c.still)
	return c
}

// run lets time pass by itself, or stops that. Such time waits for whoever is late, as there
// is nobody who could say when all programs have done what they do.
func (c *crank) run(on bool) {
	c.still()
	if !on {
		return
	}
	c.clock.SetFreewheel(true)
	c.meanwhile(func(quit <-chan struct{}) {
		for c.sleep(quit) {
			c.clock.Advance(crankPeriod)
		}
	})
}

// drain lets time pass once the daemon knows that an end drains, and until it has done so.
// Nobody is late, so a gap is one: the clock is strict.
func (c *crank) drain(end string) {
	c.still()
	c.meanwhile(func(quit <-chan struct{}) {
		for !c.end(end).Draining {
			if !c.sleep(quit) {
				return
			}
		}
		for c.end(end).Draining && !over(quit) {
			c.clock.Advance(crankPeriod)
		}
	})
}

// still ends what passes by itself.
func (c *crank) still() {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
	c.clock.SetFreewheel(false)
}

// meanwhile runs f until it returns, which it does when quit is closed.
func (c *crank) meanwhile(f func(quit <-chan struct{})) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		f(quit)
	}()
	c.stop = func() { close(quit); <-done }
}

// over reports whether quit is closed.
func over(quit <-chan struct{}) bool {
	select {
	case <-quit:
		return true
	default:
		return false
	}
}

// sleep lets others do something; false: it is time to leave.
func (c *crank) sleep(quit <-chan struct{}) bool {
	select {
	case <-quit:
		return false
	case <-time.After(time.Millisecond):
		return true
	}
}

func (c *crank) status() loop.Status { return c.bay.Status()[0] }

func (c *crank) end(name string) loop.EndStatus {
	if name == "server" {
		return c.status().Server
	}
	return c.status().Client
}

// answer does what the program asks for in one line.
func (c *crank) answer(line string) (int, error) {
	var n int
	var end, state string
	scan := func(format string, to ...any) bool {
		got, _ := fmt.Sscanf(line, format, to...)
		return got == len(to)
	}
	switch {
	case scan("tick %d", &n):
		c.clock.Advance(n)
		c.bay.Status() // a program may see a state before the daemon is done with it
		return 0, nil
	case scan("run %d", &n):
		c.run(n != 0)
		return 0, nil
	case scan("drain %s", &end):
		c.drain(end)
		return 0, nil
	case scan("until %s %s", &end, &state):
		for deadline := time.Now().Add(crankHang); ; time.Sleep(time.Millisecond) {
			e := c.end(end)
			if e.Open && (e.State.String() == state || e.Draining && state == "draining") || !e.Open && state == "closed" {
				c.clock.Settle()
				return 0, nil
			}
			if time.Now().After(deadline) {
				return 0, fmt.Errorf("the %s end never was %s, it is %+v", end, state, e)
			}
		}
	case scan("xruns %s", &end):
		return int(c.end(end).Xruns), nil
	case scan("period %s", &end):
		return c.end(end).Period, nil
	case scan("buffer %s", &end):
		return c.end(end).Buffer, nil
	case scan("xrun_frames %s", &end):
		return int(c.end(end).XrunFrames), nil
	}
	return 0, fmt.Errorf("there is no %q", line)
}

// obey answers a program until it closes its end of the socket.
func (c *crank) obey(control net.Conn) {
	for in := bufio.NewScanner(control); in.Scan(); {
		if n, err := c.answer(in.Text()); err != nil {
			fmt.Fprintln(control, "error:", err)
		} else {
			fmt.Fprintln(control, n)
		}
	}
}

// program runs a C program, whose checks have to hold.
func (c *crank) program(path string, args ...string) {
	c.Helper()
	if said, err := c.try(path, args); err != nil {
		c.Errorf("%s %v: %v\n%s", filepath.Base(path), args, err, said)
	}
}

// try runs a C program and returns what it says on standard error, and how it ended.
// It may write nothing to standard output.
func (c *crank) try(path string, args []string, environment ...string) (string, error) {
	c.Helper()
	out, messages, err := c.output(path, args, environment...)
	if out != "" {
		c.Errorf("it wrote to standard output: %q", out)
	}
	return messages, err
}

// output runs a C program and returns what it writes to standard output and standard error,
// and how it ended.
func (c *crank) output(path string, args []string, environment ...string) (output, said string, err error) {
	c.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		c.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "control"), os.NewFile(uintptr(pair[1]), "control")
	control, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		c.Fatal(err)
	}
	var out, messages bytes.Buffer
	cmd := exec.Command(path, args...)

	rc := configBeside(path)
	cmd.Env = append(append(os.Environ(), "LOOPBRIDGE_SOCKET="+c.socket, rc), environment...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &out, &messages, []*os.File{theirs}
	cmd.WaitDelay = crankHang / 6 // a child of it may have its output
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	theirs.Close()
	var obeyed sync.WaitGroup
	obeyed.Go(func() { c.obey(control) })
	hangs := time.AfterFunc(crankHang, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	err = cmd.Wait()
	hangs.Stop()
	control.Close()
	obeyed.Wait()
	return out.String(), messages.String(), err
}
