package server_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// connected is a connection of this process with itself.
func connected(t *testing.T) *net.UnixConn {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(pair[1]) })
	file := os.NewFile(uintptr(pair[0]), "socket")
	defer file.Close()
	c, err := net.FileConn(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.UnixConn)
}

func TestWhoIsLetIn(t *testing.T) {
	noLeaks(t)
	uid, gid := uint32(os.Geteuid()), uint32(os.Getegid())
	const stranger = 4000000001
	cases := []struct {
		name string
		gid  uint32
		uids []uint32
		in   bool
	}{
		{"a stranger", stranger, []uint32{stranger}, false},
		{"a listed user", stranger, []uint32{stranger, uid}, true},
		{"one whose group it is", gid, nil, true},
	}
	if groups, _ := os.Getgroups(); len(groups) > 0 {
		cases = append(cases, struct {
			name string
			gid  uint32
			uids []uint32
			in   bool
		}{"one of its members", uint32(groups[len(groups)-1]), nil, true})
	}
	for _, c := range cases {
		holder, err := server.Identify(connected(t), c.gid, c.uids...)
		if (err == nil) != c.in {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			servertest.Is(t, err, audio.ErrPermission)
		}
		comm, _ := os.ReadFile("/proc/self/comm")
		if holder.PID != os.Getpid() || holder.UID != int(uid) || holder.Program != strings.TrimSpace(string(comm)) {
			t.Errorf("%s is held for %+v", c.name, holder)
		}
	}
}

// The program's name ends up on terminals.
func TestNameOfAProgramIsMadePrintable(t *testing.T) {
	noLeaks(t)
	old, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile("/proc/self/comm", old, 0)
	if err := os.WriteFile("/proc/self/comm", []byte("a\x1b[2Jö\n\x07z"), 0); err != nil {
		t.Fatal(err)
	}
	holder, err := server.Identify(connected(t), uint32(os.Getegid()))
	if err != nil || holder.Program != "a?[2Jö??z" {
		t.Errorf("the name is %q, %v", holder.Program, err)
	}
}

// Another user, with a socket that the file system lets everybody use: the daemon
// asks the kernel, and says no to all but its own group and users.
func TestOtherUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can be another user")
	}
	const nobody, nogroup, daemonGroup = 65534, 65534, 1
	strange := &syscall.Credential{Uid: nobody, Gid: nogroup}
	cases := []struct {
		name   string
		socket server.Socket
		who    *syscall.Credential
		want   string
	}{
		{"a stranger", server.Socket{Mode: 0o666}, strange, "user 65534 may not use this daemon: join the group of its socket, or be listed in its users"},
		{"a stranger, and the file system says no already", server.Socket{}, strange, "you may not use the daemon"},
		{"a listed user", server.Socket{Mode: 0o666, Users: []string{"65534"}}, strange, "open"},
		{"one whose group it is", server.Socket{Group: "1"}, &syscall.Credential{Uid: nobody, Gid: daemonGroup}, "open"},
		{"a member of the group", server.Socket{Group: "1"}, &syscall.Credential{Uid: nobody, Gid: nogroup, Groups: []uint32{7, daemonGroup}}, "open"},
		{"a member of many groups", server.Socket{Group: "1"}, &syscall.Credential{Uid: nobody, Gid: nogroup, Groups: manyGroups(daemonGroup)}, "open"},
		{"root", server.Socket{Group: "1"}, &syscall.Credential{Groups: []uint32{}}, "open"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			noLeaks(t)
			c.socket.Path = servertest.Socket(t)
			servertest.Start(t, threeLoops(c.socket))
			program := prepare(t, helpOpen, order{socket: c.socket.Path}, func(cmd *exec.Cmd) {
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.who}
			})
			program.begin()
			answer, err := bufio.NewReader(program.out).ReadString('\n')
			if err != nil && err != io.EOF || !strings.Contains(answer, c.want) {
				t.Errorf("it got %q, %v; want %q", answer, err, c.want)
			}
		})
	}
}

// manyGroups are more than most programs have room for, and group.
func manyGroups(group uint32) []uint32 {
	groups := []uint32{group}
	for i := range uint32(2000) {
		groups = append(groups, 100000+i)
	}
	return groups
}
