package server

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/history"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/live"
	"github.com/loopbridge/loopbridge/server/metrics"
	"github.com/loopbridge/loopbridge/tap"
	"github.com/loopbridge/loopbridge/web"
)

// Control is the operators' socket: HTTP and JSON, as openapi.yaml describes it. It shows devices,
// loops and routes, sets what audio(7I) sets, and streams events.
type Control struct {
	Panel
	log       zerolog.Logger
	listener  *listener
	http      http.Server
	answers   http.Handler
	quit      chan struct{} // closed by Close: event streams end
	began     time.Time
	rest      rest
	gate      gate
	viewers   *live.Board
	operators *crowd                // over the socket
	remote    atomic.Pointer[crowd] // over TCP; nil: nobody ever could
}

// Panel is what operators see and control.
type Panel struct {
	Bay           *loop.Patchbay
	Loops         Loops
	Routes        Routes
	Nodes         Nodes         // nil: there are none
	Devices       Devices       // nil: there are none of the network
	Alarms        Alarms        // nil: there are none
	Recorders     Recorders     // nil: there are none, and nobody asks
	Configuration Configuration // nil: there is none
	// Thread says how the thread of a device is scheduled, or "" if it has none. nil: unknown. It is
	// called from any goroutine.
	Thread func(device string) string
	// Version is that of the program.
	Version string
	// History knows the last 24 hours. nil: nobody kept them.
	History *history.Keeper
	// Hub hears devices, ends and routes of the Bay. nil: nobody else listens, and the Control makes one.
	Hub *tap.Hub
	// Counts says what the daemon counts of itself, for metrics. nil: unknown. It is called from any goroutine.
	Counts func() metrics.Counts
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
	c := &Control{Panel: p, log: log, listener: l, quit: make(chan struct{}), began: time.Now(), operators: newCrowd("unix")}
	if c.Hub == nil {
		c.Hub = tap.NewHub(p.Bay)
	}
	c.viewers = live.NewBoard(c.Hub)
	c.answers = c.gate.gated(c.audited(lazily(c.handler)))
	serve(&c.http, c.answers, log)
	return c, nil
}

// lazily returns a handler that is made for the first request: it describes all metrics and has all patterns, which is
// a part of the time in which nobody serves the cards at an upgrade.
func lazily(handler func() http.Handler) http.Handler {
	made := sync.OnceValue(handler)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) })
}

// serve prepares a server for operators, who may not keep it waiting.
func serve(s *http.Server, h http.Handler, log zerolog.Logger) {
	s.Handler, s.ConnContext, s.ConnState, s.ErrorLog = h, withOperator, noteState, stdlog.New(log, "", 0)
	s.ReadHeaderTimeout, s.ReadTimeout, s.IdleTimeout = 5*time.Second, 10*time.Second, time.Minute
	s.MaxHeaderBytes = 16 << 10
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(true)
}

// handlers returns the handlers of what openapi.yaml describes.
func (c *Control) handlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /v1/states/{name...}":   c.get(c.named),
		"PATCH /v1/states/{name...}": c.set(c.named),
		"GET /v1/levels/{name...}":   c.levels(c.named),

		"GET /v1/version": c.version,

		"GET /v1/session":    c.session,
		"POST /v1/session":   c.session,
		"DELETE /v1/session": c.session,

		"GET /v1/devices":                 c.listDevices,
		"GET /v1/devices/{device}":        c.get(c.device),
		"PATCH /v1/devices/{device}":      c.set(c.device),
		"GET /v1/devices/{device}/levels": c.levels(c.device),
		"POST /v1/devices":                c.addDevice,
		"DELETE /v1/devices/{device}":     c.removeDevice,
		"GET /v1/devices/{device}/sdp":    c.description,
		"GET /v1/streams":                 c.listStreams,

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

		"GET /v1/live":              c.live(),
		"GET /v1/listen/{place...}": c.listen,
		"GET /v1/sound/{place...}":  c.sound,
		"GET /v1/history":           c.history,

		"GET /v1/nodes":             c.listNodes,
		"GET /v1/routes":            c.listRoutes,
		"GET /v1/routes/{route}":    c.getRoute,
		"POST /v1/routes":           c.addRoute,
		"DELETE /v1/routes/{route}": c.removeRoute,

		"GET /v1/recorders":                            c.listRecorders,
		"GET /v1/recorders/{recorder}":                 c.getRecorder,
		"GET /v1/recorders/{recorder}/segments":        c.listSegments,
		"GET /v1/recorders/{recorder}/segments/{file}": c.getSegment,
		"POST /v1/recorders/{recorder}/start":          c.startRecorder,
		"POST /v1/recorders/{recorder}/stop":           c.stopRecorder,
		"POST /v1/recorders/{recorder}/mark":           c.markRecorder,

		"POST /v1/reload":  c.reload,
		"POST /v1/diff":    c.diff,
		"POST /v1/upgrade": c.upgrade,

		"GET /v1/alarms":               c.listAlarms,
		"GET /v1/alarms/{alarm}":       c.getAlarm,
		"POST /v1/alarms/{alarm}/ack":  c.acknowledge,
		"POST /v1/alarms/{alarm}/test": c.testAlarm,

		"GET /v1/openapi.yaml": openAPI,

		"GET /{$}":           web.Page,
		"GET /web/{file...}": web.Files,

		"GET /metrics":                  metrics.Handler(c.sources()).ServeHTTP,
		"GET /debug/pprof/{profile...}": profiles,
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
	err := c.http.Serve(admitted{c.listener, &c.rest, c.operators, c.log})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close removes the socket, gives requests a moment to finish, and disconnects everyone.
func (c *Control) Close() error {
	close(c.quit)
	err := shutDown(&c.http)
	c.viewers.Wait()
	if closed := c.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

// shutDown closes the listener, if Serve was called, gives requests a moment to finish, and disconnects everyone.
func shutDown(s *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	return err
}

// admitted accepts only the peers that the socket allows.
type admitted struct {
	*listener
	rest  *rest
	crowd *crowd
	log   zerolog.Logger
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
		status := "403 Forbidden"
		if err == nil {
			o := &operator{Conn: conn, holder: holder}
			o.known.Store(true)
			if a.crowd.enter(o) {
				return o, nil
			}
			status, err = "503 Service Unavailable", errors.New(tooMany)
		} else {
			a.crowd.refuse(refusedUser)
		}
		a.log.Warn().Err(err).Int("uid", holder.UID).Int("pid", holder.PID).Msg("an operator was refused")
		hangUp(conn, status, err.Error())
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
