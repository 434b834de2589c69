package server_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

func TestRemoteToken(t *testing.T) {
	r := newRemote(t, "", "")
	for _, c := range []struct {
		value string
		want  int
	}{
		{"Bearer " + secret, 200}, {"", 401}, {"Bearer", 401}, {"Bearer ", 401}, {"Basic " + secret, 401}, {secret, 401},
		{"Bearer " + secret + "x", 401}, {"Bearer " + secret[1:], 401}, {"Bearer " + strings.Repeat("x", 10000), 401},
	} {
		if code, text := r.get("Authorization", c.value); code != c.want {
			t.Errorf("%.40q: %d %s, want %d", c.value, code, text, c.want)
		}
	}
	q := r.request("GET", "/v1/devices?token="+secret, "")
	q.Header.Del("Authorization")
	if a, _ := r.do(q); a.StatusCode != 401 || a.Header.Get("WWW-Authenticate") != `Bearer realm="loopbridge"` {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if a, text := r.do(r.request("GET", "/metrics", "")); a.StatusCode != 200 || !strings.Contains(text, `loopbridge_operator_refusals_total{over="tcp",reason="token"} 9`) {
		t.Errorf("%d: %s", a.StatusCode, text)
	}
}

// The file is read again when it changes, and while it holds no token nobody is let in.
func TestRemoteTokenChanges(t *testing.T) {
	r := newRemote(t, "", "")
	is := func(token string, want int, saying string) {
		t.Helper()
		if code, text := r.get("Authorization", "Bearer "+token); code != want || !strings.Contains(text, saying) {
			t.Errorf("%d %s, want %d and %q", code, text, want, saying)
		}
	}
	const other = "another-one-another-one-another-one"
	if err := os.WriteFile(r.file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	is(secret, 401, "wrong")
	is(other, 200, "null")
	if err := os.Chmod(r.file, 0o640); err != nil {
		t.Fatal(err)
	}
	is(other, 503, "its log says why")
	is(other, 503, "its log says why")
	if all := r.log.with("operators cannot connect"); len(all) != 1 || !strings.Contains(all[0]["error"].(string), "others may use the token file "+r.file+", whose mode is 0640: take that away with chmod 600 "+r.file) {
		t.Errorf("logged %v", all)
	}
	if err := os.Remove(r.file); err != nil {
		t.Fatal(err)
	}
	is(other, 401, "wrong")
	made, err := os.ReadFile(r.file)
	info, more := os.Stat(r.file)
	if err != nil || more != nil || info.Mode().Perm() != 0o600 || len(made) != 65 {
		t.Fatalf("%v %v: %v, %d bytes", err, more, info.Mode(), len(made))
	}
	is(strings.TrimSpace(string(made)), 200, "null")
	if n := len(r.log.with("the token has changed")); n != 2 {
		t.Errorf("%d lines about a changed token", n)
	}
}

// controlOf is a control that nobody uses.
func controlOf(t *testing.T) *server.Control {
	t.Helper()
	bay := loop.NewPatchbay()
	c, err := server.ListenControl(server.Socket{Path: control.Socket(servertest.Socket(t))}, server.Panel{Bay: bay}, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		bay.Close()
	})
	return c
}

func TestRemoteThatCannotBe(t *testing.T) {
	noLeaks(t)
	c := controlOf(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	good := tokenFile(t, secret)
	wide, short, words, link, folder := tokenFile(t, secret), tokenFile(t, "short"), tokenFile(t, "two words, and more than long enough"), filepath.Join(t.TempDir(), "link"), t.TempDir()
	if err := errors.Join(os.Chmod(wide, 0o604), os.Symlink(good, link), os.Chmod(folder, 0o600)); err != nil {
		t.Fatal(err)
	}
	type row struct {
		at   server.TCP
		want *audio.Error
		says string
	}
	local := netip.MustParseAddrPort("127.0.0.1:0")
	all := map[string]row{
		"taken":          {server.TCP{Address: netip.MustParseAddrPort(taken.Addr().String()), TokenFile: good}, audio.ErrBusy, "choose another address as http"},
		"open":           {server.TCP{Address: netip.MustParseAddrPort("0.0.0.0:0"), TokenFile: good}, audio.ErrInvalid, "would show the token to the network"},
		"open in IPv6":   {server.TCP{Address: netip.MustParseAddrPort("[::]:0"), TokenFile: good}, audio.ErrInvalid, "would show the token to the network"},
		"mode":           {server.TCP{Address: local, TokenFile: wide}, audio.ErrAccess, "whose mode is 0604: take that away with chmod 600"},
		"short":          {server.TCP{Address: local, TokenFile: short}, audio.ErrInvalid, "one word of 24..1024 characters"},
		"two words":      {server.TCP{Address: local, TokenFile: words}, audio.ErrInvalid, "one word of 24..1024 characters"},
		"link":           {server.TCP{Address: local, TokenFile: link}, audio.ErrAccess, "is a symbolic link"},
		"folder":         {server.TCP{Address: local, TokenFile: folder}, audio.ErrAccess, "is no regular file"},
		"no place":       {server.TCP{Address: local, TokenFile: "/proc/token"}, audio.ErrAccess, "none can be made"},
		"no certificate": {server.TCP{Address: local, TokenFile: good, Cert: good, Key: good}, audio.ErrInvalid, "tls_cert and tls_key must be the two PEM files of one certificate"},
	}
	if os.Geteuid() == 0 {
		foreign := tokenFile(t, secret)
		if err := os.Chown(foreign, 1, 1); err != nil {
			t.Fatal(err)
		}
		all["owner"] = row{server.TCP{Address: local, TokenFile: foreign}, audio.ErrAccess, "belongs to user 1: give it to the user that runs the daemon with chown 0 "}
	}
	for name, c2 := range all {
		t.Run(name, func(t *testing.T) {
			_, err := c.ListenTCP(c2.at)
			servertest.Is(t, err, c2.want)
			if !strings.Contains(err.Error(), c2.says) {
				t.Errorf("%v does not say %q", err, c2.says)
			}
		})
	}
}

// A page of another site cannot use the daemon, neither under its own name nor under that of this machine.
func TestRemoteHostAndOrigin(t *testing.T) {
	r := newRemote(t, "", "")
	port := fmt.Sprint(r.Remote.Address().Port())
	for _, c := range []struct {
		header, value string
		want          int
	}{
		{"Host", "evil.example", 421}, {"Host", "evil.example:" + port, 421}, {"Host", "127.0.0.1.evil.example", 421}, {"Host", "localhost.evil.example:" + port, 421},
		{"Host", "localhost", 200}, {"Host", "LOCALHOST:9", 200}, {"Host", "[::1]:" + port, 200}, {"Host", "192.168.1.2", 200}, {"Host", "localhost@evil.example", 421},
		{"Origin", "http://evil.example", 403}, {"Origin", "null", 403}, {"Origin", "https://127.0.0.1:" + port, 403}, {"Origin", "http://127.0.0.1:1", 403},
		{"Origin", "http://localhost:" + port, 403}, {"Origin", r.base, 200},
	} {
		if code, text := r.get(c.header, c.value); code != c.want {
			t.Errorf("%s: %s gets %d %s, want %d", c.header, c.value, code, text, c.want)
		}
	}
	q := r.request(http.MethodOptions, "/v1/devices/null", "")
	q.Header.Set("Origin", "http://evil.example")
	q.Header.Set("Access-Control-Request-Method", "PATCH")
	q.Header.Del("Authorization")
	a, err := r.http.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != 403 || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a preflight gets %d %v", a.StatusCode, a.Header)
	}
}

// The log says who has asked for which change, over either socket, and what came of it.
func TestAudit(t *testing.T) {
	r := newRemote(t, "", "")
	r.do(r.request("PATCH", "/v1/devices/null", "{\n \"monitor_gain\": 7 }"))
	r.do(r.request("POST", "/v1/loops/loop0/halt", ""))
	r.do(r.request("POST", "/v1/loops/a%01b%0Ac/halt", ""))
	r.do(r.request("GET", "/v1/devices", ""))
	r.do(r.request("PATCH", "/v1/devices/null", strings.Repeat("x", 1000)))
	if err := control.New(r.Path).Halt(servertest.Guard(t), "loop0"); err != nil {
		t.Fatal(err)
	}
	all := r.log.with("an operator has asked")
	if len(all) != 5 {
		t.Fatalf("%v", all)
	}
	for i, want := range []string{
		`PATCH /v1/devices/null 400 { "monitor_gain": 7 }`, "POST /v1/loops/loop0/halt 204 <nil>", "POST /v1/loops/a?b?c/halt 404 <nil>",
		"PATCH /v1/devices/null 400 " + strings.Repeat("x", 512) + "…", "POST /v1/loops/loop0/halt 204 <nil>",
	} {
		if got := fmt.Sprint(all[i]["method"], " ", all[i]["path"], " ", all[i]["status"], " ", all[i]["request"]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if from, _ := all[0]["from"].(string); !strings.HasPrefix(from, "127.0.0.1:") {
		t.Errorf("%v", all[0])
	}
	if own := all[4]; own["uid"] != float64(os.Getuid()) || own["pid"] != float64(os.Getpid()) || own["program"] == nil || own["from"] != nil {
		t.Errorf("%v", own)
	}
}
