package statefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// Each socket has a file of its own, and the usual ones that of before.
func TestStatePath(t *testing.T) {
	dir := trial.TempDir(t)
	t.Setenv("STATE_DIRECTORY", "/state")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv(client.SocketVariable, "")
	if err := os.MkdirAll(filepath.Join(dir, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, c := range []struct{ configured, socket, want string }{
		{"", "/run/loopbridge/loopbridge.sock", "/state/state.json"},
		{"", client.DefaultSocket(), "/state/state.json"},
		{"", "/x/y", "/state/state-x-y.json"},
		{"", "/x-y", "/state/state-x%2Dy.json"},
		{"", "/x/../z a", "/state/state-z%20a.json"},
		{"", dir + "/link/s", "/state/state" + strings.ReplaceAll(dir, "/", "-") + "-real-s.json"},
		{"/mine", "/x/y", "/mine"},
		{config.NoState, "/x/y", ""},
	} {
		got := Path(c.configured, c.socket)
		if got != c.want {
			t.Errorf("state of %s: %q, want %q", c.socket, got, c.want)
		}
		if other := seen[got]; other != "" && got != "/state/state.json" {
			t.Errorf("%s and %s share %s", other, c.socket, got)
		}
		seen[got] = c.socket
	}
}
