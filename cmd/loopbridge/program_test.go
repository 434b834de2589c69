package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// buildOnce is the real program, built once for all tests that start it.
type buildOnce struct {
	once sync.Once
	dir  string
	err  error
}

var built buildOnce

// stateVariable says where a daemon keeps its state.
const stateVariable = "STATE_DIRECTORY"

func TestMain(m *testing.M) {
	if os.Getenv(givesBackVariable) != "" {
		giveBack()
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // what is started here is not under nohup, even if this is
	status := secluded.Run(m)
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

// program is the path of the binary.
func program(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "lb"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-X main.version=tested", "-o", built.dir+"/loopbridge", ".").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("go build: %w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "loopbridge")
}

// process is a command that runs.
type process struct {
	*exec.Cmd
	name           string
	stdout, stderr bytes.Buffer // read them after wait
	done           chan struct{}
}

// start runs the program with a socket; it is killed when the test ends.
func start(t *testing.T, socket string, args ...string) *process {
	t.Helper()
	p := newProcess(t, socket, args...)
	p.begin(t)
	return p
}

// newProcess is for begin.
func newProcess(t *testing.T, socket string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(program(t), args...), name: strings.Join(args, " "), done: make(chan struct{})}
	p.Env = append(os.Environ(), stateVariable+"="+t.TempDir(), client.SocketVariable+"="+socket, "NO_COLOR=1")
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	return p
}

func (p *process) begin(t *testing.T) {
	t.Helper()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.Wait()
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.done
	})
}

// wait returns when the program has ended.
func (p *process) wait(t *testing.T) outcome {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(servertest.Hang):
		t.Fatalf("%s hangs", p.name)
	}
	return outcome{p.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()}
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// serve starts a daemon and returns when it lets programs in.
func serve(t *testing.T, socket string, args ...string) *process {
	t.Helper()
	p := start(t, socket, append([]string{"serve"}, args...)...)
	p.ready(t, socket)
	return p
}

func (p *process) ready(t *testing.T, socket string) {
	t.Helper()
	servertest.Until(t, "the daemon comes up", func() bool {
		select {
		case <-p.done:
			t.Fatalf("the daemon has ended: %s", p.stderr.String())
		default:
		}
		_, err := control.New(socket).Loops(t.Context())
		return err == nil
	})
}
