package server

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// maxAudit is how much of a request the log has, in bytes.
const maxAudit = 512

// audited logs who asks for a change, which, and whether it was made. It also counts requests.
func (c *Control) audited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := operatorOf(r.Context())
		o.crowd.requests.Add(1)
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		body, answer := &firstBytes{room: maxAudit}, &answered{ResponseWriter: w, status: http.StatusOK}
		r.Body = readCloser{io.TeeReader(r.Body, body), r.Body}
		next.ServeHTTP(answer, r)
		line := o.who(c.log.Info()).Str("method", r.Method).Str("path", printable(r.URL.Path[:min(len(r.URL.Path), maxAudit)])).Int("status", answer.status)
		if text := body.String(); text != "" {
			line.Str("request", text)
		}
		line.Msg("an operator has asked for a change")
	})
}

// readCloser reads from one and closes the other.
type readCloser struct {
	io.Reader
	io.Closer
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

// Unwrap is for http.ResponseController.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// firstBytes keeps the beginning of what is written to it.
type firstBytes struct {
	bytes.Buffer
	room int
	more bool
}

// Write implements io.Writer.
func (f *firstBytes) Write(b []byte) (int, error) {
	keep := b[:min(len(b), f.room-f.Len())]
	f.more = f.more || len(keep) < len(b)
	f.Buffer.Write(keep)
	return len(b), nil
}

// withoutKeys leaves out the key of an encrypted stream in a description (RFC 4568), and what follows it.
func withoutKeys(text string) string {
	if before, _, found := strings.Cut(text, "inline:"); found {
		return before + "inline:…"
	}
	return text
}

// String returns what was kept, in one printable line.
func (f *firstBytes) String() string {
	text := withoutKeys(printable(strings.Join(strings.Fields(f.Buffer.String()), " ")))
	if f.more {
		text += "…"
	}
	return text
}
