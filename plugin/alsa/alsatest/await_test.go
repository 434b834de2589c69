package alsatest_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/loop"
)

// awaitsDaemon waits until a program waits for one: it then watches folders.
func (r *rig) awaitsDaemon(p *program) {
	r.Helper()
	r.until("the program waits for a daemon", func() bool {
		if p.ended() {
			r.Fatalf("%s does not wait: %s", p.name, p.stderr.String())
		}
		fds, _ := filepath.Glob("/proc/" + strconv.Itoa(p.Process.Pid) + "/fd/*")
		for _, fd := range fds {
			if to, _ := os.Readlink(fd); strings.Contains(to, "inotify") {
				return true
			}
		}
		return false
	})
}

// TestWaitCoversTheDaemon has both ends first, of the plugin and of the command, then the
// daemon. Every frame arrives.
func TestWaitCoversTheDaemon(t *testing.T) {
	for name, ends := range map[string]struct{ recorder, player []string }{
		"plugin":  {[]string{"arecord", "-D", "loopbridge:LOOP=loop0,END=server,WAIT=1"}, []string{"aplay", "-s", strconv.Itoa(40 * chunk), "-D", "loopbridge:LOOP=loop0,WAIT=300s"}},
		"command": {[]string{"loopbridge", "record", "--server", "--wait", "loop0"}, []string{"loopbridge", "play", "--wait=300s", "loop0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rigOf(t)
			material := noise(cd, 40*chunk, 12)
			start := func(words []string, file string) *program {
				command, format := words[0], rawArgs(cd)
				if command == "loopbridge" {
					command, format = r.loopbridge(), []string{"--raw", "--rate", "44100", "--format", "S16_LE"}
				} else {
					format = append(format, "--period-size", strconv.Itoa(chunk))
				}
				return r.start(command, append(append(append([]string{}, words[1:]...), file), format...)...)
			}
			player := start(ends.player, r.write("in.raw", material))
			recorder := start(ends.recorder, r.file("out.raw"))
			r.awaitsDaemon(player)
			r.awaitsDaemon(recorder)
			r.daemon([]*loop.Engine{r.device("null", backend.Config{}, followsTheWork)})
			player.succeeds(r)
			recorder.wait(r)
			r.same(r.read("out.raw"), material, cd)
		})
	}
}

// TestWaitForADaemonEnds with the time, with a signal and, where a program must not block,
// at once.
func TestWaitForADaemonEnds(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	r.open("aplay", "loopbridge:LOOP=loop0,WAIT=20ms").refused(r, syscall.ECONNREFUSED, "no daemon on "+r.socket)
	r.open("aplay", "loopbridge:LOOP=loop0,WAIT=1", "-N").refused(r, syscall.ECONNREFUSED, "no daemon on "+r.socket)
	if p := r.run(r.loopbridge(), "record", "--wait=20ms", "loop0", r.file("none.wav")); p.status() != 1 {
		t.Errorf("loopbridge ended with status %d", p.status())
	} else {
		p.said(r, "no daemon on "+r.socket)
	}
	for _, p := range []*program{
		r.open("aplay", "loopbridge:LOOP=loop0,WAIT=1"),
		r.start(r.loopbridge(), "play", "--wait", "--raw", "loop0", "/dev/zero"),
	} {
		r.awaitsDaemon(p)
		if p.stop(r); strings.Contains(p.stderr.String(), "no daemon") {
			t.Errorf("%s was interrupted, and says %q", p.name, p.stderr.String())
		}
	}
}

// TestWaitOverARestart: a client that waits for a server waits for a daemon that goes, too,
// and its turn comes after that.
func TestWaitOverARestart(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	daemon := r.serve()
	waits := []*program{
		r.endlessly("aplay", "LOOP=loop0,WAIT=1"),
		r.start(r.loopbridge(), "play", "--wait", "--raw", "loop1", "/dev/zero"),
	}
	both := func() bool { return r.listed("loop0").Waiting == 1 && r.listed("loop1").Waiting == 1 }
	r.until("both wait for a server", both)
	daemon.kill(r)
	for _, p := range waits {
		r.awaitsDaemon(p)
	}
	r.serve()
	r.until("both wait for a server again", both)
	r.endlessly("arecord", "loop0,server")
	r.endlessly("arecord", "loop1,server")
	r.running("loop0")
	r.running("loop1")
}

// TestPaceOfAWait runs the plugin's search in virtual time, and counts how often it connects.
func TestPaceOfAWait(t *testing.T) {
	t.Parallel()
	r := rigOf(t)
	program := r.file("search")
	if err := compile("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, "../testdata/search.c"); err != nil {
		t.Fatal(err)
	}
	if p := r.run(program); p.status() != 0 {
		t.Errorf("%s", p.stdout.String())
	}
}
