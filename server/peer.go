package server

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// peers says who may connect: root, the daemon's own user, the configured users, and the members
// of the socket's group.
type peers struct {
	uids map[uint32]bool
	gid  uint32
	here namespace
}

// identify returns the process at the other end, and ErrPermission if it is not a peer.
func (p peers) identify(c *net.UnixConn) (pcm.Holder, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return pcm.Holder{}, audio.ErrPermission.With("cannot identify the program: %v", err)
	}
	var cred *unix.Ucred
	var credErr error
	member := false
	err = raw.Control(func(fd uintptr) {
		if cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); credErr != nil {
			return
		}
		member = p.here.knowsGroup(p.gid) && (cred.Gid == p.gid || slices.Contains(peerGroups(int(fd)), p.gid))
	})
	if err != nil || credErr != nil {
		return pcm.Holder{}, audio.ErrPermission.With("cannot identify the program: %v %v", err, credErr)
	}
	holder := pcm.Holder{PID: int(cred.Pid), UID: int(cred.Uid), Program: programName(int(cred.Pid))}
	switch known := p.here.knowsUser(cred.Uid); {
	case member || known && p.uids[cred.Uid]:
		return holder, nil
	case !known:
		return holder, audio.ErrPermission.With("the daemon cannot tell who you are, as its user namespace has no id for you "+
			"(it sees %d): map the user into it, or the group of its socket", cred.Uid)
	default:
		return holder, audio.ErrPermission.With(
			"user %d may not use this daemon: join the group of its socket, or be listed in its users", cred.Uid)
	}
}

// programName returns the name of a process, fit for a terminal, or "?" if it has gone.
func programName(pid int) string {
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "?"
	}
	return printable(strings.TrimSuffix(string(comm), "\n"))
}

// printable returns text that is fit for a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}
