package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// upgrade lets another program take the place of this one. That program answers: the connection is handed over, too.
func (c *Control) upgrade(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		answerError(w, http.StatusInternalServerError, err.Error())
		return
	}
	defer conn.Close()
	local, ok := behind(conn).Conn.(*net.UnixConn)
	if !ok {
		hangUp(conn, "403 Forbidden", "a daemon is upgraded on its unix socket")
		return
	}
	same, err := c.Configuration.Upgrade(local, r.URL.Query().Get("if") == "changed")
	_ = AnswerUpgrade(conn, same, err)
}

// AnswerUpgrade answers the request for an upgrade on its connection: with what happened, or with the error.
func AnswerUpgrade(conn net.Conn, done api.Upgrade, err error) error {
	var body bytes.Buffer
	code, enc := http.StatusOK, json.NewEncoder(&body)
	enc.SetIndent("", "  ")
	if err != nil {
		code = status(err)
		_ = enc.Encode(api.Error{Error: err.Error()})
	} else {
		_ = enc.Encode(done)
	}
	_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, err = fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
		code, http.StatusText(code), body.Len(), body.Bytes())
	return err
}

// gate lets requests through, but not while the daemon is handed over. Those that last, such as a stream of events, do
// not pass it: they end with the process.
type gate struct{ sync.RWMutex }

// lasting are the endings of what may last for ever.
var lasting = [...]string{"/events", "/levels", "/drain", "/upgrade", "/live"}

func (g *gate) gated(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, end := range lasting {
			if strings.HasSuffix(r.URL.Path, end) {
				h.ServeHTTP(w, r)
				return
			}
		}
		if strings.HasPrefix(r.URL.Path, "/v1/listen/") || strings.Contains(r.URL.Path, "/segments/") {
			h.ServeHTTP(w, r)
			return
		}
		g.RLock()
		defer g.RUnlock()
		h.ServeHTTP(w, r)
	})
}

// Freeze lets the operators' side stand still: no request is under way, and none is accepted. ErrBusy: one takes too long.
func (c *Control) Freeze() (thaw func(), err error) {
	rest := c.rest.freeze(func() { _ = c.listener.SetDeadline(longAgo()) })
	accept := func() {
		_ = c.listener.SetDeadline(time.Time{})
		rest()
	}
	if !lockWithin(&c.gate, standing) {
		accept()
		return nil, audio.ErrBusy.With("a request of an operator is under way; try again")
	}
	return func() {
		c.gate.Unlock()
		accept()
	}, nil
}

// State returns the socket.
func (c *Control) State() (SocketState, error) { return c.listener.state() }
