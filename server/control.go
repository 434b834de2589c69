package server

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// Control is the operators' socket: HTTP and JSON, as openapi.yaml describes it. It shows devices,
// loops and routes, sets what audio(7I) sets, and streams events.
type Control struct {
	Panel
	log      zerolog.Logger
	listener *listener
	http     http.Server
	quit     chan struct{} // closed by Close: event streams end
	rest     rest
	gate     gate
}

// Panel is what operators see and control.
type Panel struct {
	Bay           *loop.Patchbay
	Loops         Loops
	Routes        Routes
	Configuration Configuration // nil: there is none
	// Thread says how the thread of a device is scheduled, or "" if it has none. nil: unknown. It is
	// called from any goroutine.
	Thread func(device string) string
	// Version is that of the program.
	Version string
}

// Loops adds and removes loops. Its methods are called from any goroutine.
type Loops interface {
	// Add adds the loop that a JSON object describes, with the keys of the configuration.
	// ErrInvalid lists all that is wrong with it. ErrBusy: its name is taken.
	Add(text []byte) (name string, err error)
	// Remove removes a loop and disconnects its programs. ErrNoDevice: there is no such loop.
	Remove(name string) error
}

// Configuration is what the daemon was told to run. Its methods are called from any goroutine.
type Configuration interface {
	// Reload reads the file again, and changes what runs to what it says. ErrInvalid lists all that is wrong with the file; then, and
	// after any other error, nothing has changed.
	Reload() (api.Reload, error)
	// Diff returns what Reload would do with the text of a file. name is for messages. ErrInvalid as for Reload.
	Diff(name string, text []byte) (api.Reload, error)
	// Upgrade lets the program that is now at the daemon's path take its place. That program then answers on conn with
	// AnswerUpgrade. Upgrade returns if it cannot, or, with changed, if it is the program that runs; nothing has changed then.
	Upgrade(conn *net.UnixConn, changed bool) (api.Upgrade, error)
}

// ListenControl binds the socket for the peers that s allows. ErrBusy: another daemon has it.
func ListenControl(s Socket, p Panel, log zerolog.Logger) (*Control, error) {
	s.network = "unix"
	l, err := listen(s)
	if err != nil {
		return nil, err
	}
	c := &Control{Panel: p, log: log, listener: l, quit: make(chan struct{})}
	c.http = http.Server{
		Handler: c.gate.gated(c.handler()), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: stdlog.New(log, "", 0),
	}
	return c, nil
}

// handlers returns the handlers of what openapi.yaml describes.
func (c *Control) handlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /v1/states/{name...}":   c.get(c.named),
		"PATCH /v1/states/{name...}": c.set(c.named),
		"GET /v1/levels/{name...}":   c.levels(c.named),

		"GET /v1/version": c.version,

		"GET /v1/devices":                 c.listDevices,
		"GET /v1/devices/{device}":        c.get(c.device),
		"PATCH /v1/devices/{device}":      c.set(c.device),
		"GET /v1/devices/{device}/levels": c.levels(c.device),

		"GET /v1/loops":           c.listLoops,
		"GET /v1/loops/{loop}":    c.getLoop,
		"POST /v1/loops":          c.addLoop,
		"DELETE /v1/loops/{loop}": c.removeLoop,

		"GET /v1/loops/{loop}/ends/{end}":        c.get(c.end),
		"PATCH /v1/loops/{loop}/ends/{end}":      c.set(c.end),
		"GET /v1/loops/{loop}/ends/{end}/levels": c.levels(c.end),

		"POST /v1/loops/{loop}/drain": c.drainLoop,
		"POST /v1/loops/{loop}/halt":  c.haltLoop,
		"GET /v1/events":              c.events,

		"GET /v1/routes":            c.listRoutes,
		"GET /v1/routes/{route}":    c.getRoute,
		"POST /v1/routes":           c.addRoute,
		"DELETE /v1/routes/{route}": c.removeRoute,

		"POST /v1/reload":  c.reload,
		"POST /v1/diff":    c.diff,
		"POST /v1/upgrade": c.upgrade,

		"GET /v1/openapi.yaml": openAPI,
	}
}

func (c *Control) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range c.handlers() {
		mux.HandleFunc(pattern, handle)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		text := fmt.Sprintf("there is no %s %s; GET /v1/openapi.yaml lists what exists", r.Method, r.URL.Path)
		answerError(w, http.StatusNotFound, text)
	})
	return mux
}

// Permit changes who may connect from now on; only mode, group and users of s count. Whoever is connected stays.
func (c *Control) Permit(s Socket) error { return c.listener.permit(s) }

// Serve answers requests until Close, and then returns nil.
func (c *Control) Serve() error {
	err := c.http.Serve(admitted{c.listener, &c.rest, c.log})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close removes the socket, gives requests a moment to finish, and disconnects everyone.
func (c *Control) Close() error {
	close(c.quit)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := c.http.Shutdown(ctx) // closes the listener, if Serve was called
	if errors.Is(err, context.DeadlineExceeded) {
		err = c.http.Close()
	}
	if closed := c.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

// admitted accepts only the peers that the socket allows.
type admitted struct {
	*listener
	rest *rest
	log  zerolog.Logger
}

// Accept implements net.Listener.
func (a admitted) Accept() (net.Conn, error) {
	for {
		conn, err := a.AcceptUnix()
		if errors.Is(err, os.ErrDeadlineExceeded) && a.rest.stand() {
			continue
		}
		if err != nil {
			return nil, err
		}
		holder, err := a.peers.Load().identify(conn)
		if err == nil {
			return conn, nil
		}
		a.log.Warn().Err(err).Int("uid", holder.UID).Int("pid", holder.PID).Msg("an operator was refused")
		_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = fmt.Fprintf(conn,
			"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n%v\n", err)
		conn.Close()
	}
}

// Close closes the socket. The lock is the Control's.
func (a admitted) Close() error { return a.UnixListener.Close() }

// status returns the HTTP status of an error.
func status(err error) int {
	switch {
	case errors.Is(err, audio.ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, audio.ErrNoDevice):
		return http.StatusNotFound
	case errors.Is(err, audio.ErrBusy), errors.Is(err, audio.ErrReset):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}
