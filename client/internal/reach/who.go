package reach

import (
	"bufio"
	"bytes"
	"fmt"
	"os"

	"github.com/loopbridge/loopbridge/audio"
)

// errForbidden returns the error of a socket that refuses. The daemon knows this program by its
// user ID outside of its container, so it names that.
func errForbidden(socket string) error {
	uid := os.Geteuid()
	uids, _ := os.ReadFile("/proc/self/uid_map")
	if out := outside(uids, uid); out != uid {
		return audio.ErrPermission.With("you may not use the daemon on %s as user %d, "+
			"who you are outside of this container: join the group of that socket there "+
			"and keep it here (podman: --group-add keep-groups), "+
			"or ask for that user to be listed", socket, out)
	}
	return audio.ErrPermission.With("you may not use the daemon on %s as user %d: "+
		"join the group of that socket and log in again, or ask for your user to be listed", socket, uid)
}

// outside maps a user ID of this program's namespace to the surrounding one, by the lines of a
// uid_map: first ID inside, first ID outside, count.
func outside(uids []byte, uid int) int {
	for lines := bufio.NewScanner(bytes.NewReader(uids)); lines.Scan(); {
		var inside, out, count int
		if _, err := fmt.Sscan(lines.Text(), &inside, &out, &count); err == nil && uid >= inside && uid-inside < count {
			return out + uid - inside
		}
	}
	return uid
}
