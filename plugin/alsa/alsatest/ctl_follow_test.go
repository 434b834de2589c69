package alsatest_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// follower is a program that follows the mixer of main.
type follower struct {
	*program
	m    *mixerRig
	seen int // bytes of what it has said
}

// follow starts one. What it says is in a file, since it is read while it runs.
func (m *mixerRig) follow(args ...string) *follower {
	m.Helper()
	m.write("said", nil)
	p := m.start("sh", append([]string{"-c", `file=$1; shift; exec "$@" >"$file"`, "sh", m.file("said")}, args...)...)
	return &follower{p, m, 0}
}

// says waits until the program has said all of these, in any order, since the last time.
func (f *follower) says(texts ...string) {
	f.m.Helper()
	waits := true
	defer func() {
		if said := f.m.read("said"); waits { // until has failed
			f.m.Logf("the last that it said: %q, and %q", said[max(0, len(said)-300):], f.stderr.String())
		}
	}()
	f.m.until(fmt.Sprintf("it says %q", texts), func() bool {
		ended := f.ended()
		said := string(f.m.read("said"))
		for _, text := range texts {
			if strings.Contains(said[f.seen:], text) {
				continue
			}
			if ended {
				f.m.Fatalf("ended with status %d before %q; it said %q and %q", f.status(), text, said, f.stderr.String())
			}
			return false
		}
		f.seen = len(said)
		return true
	})
	waits = false
}

// A program is told what others set, what it sets itself, and of the end of the daemon.
func TestMixerFollowsTheDevice(t *testing.T) {
	t.Parallel()
	m := newMixerRig(t)
	f := m.follow(plainBuild.program(t, "follow"), "loopbridge:main")
	f.says("follows\n")
	for i := range 20 {
		m.set(fmt.Sprint("play.gain=", i))
		f.says(fmt.Sprintf("Master Playback Volume = %d\n", i))
	}
	m.set("record.port=line_in")
	f.says("Capture Source = 1\n")
	m.amixer("-q", "-D", "loopbridge:main", "sset", "Monitor", "33") // another program
	f.says("Monitor Playback Volume = 33\n")
	m.set("play.balance=1", "output_muted=1", "record.gain=2") // one poll for each
	f.says("Master Playback Switch = 0\n", "Balance = 1\n", "Capture Volume = 2\n")
	m.set("play.eof=0") // is no part of the mixer
	for i := range 1000 {
		m.set(fmt.Sprint("play.gain=", i%256), fmt.Sprint("monitor_gain=", i%7))
	}
	f.says(fmt.Sprintf("Master Playback Volume = %d\n", 999%256), fmt.Sprintf("Monitor Playback Volume = %d\n", 999%7))
	if f.ended() {
		t.Error("it does not follow any more")
	}
	if err := m.server.Close(); err != nil {
		t.Error(err)
	}
	f.says("ends: No such device\n")
	f.succeeds(m.rig)
}

// amixer takes all events of a poll, and aborts if there is none.
func TestAmixerFollowsTheDevice(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("stdbuf"); err != nil {
		t.Skip("not tested: amixer events; there is no stdbuf")
	}
	m := newMixerRig(t)
	f := m.follow("stdbuf", "-oL", "amixer", "-D", "loopbridge:main", "events")
	f.says("Ready to listen")
	for i := range 20 {
		m.set(fmt.Sprint("play.gain=", i), "output_muted="+fmt.Sprint(i%2))
		f.says("name='Master Playback Volume'")
	}
	for i := range 1000 {
		m.set(fmt.Sprint("play.gain=", i%2))
	}
	m.set("record.port=line_in")
	f.says("name='Capture Source'")
	if f.ended() {
		t.Errorf("ended with status %d: %s", f.status(), f.stderr.String())
	}
}
