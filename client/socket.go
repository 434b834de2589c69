package client

import (
	"os"
	"path/filepath"
)

// SocketVariable is the environment variable that names the daemon's socket.
const SocketVariable = "LOOPBRIDGE_SOCKET"

// DefaultSocket is where the daemon listens unless told otherwise:
// $LOOPBRIDGE_SOCKET, else in $XDG_RUNTIME_DIR, else in /run.
func DefaultSocket() string {
	if path := os.Getenv(SocketVariable); path != "" {
		return path
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = "/run"
	}
	return filepath.Join(dir, name)
}

// FindSocket is where a program looks for a daemon: DefaultSocket; or else, where a
// daemon of the system is the only one and nothing names another, that one's.
func FindSocket() string {
	path, system := DefaultSocket(), filepath.Join("/run", name)
	if os.Getenv(SocketVariable) == "" && !exists(path) && exists(system) {
		return system
	}
	return path
}

const name = "loopbridge/loopbridge.sock"

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
