package doctor

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// reach reports whether this user reaches the daemon.
func (l *look) reach() []Finding {
	switch {
	case l.err == nil:
		about := ""
		if p, known := l.running(); known {
			about = fmt.Sprintf(" (pid %d, user %s)", p.pid, l.account("etc/passwd", p.uid))
		}
		return fine("the daemon on %s answers%s", l.Socket, about)
	case errors.Is(l.err, audio.ErrPermission):
		return one(Fault, l.admission(), "%v", l.err)
	case l.stopped() > 0:
		return one(Fault, fmt.Sprintf("kill -CONT %d", l.stopped()), "the daemon is stopped (pid %d): %v", l.stopped(), l.err)
	case len(l.daemons) == 0:
		return one(Fault, l.start(), "%v", l.err)
	}
	p := l.daemons[0]
	switch at := l.socketOf(p); {
	case at != "" && at != l.Socket:
		return one(Fault, "loopbridge --socket "+console.Quote(at)+" doctor", "no daemon answers on %s; one runs on %s, as pid %d", l.Socket, at, p.pid)
	case p.uid != l.uid(0):
		return one(Fault, l.start(), "%v; user %s has one, as pid %d", l.err, l.account("etc/passwd", p.uid), p.pid)
	}
	return one(Fault, p.restart(), "%v; one runs as pid %d", l.err, p.pid)
}

// socketOf returns the socket of a daemon by its command line and configuration, "" if they do not say.
func (l *look) socketOf(p process) string {
	if at := p.flag("--socket"); at != "" {
		return at
	}
	file := l.configurationOf(p)
	if file == "" || l.Load == nil {
		return ""
	}
	conf, _ := l.Load(file) // one that cannot be read says nothing
	return conf.Daemon.Socket
}

// stopped returns the process of a daemon that a signal has stopped, 0 without one.
func (l *look) stopped() int {
	for _, p := range l.daemons {
		status, _ := l.read(proc(p.pid, "status"))
		if at := p.flag("--socket"); strings.HasPrefix(field(status, "State"), "T") && (at == "" || at == l.Socket) {
			return p.pid
		}
	}
	return 0
}

// start returns the command that starts a daemon on this machine.
func (l *look) start() string {
	unit := l.first("etc/systemd/system/loopbridge.service", "usr/local/lib/systemd/system/loopbridge.service",
		"usr/lib/systemd/system/loopbridge.service", "lib/systemd/system/loopbridge.service")
	if unit != "" && l.exists("run/systemd/system") && !l.Named && l.Getenv("LOOPBRIDGE_SOCKET") == "" {
		return "sudo systemctl enable --now loopbridge"
	}
	if l.Named {
		return "loopbridge --socket " + console.Quote(l.Socket) + " serve &"
	}
	return "loopbridge serve &"
}

// admission returns the command that lets this user use the socket.
func (l *look) admission() string {
	_, gid, known := l.owner(l.Socket)
	group := "audio"
	if known {
		group = l.account("etc/group", gid)
	}
	return l.join(group)
}

// join returns the command that makes this user a member of a group.
func (l *look) join(group string) string {
	user := l.account("etc/passwd", l.uid(0))
	if gid, listed := l.member(group, user); listed && !slices.Contains(l.groups(), gid) {
		return fmt.Sprintf("newgrp %s    # you are a member since your last login", group)
	}
	return fmt.Sprintf("sudo usermod -aG %s %s    # then log in again", group, user)
}

// maxSocket is the length of the longest path of a socket.
const maxSocket = 107

// runtimeDir reports where XDG_RUNTIME_DIR leads programs astray: su, sudo and services keep or drop it.
func (l *look) runtimeDir() []Finding {
	const ours = "loopbridge/loopbridge.sock"
	dir, uid := l.Getenv("XDG_RUNTIME_DIR"), l.uid(0)
	own := "unset XDG_RUNTIME_DIR"
	if at := "/run/user/" + strconv.Itoa(uid); l.exists(at) {
		own = "export XDG_RUNTIME_DIR=" + at
	}
	if named := l.Getenv("LOOPBRIDGE_SOCKET"); named != "" {
		if l.err != nil && named == l.Socket && len(l.daemons) > 0 {
			return one(Warning, "unset LOOPBRIDGE_SOCKET", "LOOPBRIDGE_SOCKET is %s, where no daemon answers, and one runs elsewhere", named)
		}
		return fine("LOOPBRIDGE_SOCKET says where the daemon is")
	}
	if l.Named {
		return nil
	}
	if by := l.Getenv("SUDO_UID"); by != "" && dir == "" {
		if socket := path.Join("/run/user", by, ours); l.exists(socket) && l.err != nil {
			return one(Warning, "loopbridge --socket "+console.Quote(socket)+" doctor",
				"sudo has dropped XDG_RUNTIME_DIR, and user %s has a daemon: it is not found without its socket", by)
		}
	}
	level := Warning // where a program finds a daemon all the same, nothing is wrong
	if l.err == nil {
		level = Note
	}
	owner, _, known := l.owner(dir)
	switch {
	case dir == "":
		return fine("XDG_RUNTIME_DIR is not set: programs use the daemon on /run/%s", ours)
	case !path.IsAbs(dir):
		return one(level, own, "XDG_RUNTIME_DIR is %q, which is no absolute path: programs ignore it", dir)
	case len(path.Join(dir, ours)) > maxSocket:
		return one(level, own, "XDG_RUNTIME_DIR is too long for a socket, so programs ignore it: %s", dir)
	case !l.exists(dir):
		return one(level, own, "XDG_RUNTIME_DIR is %s, which is not there", dir)
	case known && uid > 0 && owner != uid:
		return one(level, own, "XDG_RUNTIME_DIR is %s, which belongs to user %s: su, sudo or a service has left it",
			dir, l.account("etc/passwd", owner))
	}
	return fine("XDG_RUNTIME_DIR is %s: programs look for a daemon there, then in /run", dir)
}
