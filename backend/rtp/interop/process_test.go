package interop_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// hang is when a test gives up on a program.
const hang = 2 * time.Minute

// nobody is whom programs run as that refuse root.
const nobody = 65534

// rig is a test with a folder, and the programs that it has started.
type rig struct {
	*testing.T
	dir   string
	env   []string
	place *place
}

// newRig skips the test if a program is missing.
func newRig(t *testing.T, programs ...string) *rig {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("not tested: RTP with %s; it is not installed", name)
		}
	}
	dir, err := os.MkdirTemp("", "lb") // short enough for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // for nobody
		t.Fatal(err)
	}
	r := &rig{T: t, dir: dir}
	none := "unix:path=" + r.path("no-bus")
	r.env = append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_DATA_HOME="+dir,
		"XDG_CACHE_HOME="+dir, "DBUS_SESSION_BUS_ADDRESS="+none, "DBUS_SYSTEM_BUS_ADDRESS="+none, "STATE_DIRECTORY="+dir,
		"LOOPBRIDGE_SOCKET="+r.path("lb.sock"), "GST_REGISTRY="+filepath.Join(common, "gst"), "NO_COLOR=1")
	return r
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(name string, p []byte) string {
	r.Helper()
	if err := os.WriteFile(r.path(name), p, 0o644); err != nil {
		r.Fatal(err)
	}
	return r.path(name)
}

func (r *rig) read(name string) []byte {
	r.Helper()
	p, err := os.ReadFile(r.path(name))
	if err != nil {
		r.Fatal(err)
	}
	return p
}

// until waits for something.
func (r *rig) until(what string, happened func() bool) {
	r.Helper()
	for began := time.Now(); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > hang {
			r.Fatalf("never: %s", what)
		}
	}
}

// bound waits until somebody holds a UDP port, as a receiver does when it is ready.
func (r *rig) bound(port int) {
	r.Helper()
	r.until(fmt.Sprintf("somebody listens at UDP port %d", port), func() bool {
		return strings.Contains(r.sockets(), fmt.Sprintf(":%04X ", port))
	})
}

// sockets are the lines of the kernel about UDP.
func (r *rig) sockets() string {
	four, _ := os.ReadFile("/proc/" + r.place.pid() + "/net/udp")
	six, _ := os.ReadFile("/proc/" + r.place.pid() + "/net/udp6")
	return string(four) + string(six)
}

// size is that of a file now.
func (r *rig) size(name string) int {
	r.Helper()
	info, err := os.Stat(r.path(name))
	if err != nil {
		r.Fatal(err)
	}
	return int(info.Size())
}

// holds waits until a file has so many bytes.
func (r *rig) holds(name string, size int) {
	r.Helper()
	r.until(fmt.Sprintf("%s has %d bytes", name, size), func() bool {
		info, err := os.Stat(r.path(name))
		return err == nil && info.Size() >= int64(size)
	})
}

// ports keeps tests that run at the same time from each other's ports.
var ports struct {
	sync.Mutex
	given map[int]bool
}

// port returns a free UDP port with an even number, the next one being free too, for RTCP.
func (r *rig) port() int {
	r.Helper()
	ports.Lock()
	defer ports.Unlock()
	for range 1000 {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			r.Fatal(err)
		}
		port := c.LocalAddr().(*net.UDPAddr).Port &^ 1
		c.Close()
		if ports.given[port] {
			continue
		}
		one, errOne := net.ListenPacket("udp4", fmt.Sprintf("0.0.0.0:%d", port))
		two, errTwo := net.ListenPacket("udp4", fmt.Sprintf("0.0.0.0:%d", port+1))
		if errOne == nil {
			one.Close()
		}
		if errTwo == nil {
			two.Close()
		}
		if errOne == nil && errTwo == nil {
			if ports.given == nil {
				ports.given = map[int]bool{}
			}
			ports.given[port] = true
			return port
		}
	}
	r.Fatal("there are no two free ports in a row")
	return 0
}

// process is a program that runs.
type process struct {
	*exec.Cmd
	output output
	ended  chan struct{}
	err    error
}

// start starts a program, which is killed when the test ends.
func (r *rig) start(name string, args ...string) *process {
	r.Helper()
	return r.startAs(0, name, args...)
}

// startAs is start for a user, where this one is root.
func (r *rig) startAs(user uint32, name string, args ...string) *process {
	r.Helper()
	command := append([]string{name}, args...)
	if os.Getuid() == 0 && user != 0 { // once it is in its place, which is root's
		id := fmt.Sprint(user)
		command = append([]string{"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups", "--"}, command...)
	}
	command = r.place.in(command...)
	p := &process{Cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	p.Env, p.Dir, p.Stdout, p.Stderr = r.env, r.dir, &p.output, &p.output
	if err := p.Start(); err != nil {
		r.Fatal(err)
	}
	go func() {
		p.err = p.Wait()
		close(p.ended)
	}()
	r.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
		if r.Failed() {
			r.Logf("%s: %v\n%s", strings.Join(p.Args, " "), p.err, p.output.String())
		}
	})
	return p
}

// succeeds waits until a program has ended.
func (p *process) succeeds(r *rig) {
	r.Helper()
	select {
	case <-p.ended:
		if p.err != nil {
			r.Errorf("%s: %v", p.Path, p.err)
		}
	case <-time.After(hang):
		r.Fatalf("%s hangs", p.Path)
	}
}

// stop ends a program as Ctrl+C does, and waits until it has written what it has to.
func (p *process) stop(r *rig) {
	r.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		r.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(hang):
		r.Fatalf("%s does not end", p.Path)
	}
}

// output is what a program prints. Any goroutine may call its methods.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns all that was printed so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// says waits until a program has printed some words.
func (p *process) says(r *rig, words string) {
	r.Helper()
	p.saysTimes(r, words, 1)
}

// saysTimes waits until it has done so a number of times.
func (p *process) saysTimes(r *rig, words string, times int) {
	r.Helper()
	r.until(fmt.Sprintf("%s says %q, %d times", filepath.Base(p.Path), words, times), func() bool {
		return strings.Count(p.output.String(), words) >= times
	})
}

// running reports whether a program has not ended.
func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}
