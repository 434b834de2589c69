package alarm_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
)

// ran returns an alarm that is raised at once and runs a script of sh(1), with arguments.
func ran(name, script string, args ...string) alarm.Spec {
	return on(alarm.NoClient, "phone", func(s *alarm.Spec) {
		s.Name, s.For = name, 0
		s.Command.Run = append([]string{"/bin/sh", "-c", script, "sh"}, args...)
	})
}

// until waits for something that processes do.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

// A command gets its arguments as they are written, and the alarm in its environment; no shell sees either.
func TestCommand(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	w := newWorld(t)
	defer w.Close()
	s := ran("a", `{ echo "$1"; env | grep ^LOOPBRIDGE_ALARM_ | sort; pwd; } >"$0.new" && mv "$0.new" "$0"`, "$(id) `id`; 'x'")
	s.Command.Run[3] = out
	if err := w.Set([]alarm.Spec{s}); err != nil {
		t.Fatal(err)
	}
	until(t, "the command", func() bool { return w.action("a").Done == 1 })
	if err := w.Acknowledge("a", "$(reboot)", "a\nb\x00c"); err != nil {
		t.Fatal(err)
	}
	until(t, "the command", func() bool { return w.action("a").Done == 2 })
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"$(id) `id`; 'x'\n", "_NAME=a\n", "_CHANGE=acknowledged\n", "_STATE=acknowledged\n", "_ON=no-client\n", "_OF=phone\n",
		"_BY=$(reboot)\n", "_NUMBER=2\n", "_SEVERITY=warning\n", "_NOTE=a\n", "\n/\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if r, err := w.Test(t.Context(), "a"); err != nil || len(r) != 1 || r[0].Err != nil {
		t.Errorf("%v %v", r, err)
	}
	if text, err := os.ReadFile(out); err != nil || !strings.Contains(string(text), "_CHANGE=test\n") {
		t.Errorf("%s %v", text, err)
	}
}

// A command that fails says why, and one that is not there, too.
func TestCommandThatFails(t *testing.T) {
	w := newWorld(t)
	defer w.Close()
	missing := ran("c", "")
	missing.Command.Run = []string{"/nowhere/to be found"}
	if err := w.Set([]alarm.Spec{ran("a", "echo no pager is connected >&2; exit 3"), ran("b", "kill -9 $$"), missing}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a": "/bin/sh: exit status 3: no pager is connected", "b": "/bin/sh: signal: killed", "c": "/nowhere/to be found: ",
	} {
		until(t, "the failure of "+name, func() bool { return w.action(name).Failed == 1 })
		if got := w.action(name).Error; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A command that never ends is killed with all that it has started, even if they ignore being asked.
func TestCommandThatNeverEnds(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	w := newWorld(t)
	defer w.Close()
	s := ran("a", `trap "" TERM INT HUP; (trap "" TERM; echo $$ >>"$1"; sleep 1000) & echo $! >>"$1"; wait`, pids)
	s.Command.Timeout = 300 * time.Millisecond
	if err := w.Set([]alarm.Spec{s}); err != nil {
		t.Fatal(err)
	}
	until(t, "its end", func() bool { return w.action("a").Failed == 1 })
	if got := w.action("a").Error; !strings.Contains(got, "did not end within 300ms and was killed") {
		t.Errorf("%q", got)
	}
	text, err := os.ReadFile(pids)
	if err != nil || len(strings.Fields(string(text))) != 2 {
		t.Fatalf("%q %v", text, err)
	}
	for word := range strings.FieldsSeq(string(text)) {
		pid, _ := strconv.Atoi(word)
		until(t, "process "+word, func() bool { return gone(pid) })
	}
}

// gone reports whether a process is none, or has ended and waits for a parent that does not care.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}

// However many alarms there are, only so many commands run at once; the others wait, and all run.
func TestCommandsAreFew(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t)
	defer w.Close()
	var all []alarm.Spec
	for i := range 3 * alarm.MaxCommands { // each says how many run beside it
		all = append(all, ran(fmt.Sprint(i), `mkdir "$1/run$2"; ls "$1" | grep -c run >"$1/most$2"; sleep 0.05; rmdir "$1/run$2"`, dir, fmt.Sprint(i)))
	}
	if err := w.Set(all); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		until(t, "all commands", func() bool { return w.action(fmt.Sprint(i)).Done == 1 })
	}
	var most []int
	for i := range all {
		text, err := os.ReadFile(fmt.Sprintf("%s/most%d", dir, i))
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		most = append(most, n)
	}
	if n := slices.Max(most); n > alarm.MaxCommands || n < 1 {
		t.Errorf("%d ran at once", n)
	}
}

// Close interrupts what runs.
func TestCloseInterruptsCommands(t *testing.T) {
	w := newWorld(t)
	s := ran("a", "sleep 1000")
	s.Command.Timeout = time.Hour
	if err := w.Set([]alarm.Spec{s}); err != nil {
		t.Fatal(err)
	}
	until(t, "the command", func() bool { return w.action("a").Waiting == 1 })
	w.Close()
}

// A command goes on under the process that takes the place of this one, with the time that is left, and is not run again.
func TestCommandsAreHandedOver(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t)
	s := ran("a", `echo $$ >>"$1/new"; mv "$1/new" "$1/pid"; sleep 1000`, dir)
	s.Command.Timeout = time.Hour
	// The command of a process that was replaced is a child of this one, and nobody here waits for it.
	child := exec.Command("/bin/sh", append([]string{"-c"}, s.Command.Run[2:]...)...)
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the command", func() bool { _, err := os.Stat(dir + "/pid"); return err == nil })

	if err := w.Set([]alarm.Spec{s}); err != nil {
		t.Fatal(err)
	}
	until(t, "another one", func() bool { return len(w.Saved()["a"].Running) == 1 })
	saved := w.Saved()["a"]
	if r := saved.Running[0]; len(saved.Waiting) > 0 || r.Left <= 0 || r.Left > time.Hour || r.Run != "/bin/sh" {
		t.Errorf("%+v", saved)
	}
	w.Close()

	next := newWorld(t)
	defer next.Close()
	saved.Running = []alarm.Running{{PID: child.Process.Pid, Left: 200 * time.Millisecond, Run: "/bin/sh"}, {PID: os.Getppid(), Left: time.Millisecond}}
	next.Restore(map[string]alarm.Saved{"a": saved})
	if err := next.Set([]alarm.Spec{s}); err != nil {
		t.Fatal(err)
	}
	if n := len(next.Saved()["a"].Running); n < 1 {
		t.Errorf("it would be lost with the next process")
	}
	until(t, "its end", func() bool { return gone(child.Process.Pid) })
	until(t, "the failure to be told", func() bool {
		next.mu.Lock()
		defer next.mu.Unlock()
		return slices.Contains(next.failures, "a command: /bin/sh did not end in its time and was killed")
	})
	if got := next.action("a"); got.Waiting != 0 || got.Done+got.Failed != 0 {
		t.Errorf("it was run again: %+v", got)
	}
}
