//go:build portaudio && cgo

package portaudio_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// jack is a server of JACK without hardware: a clock, a device "system" that records
// silence, and whatever clients connect.
type jack struct {
	name string
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan struct{}
}

// startJack ends with the test. JACK finds a server by a name in the environment. It waits for
// clients that are late, and drops none of them on a busy machine.
func startJack(t *testing.T, rate, period int) *jack {
	t.Helper()
	path, err := exec.LookPath("jackd")
	if err != nil {
		t.Skip("no server to connect to: jackd is missing; install the Debian package jackd2")
	}
	j := &jack{name: fmt.Sprintf("loopbridge-%d-%s", os.Getpid(), filepath.Base(t.TempDir())), log: new(bytes.Buffer), done: make(chan struct{})}
	t.Setenv("JACK_DEFAULT_SERVER", j.name)
	j.cmd = exec.Command(path, "--name", j.name, "--no-realtime", "--no-mlock", "--sync", "--timeout", "60000", "-d", "dummy", "-r", fmt.Sprint(rate), "-p", fmt.Sprint(period))
	j.cmd.Stdout, j.cmd.Stderr = j.log, j.log
	if err := j.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = j.cmd.Wait(); close(j.done) }()
	t.Cleanup(j.stop)
	waiter, err := exec.LookPath("jack_wait")
	if err != nil {
		t.Skip("jack_wait is missing; install the Debian package jackd2")
	}
	wait := exec.Command(waiter, "--server", j.name, "--wait", "--timeout", "20")
	if out, err := wait.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, j.log)
	}
	return j
}

// stop ends the server, as a person would; it is killed if that does not help.
func (j *jack) stop() {
	_ = j.cmd.Process.Signal(unix.SIGTERM)
	select {
	case <-j.done:
	case <-time.After(5 * time.Second):
		_ = j.cmd.Process.Kill()
		<-j.done
	}
}

// kill ends the server as a crash would. Another one of its name then tidies up: a machine has
// room for eight that did not.
func (j *jack) kill(t *testing.T) {
	_ = j.cmd.Process.Kill()
	<-j.done
	t.Cleanup(func() {
		heir := exec.Command(j.cmd.Path, j.cmd.Args[1:]...)
		if err := heir.Start(); err != nil {
			t.Error(err)
			return
		}
		_ = exec.Command("jack_wait", "--server", j.name, "--wait", "--timeout", "20").Run()
		_ = heir.Process.Signal(unix.SIGTERM)
		_ = heir.Wait()
	})
}
