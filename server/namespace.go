package server

import (
	"os"
	"strconv"
	"strings"
)

// namespace is the daemon's user namespace as far as it hides ids. The kernel gives every user and group
// that has no id in it the same one, the overflow id. It says nothing about who that is.
type namespace struct {
	hides    bool // not every id has one here
	uid, gid uint32
}

// ownNamespace reads the namespace of this process.
func ownNamespace() namespace {
	return namespace{
		hides: hides("/proc/self/uid_map") || hides("/proc/self/gid_map"),
		uid:   overflow("/proc/sys/kernel/overflowuid"), gid: overflow("/proc/sys/kernel/overflowgid"),
	}
}

// hides reports whether a map of user_namespaces(7) leaves ids out. One that cannot be read does.
func hides(file string) bool {
	text, err := os.ReadFile(file)
	fields := strings.Fields(string(text))
	return err != nil || len(fields) != 3 || fields[0] != "0" || fields[2] != "4294967295"
}

// overflow returns an overflow id, or the usual one where the kernel does not tell.
func overflow(file string) uint32 {
	text, err := os.ReadFile(file)
	if id, bad := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32); err == nil && bad == nil {
		return uint32(id)
	}
	return 65534
}

// knowsUser and knowsGroup report whether an id is that of one user or group alone.
func (n namespace) knowsUser(uid uint32) bool  { return !n.hides || uid != n.uid }
func (n namespace) knowsGroup(gid uint32) bool { return !n.hides || gid != n.gid }
