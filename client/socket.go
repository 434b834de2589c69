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
	return filepath.Join(dir, "loopbridge", "loopbridge.sock")
}
