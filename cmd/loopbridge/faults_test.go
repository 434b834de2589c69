package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// The disk of the state file is full for a while, in a daemon in a namespace of bubblewrap: it says so once,
// works on, and saves the state when there is room.
func TestProgramWithItsStateOnAFullDisk(t *testing.T) {
	t.Parallel()
	bwrap := bubblewrap(t, "a full disk under the state file")
	dir := trial.TempDir(t)
	socket, folder := filepath.Join(dir, "s"), filepath.Join(dir, "state")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, socket, "--unshare-user", "--unshare-pid", "--die-with-parent", "--dev-bind", "/", "/", "--size", "65536", "--tmpfs", folder,
		"sh", "-c", `head -c 1000000 /dev/zero >"$1/fill" 2>/dev/null; "$0" serve & read _; rm "$1/fill"
			until test -s "$1"/state*.json; do sleep 0.1; done; echo saved; read _; kill $!; wait`, program(t), folder)
	p.Path, p.Args[0] = bwrap, "bwrap"
	p.Env = append(p.Env, stateVariable+"="+folder, "XDG_RUNTIME_DIR="+dir)
	log, out := &trial.Output{}, &trial.Output{}
	p.Stdout, p.Stderr = out, log
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.begin(t)
	p.ready(t, socket)
	for _, gain := range []string{"100", "101", "102"} {
		start(t, socket, "set", "loop0", "play.gain="+gain).wait(t).want(t, exitOK)
		log.Until(t, "the state of devices and loops cannot be saved; it is tried again")
	}
	if n := strings.Count(log.Text(), "cannot be saved"); n != 1 || log.Line("no space left on device") == "" {
		t.Errorf("it is said %d times: %s", n, log.Text())
	}
	_, _ = io.WriteString(in, "\n")
	log.Until(t, "the state of devices and loops is saved again")
	out.Until(t, "saved")
	_, _ = io.WriteString(in, "\n")
	servertest.Until(t, "the daemon to end", func() bool { return log.Line("stopping") != "" })
}

// bubblewrap is the path of bwrap, which runs programs in namespaces without root. The test skips where it cannot.
func bubblewrap(t *testing.T, untested string) string {
	t.Helper()
	bwrap, err := exec.LookPath("bwrap")
	if err != nil {
		t.Skipf("%s is not tested: bwrap is missing", untested)
	}
	if out, err := exec.Command(bwrap, "--unshare-user", "--unshare-pid", "--dev-bind", "/", "/", "true").CombinedOutput(); err != nil {
		t.Skipf("%s is not tested: bwrap cannot run here: %v: %.200s", untested, err, out)
	}
	return bwrap
}
