package server_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/server"
)

// without is a request without the token.
func (r *remote) without(method, path string, cookies ...*http.Cookie) *http.Request {
	r.Helper()
	q := r.request(method, path, "")
	q.Header.Del("Authorization")
	for _, c := range cookies {
		q.AddCookie(c)
	}
	return q
}

// session is what the daemon says that a browser may do.
func (r *remote) session(cookies ...*http.Cookie) (s api.Session) {
	r.Helper()
	a, text := r.do(r.without("GET", "/v1/session", cookies...))
	if err := json.Unmarshal([]byte(text), &s); err != nil || a.StatusCode != 200 {
		r.Fatalf("%d %q", a.StatusCode, text)
	}
	return s
}

// A browser shows the token once. It then has a cookie that scripts cannot read, and that a new token ends.
func TestBrowserSignsIn(t *testing.T) {
	r := newRemote(t, "", "")
	if s := r.session(); s.Known || s.Open {
		t.Errorf("a stranger: %+v", s)
	}
	if a, _ := r.do(r.without("POST", "/v1/session")); a.StatusCode != 401 {
		t.Errorf("signed in without the token: %d", a.StatusCode)
	}
	a, _ := r.do(r.request("POST", "/v1/session", ""))
	cookies := a.Cookies()
	if a.StatusCode != 204 || len(cookies) != 1 {
		t.Fatalf("%d %v", a.StatusCode, cookies)
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || strings.Contains(c.Value, secret) {
		t.Errorf("the cookie is %v", c)
	}
	if s := r.session(c); !s.Known {
		t.Errorf("signed in: %+v", s)
	}
	if a, _ := r.do(r.without("GET", "/v1/devices", c)); a.StatusCode != 200 {
		t.Errorf("a session is answered with %d", a.StatusCode)
	}
	if a, _ := r.do(r.without("PATCH", "/v1/states/nobody", c)); a.StatusCode != 404 {
		t.Errorf("a change in a session is answered with %d", a.StatusCode)
	}
	q := r.without("DELETE", "/v1/loops/loop0", c)
	q.Header.Set("Origin", "http://elsewhere.example")
	if a, _ := r.do(q); a.StatusCode != 403 {
		t.Errorf("a change from a page of another site is answered with %d", a.StatusCode)
	}
	forged := *c
	forged.Value = "9" + c.Value
	for _, value := range []string{forged.Value, "", ".", "x.y", c.Value + "00"} {
		forged.Value = value
		if a, _ := r.do(r.without("GET", "/v1/devices", &forged)); a.StatusCode != 401 {
			t.Errorf("the session %q is answered with %d", value, a.StatusCode)
		}
	}
	a, _ = r.do(r.without("DELETE", "/v1/session", c))
	if gone := a.Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 {
		t.Errorf("after the end, the cookie is %v", gone)
	}
	if err := os.WriteFile(r.file, []byte(strings.Repeat("another-", 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, _ := r.do(r.without("GET", "/v1/devices", c)); a.StatusCode != 401 {
		t.Errorf("with a new token, an old session is answered with %d", a.StatusCode)
	}
}

// Who may read without the token can neither change anything nor see memory; the page itself is for everybody.
func TestWhoReads(t *testing.T) {
	for i, who := range []string{"with the token", "anyone"} {
		t.Run(who, func(t *testing.T) {
			r := newRemoteOf(t, server.TCP{Open: i == 1})
			if s := r.session(); s.Known || s.Open != (i == 1) {
				t.Errorf("a stranger: %+v", s)
			}
			for ask, want := range map[string][2]int{
				"GET /v1/devices": {401, 200}, "GET /v1/version": {401, 200}, "GET /metrics": {401, 200}, "GET /": {200, 200},
				"GET /web/index.html": {200, 200}, "GET /web/nothing": {404, 404}, "GET /debug/pprof/": {401, 401},
				"DELETE /v1/loops/loop0": {401, 401}, "PATCH /v1/states/loop0": {401, 401}, "POST /v1/loops": {401, 401},
			} {
				method, path, _ := strings.Cut(ask, " ")
				if a, _ := r.do(r.without(method, path)); a.StatusCode != want[i] {
					t.Errorf("%s without the token is answered with %d, want %d", ask, a.StatusCode, want[i])
				}
			}
		})
	}
}
