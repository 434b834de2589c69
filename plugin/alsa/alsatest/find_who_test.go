package alsatest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// stranger is the user of programs that look for a daemon.
func stranger() string {
	if uid := os.Geteuid(); uid != 0 {
		return strconv.Itoa(uid)
	}
	return strconv.Itoa(nobody)
}

// who the programs of a town are.
func (w *town) who() *syscall.SysProcAttr {
	if !w.contained {
		return asNobody()
	}
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 {
		uid, gid = nobody, nobody
	}
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		Credential:  &syscall.Credential{NoSetGroups: true}, // root, inside
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}},
	}
}

// TestRefusalInAContainer: root of a container is told as whom the daemon would see him, by all
// three.
func TestRefusalInAContainer(t *testing.T) {
	agentProgram(t) // builds the plugin, or skips
	run := filepath.Join(openFolder(t, built), "run")
	w := &town{T: t, dir: filepath.Dir(run), home: filepath.Join(filepath.Dir(run), "home"), run: run, tools: toolsThatLookIn(t, run), contained: true}
	probe := exec.Command("true")
	probe.SysProcAttr = w.who()
	if err := probe.Run(); err != nil {
		t.Skipf("not tested: what root of a container is told; this machine makes no user namespaces: %v", err)
	}
	w.build()
	socket := w.daemon(w.run, systems)
	w.chmod(socket, 0)
	for _, tool := range [][]string{
		{w.tools + "/loopbridge", "ls"},
		{"aplay", "-q", "-f", "cd", "-D", "loopbridge:any", os.DevNull},
		{"amixer", "-D", "loopbridge:any", "scontrols"},
	} {
		w.check(tool, "", "", syscall.EPERM, strings.Join([]string{"you may not use the daemon on " + socket + " as user " + stranger() + ", who you are outside of this container", "keep-groups"}, "|"))
	}
}
