package server

import (
	"net/http"
	"net/url"
	"strings"
)

// admit lets requests through to next that come from whom they should.
func (r *Remote) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		o := operatorOf(q.Context())
		guest := r.guests.of(o.RemoteAddr())
		given, shown := passOf(q)
		switch {
		case !guest.requests.Allow():
			r.refuse(w, o, refusedRate, http.StatusTooManyRequests, "too many requests from this address: wait a second")
		case !r.hosts().has(q.Host):
			r.refuse(w, o, refusedHost, http.StatusMisdirectedRequest,
				"this daemon is not called by that name: use its IP address, localhost, or a name in its certificate")
		case !sameOrigin(q):
			r.refuse(w, o, refusedOrigin, http.StatusForbidden, "pages of another site may not use this daemon")
		case isPage(q) || asksSession(q):
			r.serve(w, q, next)
		case !shown && r.open && isReading(q):
			next.ServeHTTP(w, q)
		case !shown:
			r.refuse(w, o, refusedToken, http.StatusUnauthorized, "send the token: Authorization: Bearer TOKEN; it is in the daemon's token_file")
		case !o.known.Load() && guest.exhausted():
			r.refuse(w, o, refusedRate, http.StatusTooManyRequests, "too many wrong tokens from this address: wait some seconds")
		default:
			r.verify(w, q, o, guest, given, next)
		}
	})
}

// tellToken logs that the token has changed.
func (r *Remote) tellToken(_ token, err error) {
	if err != nil {
		r.log.Error().Err(err).Msg("operators cannot connect over TCP")
		return
	}
	r.log.Info().Msg("the token has changed")
}

// verify lets a request through if the token is right.
func (r *Remote) verify(w http.ResponseWriter, q *http.Request, o *operator, guest *guest, given pass, next http.Handler) {
	want, err := r.token.get()
	switch {
	case err != nil:
		r.refuse(w, o, refusedToken, http.StatusServiceUnavailable, "the daemon cannot read its token; its log says why")
	case !given.by(want) && given.session != "": // of another token: nobody guesses those
		r.refuse(w, o, refusedToken, http.StatusUnauthorized, "the session has ended: sign in with the token, which is in the daemon's token_file")
	case !given.by(want):
		guest.wrong.Allow()
		o.known.Store(false) // the token may have changed
		r.refuse(w, o, refusedToken, http.StatusUnauthorized, "the token is wrong; the right one is in the daemon's token_file")
	default:
		o.known.Store(true)
		r.serve(w, q, next)
	}
}

// serve answers a request that is let through.
func (r *Remote) serve(w http.ResponseWriter, q *http.Request, next http.Handler) {
	if q.URL.Path == sessionPath {
		r.session(w, q)
		return
	}
	next.ServeHTTP(w, q)
}

const sessionPath = "/v1/session"

// asksSession reports whether somebody asks what it may do, or does not want to be known any more.
func asksSession(q *http.Request) bool {
	return q.URL.Path == sessionPath && q.Method != http.MethodPost
}

// isPage reports whether somebody asks for the page, which holds nothing of the daemon's.
func isPage(q *http.Request) bool {
	return isReading(q) && (q.URL.Path == "/" || strings.HasPrefix(q.URL.Path, "/web/"))
}

// isReading reports whether a request changes nothing, and shows no memory of the daemon.
func isReading(q *http.Request) bool {
	return (q.Method == http.MethodGet || q.Method == http.MethodHead) && !strings.HasPrefix(q.URL.Path, "/debug/")
}

// refuse answers a request that is not let through.
func (r *Remote) refuse(w http.ResponseWriter, o *operator, why refusal, status int, text string) {
	r.crowd.refuse(why)
	r.log.Warn().Stringer("from", o.RemoteAddr()).Int("status", status).Msg("an operator was refused: " + text)
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="loopbridge"`)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "5")
	}
	answerError(w, status, text)
}

// sameOrigin reports whether a request comes from no page of a browser, or from one of this daemon.
func sameOrigin(q *http.Request) bool {
	origins := q.Header.Values("Origin")
	for _, origin := range origins {
		u, err := url.Parse(origin)
		secure := q.TLS != nil
		if err != nil || u.Host != q.Host || u.Scheme != map[bool]string{false: "http", true: "https"}[secure] {
			return false
		}
	}
	return true
}
