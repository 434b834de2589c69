package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// State belongs to a socket, so that two daemons of a user never write the same file. By default
// the file is named after the socket; the one for a usual socket is state.json. A lock beside the
// file keeps out another daemon that was configured to use it.

// commonState is the state file of a daemon on a usual socket. Older versions wrote it whatever
// their socket was, and did not say which.
const commonState = "state.json"

// Path returns the state file of the daemon on a socket, "" for none. configured is the path in
// the configuration.
func Path(configured, socket string) string {
	switch dir := stateFolder(); {
	case configured == config.NoState:
		return ""
	case configured != "" || dir == "":
		return configured
	default:
		return filepath.Join(dir, stateName(socket))
	}
}

// stateName returns the file name for a socket.
func stateName(socket string) string {
	socket = realPath(socket)
	for _, dir := range []string{"/run", os.Getenv("XDG_RUNTIME_DIR")} {
		if dir != "" && socket == realPath(filepath.Join(dir, "loopbridge", "loopbridge.sock")) {
			return commonState
		}
	}
	var b strings.Builder
	for i := range len(socket) {
		switch c := socket[i]; {
		case c == '/':
			b.WriteByte('-')
		case c == '.' || c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return "state" + b.String() + ".json"
}

// realPath makes a path absolute and resolves links as far as its folder exists.
func realPath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// hold locks the file until release. It returns ErrBusy if another daemon has it. It ignores a
// folder in which it cannot create the lock; the first write reports that.
func (s *File) hold() error {
	if s.path == "" || os.MkdirAll(filepath.Dir(s.path), 0o755) != nil {
		return nil
	}
	lock, err := os.OpenFile(s.path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		defer lock.Close()
		text, _ := io.ReadAll(io.LimitReader(lock, 4096))
		owner := strings.TrimSpace(string(text))
		if owner == "" { // the other daemon has not written it yet
			return audio.ErrBusy.With("another daemon that uses the state file %s is starting; if it has another socket, "+
				"give this one a file of its own, with state = \"/path\" in [daemon], or \"none\"", s.path)
		}
		if owner == realPath(s.socket) {
			return audio.ErrBusy.With("a daemon is running on %s already; stop it, or give this one another --socket", s.socket)
		}
		return audio.ErrBusy.With("the state file %s is in use by the daemon on %s; give this one another, with state = "+
			"\"/path\" in [daemon], or \"none\"",
			s.path, owner)
	}
	s.lock = lock
	owner := []byte(realPath(s.socket) + "\n")
	_, _ = lock.WriteAt(owner, 0) // written before it is truncated: another daemon may be reading it
	_ = lock.Truncate(int64(len(owner)))
	return nil
}

// release unlocks the file. The lock file stays, since removing it would race with the start of
// another daemon.
func (s *File) release() {
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}

// inherited returns what an older version left in the common file, if this socket has no file yet.
func (s *File) inherited() []byte {
	if name := stateName(s.socket); name == commonState || filepath.Base(s.path) != name {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(s.path), commonState))
	var of struct {
		Socket string `json:"socket"`
	}
	if err != nil || json.Unmarshal(text, &of) != nil || of.Socket != "" {
		return nil
	}
	return text
}
