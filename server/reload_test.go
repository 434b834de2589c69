package server_test

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// told is a server.Configuration that answers as it is told.
type told struct {
	reply api.Reload
	err   error
	name  string // of the last file
	size  int
}

func (c *told) Reload() (api.Reload, error) { return c.reply, c.err }

func (c *told) Diff(name string, text []byte) (api.Reload, error) {
	c.name, c.size = name, len(text)
	return c.reply, c.err
}

func (c *told) Upgrade(*net.UnixConn, bool) (api.Upgrade, error) {
	return api.Upgrade{From: "1.0"}, c.err
}

// TestControlReload: what the daemon answers reaches operators as it is described, in every status.
func TestControlReload(t *testing.T) {
	c := &told{}
	path := servertest.Socket(t)
	bay := loop.NewPatchbay()
	defer bay.Close()
	s, err := server.ListenControl(server.Socket{Path: control.Socket(path)}, server.Panel{Bay: bay, Configuration: c}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	defer func() {
		if err := errors.Join(s.Close(), <-served); err != nil {
			t.Error(err)
		}
	}()
	operator := control.New(path)
	all := api.Reload{Changes: []api.ReloadStep{
		{Action: "replace", Table: "loop", Name: "a", Keys: []api.KeyChange{{Key: "rate", Old: "1", New: "2"}}, Text: "loop a: replaced: rate 1 -> 2"},
		{Action: "restart", Table: "daemon", Text: "x"}, {Action: "adopt", Table: "route", Name: "b", Text: "y"},
	}, Failures: []string{"one", "two"}}
	for _, answer := range []struct {
		reply api.Reload
		err   error
		want  *audio.Error
	}{
		{reply: api.Reload{Changes: []api.ReloadStep{}}},
		{reply: all},
		{err: audio.ErrInvalid.With("one thing\nand another"), want: audio.ErrInvalid},
		{err: audio.ErrNoDevice.With("no card"), want: audio.ErrBusy},
	} {
		c.reply, c.err = answer.reply, answer.err
		r, err := operator.Reload(t.Context())
		d, differs := operator.Diff(t.Context(), "/some where/a.toml", []byte(strings.Repeat("#", 1<<20)))
		for _, err := range []error{err, differs} {
			if answer.want != nil {
				servertest.Is(t, err, answer.want)
				if !strings.Contains(err.Error(), answer.err.Error()) {
					t.Errorf("%v, want %v", err, answer.err)
				}
			} else if err != nil {
				t.Error(err)
			}
		}
		if len(r.Changes) != len(answer.reply.Changes) || len(d.Failures) != len(answer.reply.Failures) {
			t.Errorf("%+v and %+v, want %+v", r, d, answer.reply)
		}
	}
	if c.name != "/some where/a.toml" || c.size != 1<<20 {
		t.Errorf("the file %s of %d bytes", c.name, c.size)
	}
	_, err = operator.Diff(t.Context(), "x", []byte(strings.Repeat("#", 1<<20+1)))
	servertest.Is(t, err, audio.ErrInvalid)
}

// TestReloadIsDescribed: each status, and a daemon without a configuration.
func TestReloadIsDescribed(t *testing.T) {
	p := newPanel(t)
	for _, path := range []string{"/v1/reload", "/v1/diff?name=a"} {
		if code := p.ask("POST", path, "", &object{}); code != http.StatusNotFound {
			t.Errorf("%s without a configuration: %d", path, code)
		}
	}
	describeAs(t, "Reload", map[string]any{"changes": []any{
		map[string]any{"action": "change", "table": "loop", "name": "a", "text": "x", "keys": []any{map[string]any{"key": "rate", "old": "", "new": "1"}}},
	}, "failures": []any{"x"}})
}

// TestPermit: who may connect changes for both sockets at once, and a wrong name changes nothing.
func TestPermit(t *testing.T) {
	d := servertest.Start(t, servertest.Options{})
	if err := d.Permit(server.Socket{Mode: 0o666, Users: []string{"0"}}); err != nil {
		t.Fatal(err)
	}
	modeOf(t, d.Path, 0o666)
	servertest.Is(t, d.Permit(server.Socket{Mode: 0o600, Group: "nosuchgroup", Users: []string{"nosuchuser"}}), audio.ErrInvalid)
	modeOf(t, d.Path, 0o666)
	if err := d.Permit(server.Socket{}); err != nil {
		t.Fatal(err)
	}
	modeOf(t, d.Path, 0o660)
}

func modeOf(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
		t.Errorf("%v, %v; want %v", info, err, want)
	}
}
