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
		token, bearer := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
		switch {
		case !guest.requests.Allow():
			r.refuse(w, o, refusedRate, http.StatusTooManyRequests, "too many requests from this address: wait a second")
		case !r.hosts().has(q.Host):
			r.refuse(w, o, refusedHost, http.StatusMisdirectedRequest,
				"this daemon is not called by that name: use its IP address, localhost, or a name in its certificate")
		case !sameOrigin(q):
			r.refuse(w, o, refusedOrigin, http.StatusForbidden, "pages of another site may not use this daemon")
		case !bearer:
			r.refuse(w, o, refusedToken, http.StatusUnauthorized, "send the token: Authorization: Bearer TOKEN; it is in the daemon's token_file")
		case !o.known.Load() && guest.exhausted():
			r.refuse(w, o, refusedRate, http.StatusTooManyRequests, "too many wrong tokens from this address: wait some seconds")
		default:
			r.verify(w, q, o, guest, token, next)
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
func (r *Remote) verify(w http.ResponseWriter, q *http.Request, o *operator, guest *guest, given string, next http.Handler) {
	want, err := r.token.get()
	switch {
	case err != nil:
		r.refuse(w, o, refusedToken, http.StatusServiceUnavailable, "the daemon cannot read its token; its log says why")
	case !want.is(given):
		guest.wrong.Allow()
		o.known.Store(false) // the token may have changed
		r.refuse(w, o, refusedToken, http.StatusUnauthorized, "the token is wrong; the right one is in the daemon's token_file")
	default:
		o.known.Store(true)
		next.ServeHTTP(w, q)
	}
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
