package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/api"
)

// A session is what a browser has instead of the token, which it can show with each request, and whose scripts never see it.
// It proves that it was made by somebody who knew the token; the daemon keeps nothing, so that it outlives an upgrade and a
// restart. A new token ends all sessions, and the browser forgets its own after a while.
const (
	sessionCookie = "loopbridge"
	sessionTime   = 30 * 24 * time.Hour
)

// session returns the session of those who know the token.
func (t token) session() string {
	mac := hmac.New(sha256.New, t[:])
	mac.Write([]byte("a session of loopbridge"))
	return hex.EncodeToString(mac.Sum(nil))
}

// pass is what a request shows to be let through.
type pass struct{ token, session string }

func passOf(q *http.Request) (p pass, shown bool) {
	token, bearer := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
	if bearer {
		return pass{token: token}, true
	}
	if cookie, err := q.Cookie(sessionCookie); err == nil {
		return pass{session: cookie.Value}, true
	}
	return p, false
}

// by reports whether the pass is right.
func (p pass) by(t token) bool {
	if p.session != "" {
		return hmac.Equal([]byte(p.session), []byte(t.session()))
	}
	return t.is(p.token)
}

// session lets a page sign in with the token (POST), sign out (DELETE), and ask whether it may change anything (GET).
func (r *Remote) session(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	t, err := r.token.get()
	cookie := http.Cookie{Name: sessionCookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: q.TLS != nil}
	switch q.Method {
	case http.MethodPost:
		cookie.Value, cookie.MaxAge = t.session(), int(sessionTime/time.Second)
		http.SetCookie(w, &cookie)
		operatorOf(q.Context()).who(r.log.Info()).Msg("a page has signed in")
	case http.MethodDelete:
		cookie.MaxAge = -1
		http.SetCookie(w, &cookie)
	case http.MethodGet:
		p, shown := passOf(q)
		answer(w, http.StatusOK, api.Session{Known: shown && err == nil && p.by(t), Open: r.open})
		return
	default:
		answerError(w, http.StatusMethodNotAllowed, "ask for a session with GET, POST or DELETE")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// session tells a page that came over the unix socket that it needs none.
func (c *Control) session(w http.ResponseWriter, q *http.Request) {
	if q.Method == http.MethodGet {
		answer(w, http.StatusOK, api.Session{Known: true})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
