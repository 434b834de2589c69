package doctor

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// process is a daemon that runs.
type process struct {
	pid, uid int
	args     []string // of its command line
	cgroup   string
	exe      string // path of its program; "": not readable
}

// pids returns all processes, in order.
func (l *look) pids() (all []int) {
	entries, _ := fs.ReadDir(l.Root, "proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid > 0 {
			all = append(all, pid)
		}
	}
	slices.Sort(all)
	return all
}

// findDaemons looks for processes that are "loopbridge serve".
func (l *look) findDaemons() (all []process) {
	for _, pid := range l.pids() {
		if l.text(proc(pid, "comm")) != "loopbridge" {
			continue
		}
		line, _ := l.read(proc(pid, "cmdline"))
		args := strings.Split(strings.TrimRight(line, "\x00"), "\x00")
		if !slices.Contains(args[min(1, len(args)):], "serve") {
			continue
		}
		all = append(all, process{pid: pid, uid: l.uid(pid), args: args, cgroup: l.text(proc(pid, "cgroup")),
			exe: l.link(proc(pid, "exe"))})
	}
	return all
}

// running returns the daemon that answers on the socket, false if its process is not known: it may be in
// another container.
func (l *look) running() (process, bool) {
	if l.err != nil {
		return process{}, false
	}
	for _, p := range l.daemons {
		if p.pid == l.about.PID || l.about.PID == 0 && len(l.daemons) == 1 {
			return p, true
		}
	}
	return process{}, false
}

// flag returns the value of a flag of a process, "" without it.
func (p process) flag(name string) string {
	for i, arg := range p.args {
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			return value
		}
		if arg == name && i+1 < len(p.args) {
			return p.args[i+1]
		}
	}
	return ""
}

// unit reports whether systemd runs the process as loopbridge.service, and whether it does so for a user.
func (p process) unit() (is, user bool) {
	return strings.Contains(p.cgroup, "/loopbridge.service"), strings.Contains(p.cgroup, "/user.slice/")
}

// restart returns the command that starts a daemon anew.
func (p process) restart() string {
	switch is, user := p.unit(); {
	case is && user:
		return "systemctl --user restart loopbridge"
	case is:
		return "sudo systemctl restart loopbridge"
	}
	return fmt.Sprintf("kill %d    # then start it again", p.pid)
}

// uid returns the effective user of a process, 0 for this one, -1 if it is unknown.
func (l *look) uid(pid int) int {
	status, _ := l.read(proc(pid, "status"))
	ids := strings.Fields(field(status, "Uid"))
	if len(ids) < 2 {
		return -1
	}
	uid, err := strconv.Atoi(ids[1])
	if err != nil {
		return -1
	}
	return uid
}

// groups returns the groups of this process.
func (l *look) groups() (all []int) {
	status, _ := l.read("proc/self/status")
	gids := strings.Fields(field(status, "Gid"))
	for _, id := range append(strings.Fields(field(status, "Groups")), gids[min(1, len(gids)):]...) {
		if gid, err := strconv.Atoi(id); err == nil {
			all = append(all, gid)
		}
	}
	return all
}

// Capabilities of capabilities(7).
const (
	ipcLock = 14 // CAP_IPC_LOCK
	sysNice = 23 // CAP_SYS_NICE
)

// capable reports whether a process has a capability.
func (l *look) capable(pid, capability int) bool {
	status, _ := l.read(proc(pid, "status"))
	set, _ := strconv.ParseUint(field(status, "CapEff"), 16, 64)
	return set&(1<<capability) != 0
}

// unlimited is a limit that is none.
const unlimited = -1

// resource returns the hard limit of a process, by its name in /proc/PID/limits. false: it is unknown.
func (l *look) resource(pid int, name string) (limit int64, ok bool) {
	text, _ := l.read(proc(pid, "limits"))
	for line := range strings.Lines(text) {
		rest, found := strings.CutPrefix(line, name)
		if values := strings.Fields(rest); found && len(values) >= 2 {
			if values[1] == "unlimited" {
				return unlimited, true
			}
			n, err := strconv.ParseInt(values[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// openFiles returns how many descriptors a process has, false if this user may not see them.
func (l *look) openFiles(pid int) (n int, ok bool) {
	entries, err := fs.ReadDir(l.Root, proc(pid, "fd"))
	return len(entries), err == nil
}

// account returns the name of a user or a group in a file such as etc/passwd, else its number.
func (l *look) account(file string, id int) string {
	text, _ := l.read(file)
	for line := range strings.Lines(text) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) > 2 && f[2] == strconv.Itoa(id) {
			return f[0]
		}
	}
	return strconv.Itoa(id)
}

// member returns the number of a group, and whether a user is listed as a member of it.
func (l *look) member(group, user string) (gid int, listed bool) {
	text, _ := l.read("etc/group")
	for line := range strings.Lines(text) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) > 3 && f[0] == group {
			gid, _ = strconv.Atoi(f[2])
			return gid, slices.Contains(strings.Split(f[3], ","), user)
		}
	}
	return -1, false
}

// name returns the name of the program of a process.
func (l *look) name(pid int) string {
	return l.text(path.Join("proc", strconv.Itoa(pid), "comm"))
}
