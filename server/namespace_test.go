package server_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/server/servertest"
)

// within puts a helper into a user namespace of its own, in which root is the user of this test and nobody
// else has an id.
func within(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
}

// rootOf makes a helper the root of a user namespace of a user.
func rootOf(uid int) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) {
		within(cmd)
		cmd.SysProcAttr.UidMappings[0].HostID, cmd.SysProcAttr.GidMappings[0].HostID = uid, uid
		cmd.SysProcAttr.Credential = &syscall.Credential{NoSetGroups: true}
	}
}

// as runs a helper as another user and group.
func as(uid, gid uint32) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: []uint32{gid}}}
	}
}

// namespaced starts a daemon in a user namespace, which lists the overflow id among its users.
func namespaced(t *testing.T) (socket string) {
	t.Helper()
	o := order{socket: servertest.Socket(t)}
	if err := exec.Command("unshare", "-Ur", "true").Run(); err != nil {
		t.Skipf("a daemon in a user namespace is not tested: none can be made here (unshare -Ur: %v)", err)
	}
	c := prepare(t, helpListing, o, within)
	c.begin()
	if line, err := bufio.NewReader(c.out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the daemon says %q, %v", line, err)
	}
	return o.socket
}

// comesAs is what came of it when a program opened an end as another user.
func comesAs(t *testing.T, socket string, adjust ...func(*exec.Cmd)) string {
	t.Helper()
	c := prepare(t, helpOpen, order{socket: socket}, adjust...)
	c.begin()
	text, err := io.ReadAll(c.out)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// A daemon in a user namespace: the kernel calls everybody who has no id there 65534, and that must never be
// taken for the user of that number, whom the configuration lists, nor for a member of the daemon's group. Who
// runs the daemon is let in, from outside, and from a namespace of his own.
func TestDaemonInAUserNamespace(t *testing.T) {
	noLeaks(t)
	socket := namespaced(t)
	if got := comesAs(t, socket); got != "open" {
		t.Errorf("the daemon's own user, from outside: %q", got)
	}
	if got := comesAs(t, socket, within); got != "open" {
		t.Errorf("the daemon's own user, who calls himself root elsewhere: %q", got)
	}
	if os.Geteuid() != 0 {
		t.Skip("other users than the daemon's are not tested: this needs root")
	}
	for name, adjust := range map[string]func(*exec.Cmd){"a user": as(12345, 12345), "nobody": as(65534, 65534), "another's group": as(12345, 1)} {
		if got := comesAs(t, socket, adjust); !strings.Contains(got, "cannot tell who you are") {
			t.Errorf("%s is told %q", name, got)
		}
	}
}

// A program in a user namespace is who it is outside, whatever it calls itself there.
func TestProgramInAUserNamespace(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a program in another user's namespace is not tested: this needs root")
	}
	noLeaks(t)
	namespaced(t) // it skips where there are no namespaces
	o := order{socket: servertest.Socket(t)}
	c := prepare(t, helpListing, o)
	c.begin()
	if line, err := bufio.NewReader(c.out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the daemon says %q, %v", line, err)
	}
	for uid, want := range map[int]string{12345: "user 12345 may not use this daemon", 65534: "open"} {
		got := comesAs(t, o.socket, rootOf(uid))
		if !strings.Contains(got, want) {
			t.Errorf("user %d, as root of a namespace, is told %q, want %q", uid, got, want)
		}
	}
}
