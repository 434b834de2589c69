package systemd

import (
	"net"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// Each message is what sd_notify(3) says. Without a manager nothing is sent, and nothing fails.
func TestMessages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "n")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	t.Setenv("NOTIFY_SOCKET", "")
	Ready()
	if Notifies() {
		t.Error("there is no manager")
	}
	t.Setenv("NOTIFY_SOCKET", path)
	for _, m := range []struct {
		send func()
		want string
	}{
		{Ready, `^READY=1$`},
		{Reloading, `^RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*$`},
		{func() { Status("1 loop") }, `^STATUS=1 loop$`},
		{func() { Extend(30 * time.Second) }, `^EXTEND_TIMEOUT_USEC=30000000$`},
		{Alive, `^WATCHDOG=1$`},
		{Stopping, `^STOPPING=1$`},
	} {
		m.send()
		text := make([]byte, 1000)
		n, err := c.Read(text)
		if err != nil || !regexp.MustCompile(m.want).Match(text[:n]) {
			t.Errorf("%q, %v, want %s", text[:n], err, m.want)
		}
	}
}
