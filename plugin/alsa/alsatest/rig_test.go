package alsatest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/plugin/alsa/secluded"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// giveUp is how long anything may take before a test says that it hangs.
const giveUp = servertest.Hang

// rig is a daemon in this process that programs are started against, and a directory
// for their files. Its clock is the real one, or follows the programs, so that nothing
// is lost however slow the machine.
type rig struct {
	*testing.T
	bay    *loop.Patchbay // nil: the daemon is another process
	dir    string
	socket string
	rc     string    // ALSA definitions beside those of the plugin
	has    string    // rc, as far as it is in a file
	input  io.Reader // standard input of the programs that are started; nil: nothing
}

// clock of a rig.
const (
	inRealTime     = false
	followsTheWork = true
)

// newRig serves loop0, or the loops that are given.
func newRig(t *testing.T, freewheel bool, loops ...loop.Spec) *rig {
	t.Helper()
	r := rigOf(t)
	r.daemon([]*loop.Engine{r.device("null", backend.Config{}, freewheel)}, loops...)
	return r
}

// device opens one with the sides of c, for daemon.
func (r *rig) device(name string, c backend.Config, freewheel bool) *loop.Engine {
	r.Helper()
	device, err := servertest.Null(name, c, null.Options{Freewheel: freewheel})
	if err != nil {
		r.Fatal(err)
	}
	return device
}

// daemon serves devices, of which the first clocks the loops.
func (r *rig) daemon(devices []*loop.Engine, loops ...loop.Spec) *servertest.Daemon {
	r.Helper()
	d := servertest.Start(r, servertest.Options{Socket: server.Socket{Path: r.socket}, Devices: devices, Loops: loops})
	r.bay = d.Bay
	return d
}

// rigOf has no daemon yet.
func rigOf(t *testing.T) *rig {
	t.Helper()
	agentProgram(t)                    // builds the plugin, or skips
	dir, err := os.MkdirTemp("", "lb") // short, as the kernel wants the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return &rig{T: t, dir: dir, socket: filepath.Join(dir, "s")}
}

// file is the path of a file in the directory of the rig.
func (r *rig) file(name string) string { return filepath.Join(r.dir, name) }

// write makes a file.
func (r *rig) write(name string, data []byte) string {
	r.Helper()
	if err := os.WriteFile(r.file(name), data, 0o644); err != nil {
		r.Fatal(err)
	}
	return r.file(name)
}

// read is what a program left in a file.
func (r *rig) read(name string) []byte {
	r.Helper()
	data, err := os.ReadFile(r.file(name))
	if err != nil {
		r.Fatal(err)
	}
	return data
}

// status is the daemon's view of the loop of that name.
func (r *rig) status(name string) loop.Status {
	for _, s := range r.bay.Status() {
		if s.Name == name {
			return s
		}
	}
	return loop.Status{}
}

// until waits for something that must happen.
func (r *rig) until(what string, f func() bool) {
	r.Helper()
	servertest.Until(r, what, f)
}

// serverArmed waits until the server of a loop waits for its client.
func (r *rig) serverArmed(name string) {
	r.Helper()
	r.until("the server has begun", func() bool { return r.status(name).Server.State == ring.Armed })
}

// idle waits until nobody holds an end of a loop.
func (r *rig) idle(name string) {
	r.Helper()
	r.until("both ends are closed", func() bool { s := r.status(name); return !s.Server.Open && !s.Client.Open && s.Waiting == 0 })
}

// program is a command that runs.
type program struct {
	*exec.Cmd
	name           string
	stdout, stderr bytes.Buffer // read them after wait
	done           chan struct{}
}

// start runs a program that finds the plugin and the daemon; it is killed when the
// test ends. The test is skipped where there is no such program.
func (r *rig) start(name string, args ...string) *program {
	r.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		r.Skipf("not tested: %s at an end of a loop; it is not installed", name)
	}
	p := &program{Cmd: exec.Command(path, args...), name: filepath.Base(name) + " " + strings.Join(args, " "), done: make(chan struct{})}
	p.Env = append(os.Environ(), "LOOPBRIDGE_SOCKET="+r.socket, r.config(), "HOME="+r.dir, "NO_COLOR=1", "XDG_RUNTIME_DIR="+r.dir)
	p.Env = append(p.Env, inLocale()...)
	p.Stdin, p.Stdout, p.Stderr = r.input, &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		r.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.Wait()
	}()
	r.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.done
		if r.Failed() && p.stderr.Len() > 0 {
			r.Logf("%s said: %s", p.name, p.stderr.String())
		}
	})
	return p
}

// run is start, then wait.
func (r *rig) run(name string, args ...string) *program {
	r.Helper()
	return r.start(name, args...).wait(r)
}

// config is the variable with alsa-lib's configuration: the plugin's, and the rig's own.
func (r *rig) config() string {
	r.Helper()
	agent := agentProgram(r.T)
	if r.rc == "" {
		return configBeside(agent)
	}
	ours, err := os.ReadFile(filepath.Join(filepath.Dir(agent), definitions))
	if err != nil {
		r.Fatal(err)
	}
	path := r.file("alsa.conf")
	if r.has != r.rc { // once: a program may be reading it
		if path, err = secluded.Config(r.dir, string(ours)+r.rc); err != nil {
			r.Fatal(err)
		}
		r.has = r.rc
	}
	return secluded.ConfigVariable + "=" + path
}

// wait returns when the program has ended.
func (p *program) wait(r *rig) *program {
	r.Helper()
	select {
	case <-p.done:
	case <-time.After(giveUp):
		r.Fatalf("%s hangs", p.name)
	}
	return p
}

// ended reports whether the program has ended.
func (p *program) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// status is the exit status of a program that has ended; -1: a signal.
func (p *program) status() int { return p.ProcessState.ExitCode() }

// stop asks the program to end, as Ctrl-C does, and waits.
func (p *program) stop(r *rig) *program {
	r.Helper()
	_ = p.Process.Signal(syscall.SIGINT)
	return p.wait(r)
}

// kill ends the program at once.
func (p *program) kill(r *rig) {
	r.Helper()
	_ = p.Process.Kill()
	p.wait(r)
}

// succeeds fails the test unless the program ends well.
func (p *program) succeeds(r *rig) *program {
	r.Helper()
	if p.wait(r); p.status() != 0 {
		r.Errorf("%s ended with status %d", p.name, p.status())
	}
	return p
}

// said fails the test unless the program's stderr has all of these.
func (p *program) said(r *rig, words ...string) *program {
	r.Helper()
	for _, w := range words {
		if !strings.Contains(p.stderr.String(), w) {
			r.Errorf("%s does not say %q; it says %q", p.name, w, p.stderr.String())
		}
	}
	return p
}

// loopbridge is the real program, built once for all tests that start it.
func (r *rig) loopbridge() string {
	r.Helper()
	path, err := buildLoopbridge()
	if err != nil {
		r.Fatal(err)
	}
	return path
}

var buildLoopbridge = sync.OnceValues(func() (string, error) {
	dir, err := buildAgent()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "loopbridge")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "../../../cmd/loopbridge").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})
