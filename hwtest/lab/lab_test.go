package lab_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/hwtest/lab"
)

// kernel skips where no machine can be booted.
func kernel(t *testing.T) lab.Kernel {
	t.Helper()
	if testing.Short() {
		t.Skip("a machine takes too long for -short")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the machine is an amd64 one and runs the host's programs")
	}
	if _, err := exec.LookPath(lab.Program); err != nil {
		t.Skip(lab.Program + " is missing, so no machine is booted (Debian: qemu-system-x86)")
	}
	k, err := lab.FetchKernel(t.Context(), os.Getenv(lab.KernelVariable), func(why string) { t.Log(why) })
	if err != nil {
		t.Skipf("there is no kernel to boot: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return k
}

// What the program sees of the machine, and what the host sees of the program.
func TestProgramInTheMachine(t *testing.T) {
	k := kernel(t)
	temp := t.TempDir()
	script := filepath.Join(temp, "script")
	const text = `#!/bin/sh
echo "in $PWD with $ONLY and $1"
echo to standard error >&2
touch /etc/not-here 2>/dev/null || echo the root is read-only
echo for the host >/run/lab/result
cat /proc/asound/Loopback/id /proc/asound/Dummy/id
exit 7
`
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	var lines []string
	work := t.TempDir()
	r, err := lab.Run(t.Context(), k, lab.Config{
		Work: work, Clock: lab.RealTime,
		Cards:   []lab.Card{lab.Loopback(), lab.Dummy()},
		Files:   map[string]string{"script": script},
		Program: []string{"/tmp/script", "an argument"},
		Env:     []string{"PATH=/usr/bin:/bin", "ONLY=an environment"},
		Dir:     "/usr/share",
		Line:    func(line string) { lines = append(lines, line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"in /usr/share with an environment and an argument", "to standard error", "the root is read-only",
		"Loopback", "Dummy",
	}
	if r.Exit != 7 || !slices.Equal(lines, want) {
		t.Errorf("exit status %d, want 7; the program said:\n%s", r.Exit, strings.Join(lines, "\n"))
	}
	if got, err := os.ReadFile(filepath.Join(work, "share", "result")); string(got) != "for the host\n" {
		t.Errorf("the program left %q for the host (%v)", got, err)
	}
}

// A machine that never ends is killed, and it is told where it was.
func TestHangingMachine(t *testing.T) {
	k := kernel(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := lab.Run(ctx, k, lab.Config{
		Work:    t.TempDir(),
		Program: []string{"/bin/sh", "-c", "echo the last word; echo a cry >/dev/console; echo now; while :; do :; done"},
		Line: func(line string) {
			if line == "now" {
				cancel()
			}
		},
	})
	if err == nil {
		t.Fatal("a machine was stopped, and nothing is said")
	}
	for _, want := range []string{"context canceled", "the last word", "a cry"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in what is said:\n%v", want, err)
		}
	}
}

// The guest is useless on a host, and must not switch it off.
func TestGuestOnTheHost(t *testing.T) {
	guest := filepath.Join(t.TempDir(), "guest")
	if out, err := exec.Command("go", "build", "-o", guest, "./guest").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said bytes.Buffer
	cmd := exec.Command(guest)
	cmd.Stderr = &said
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(said.String(), "virtual machine") {
		t.Errorf("%v: %s", err, said.Bytes())
	}
}
