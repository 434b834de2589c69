package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// helperVariable makes the test binary a program of another process instead: its
// value says which.
const helperVariable = "LOOPBRIDGE_TEST_HELPER"

// The helpers. Each begins when a byte comes on its standard input.
const (
	helpEnd    = "end"    // holds an end and moves frames until it is killed
	helpDaemon = "daemon" // is a daemon until its standard input ends
	helpOpen   = "open"   // tries to open an end, and prints what came of it

	helpListing = "listing" // as daemon; everybody reaches it, and it lists the user that the kernel calls unknown
)

// order is what a helper is told, in its environment.
type order struct {
	socket string
	role   pcm.Role
	dir    audio.Direction
	period int
	buffer int
	files  int // limit of open files
}

const orderVariable = "LOOPBRIDGE_TEST_ORDER"

func (o order) String() string {
	return fmt.Sprintf("%s %d %d %d %d %d", o.socket, o.role, o.dir, o.period, o.buffer, o.files)
}

func help(what string) int {
	var o order
	if _, err := fmt.Sscan(os.Getenv(orderVariable), &o.socket, &o.role, &o.dir, &o.period, &o.buffer, &o.files); err != nil {
		fmt.Fprintln(os.Stderr, "helper:", err)
		return 1
	}
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return 0 // not needed after all
	}
	if err := map[string]func(order) error{helpEnd: holdEnd, helpDaemon: beDaemon, helpListing: beListing, helpOpen: tryOpen}[what](o); err != nil {
		fmt.Fprintf(os.Stderr, "helper %s: %v\n", what, err)
		return 1
	}
	return 0
}

func holdEnd(o order) error {
	ctx := context.Background()
	options := pcm.Options{Role: o.role, Direction: o.dir, Period: o.period, Buffer: o.buffer}
	if o.role == pcm.Client {
		options.Wait = pcm.Forever
	}
	p, err := client.Open(ctx, o.socket, "loop0", options)
	for errors.Is(err, audio.ErrBusy) { // the server before was killed a moment ago
		time.Sleep(time.Millisecond)
		p, err = client.Open(ctx, o.socket, "loop0", options)
	}
	if err != nil {
		return err
	}
	counter := backendtest.NewCounter(p.Format())
	block := make([]byte, o.period*p.Format().FrameBytes())
	for n := uint64(0); err == nil; n += uint64(o.period) {
		if o.dir == pcm.Write {
			counter.Fill(block, n)
			_, err = p.Write(ctx, block)
		} else {
			_, err = p.Read(ctx, block)
		}
	}
	return err
}

func beDaemon(o order) error {
	if o.files > 0 {
		limit := unix.Rlimit{Cur: uint64(o.files), Max: uint64(o.files)}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
	}
	serves := threeLoops(server.Socket{Path: o.socket})
	serves.ProgramsOnly = o.files > 0
	return serveUntilEnd(serves)
}

func beListing(o order) error {
	return serveUntilEnd(threeLoops(server.Socket{Path: o.socket, Mode: 0o666, Users: []string{"65534"}}))
}

// serveUntilEnd is a daemon until standard input ends.
func serveUntilEnd(serves servertest.Options) error {
	d, err := servertest.New(serves)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return d.Stop()
}

func tryOpen(o order) error {
	p, err := client.Open(context.Background(), o.socket, "loop0", pcm.Options{Role: pcm.Server, Direction: pcm.Read})
	if err != nil {
		fmt.Println(err)
		return nil
	}
	fmt.Println("open")
	return p.Close(context.Background())
}

// child is a helper that runs.
type child struct {
	*exec.Cmd
	testing.TB
	in  io.WriteCloser
	out io.ReadCloser
}

// prepare starts a helper, which then waits for begin.
func prepare(t testing.TB, what string, o order, adjust ...func(*exec.Cmd)) *child {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helperVariable+"="+what, orderVariable+"="+o.String())
	cmd.Stderr = os.Stderr
	for _, f := range adjust {
		f(cmd)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd, t, in, out}
	t.Cleanup(c.kill)
	return c
}

func (c *child) begin() {
	c.Helper()
	if _, err := c.in.Write([]byte{1}); err != nil {
		c.Fatalf("helper: %v", err)
	}
}

// kill is kill -9. It returns when the process is no more. A second one is harmless.
func (c *child) kill() {
	if c.ProcessState == nil {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}
