// Package control gives Go programs the daemon's HTTP API: what operators see and set.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client/internal/reach"
)

// Client calls the daemon's HTTP API. Its methods may be called from any goroutine, and block. All
// return ErrNoDaemon if there is no daemon, ErrPermission if it refuses the caller, ErrTimedOut if
// it does not answer within 5 s or the time set by client.WithPatience, and ErrReset if it goes
// during the call.
type Client struct {
	http   http.Client
	socket string                 // of programs; over TCP, the address
	base   string                 // of all URLs
	token  func() (string, error) // over TCP; nil: the unix socket
}

// Socket returns the operators' socket of the daemon whose programs connect to socket.
func Socket(socket string) string { return socket + ".control" }

// New returns a Client for the daemon whose programs connect to socket. It connects on first use.
func New(socket string) *Client {
	c := &Client{socket: socket, base: "http://loopbridge"}
	c.http.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := reach.Dial(ctx, "unix", Socket(socket), socket)
		if err != nil {
			return nil, err // not a nil *net.UnixConn in an interface
		}
		return conn, nil
	}}
	return c
}

// Version returns what the daemon is. ErrNoDevice: it is of a release that does not say.
func (c *Client) Version(ctx context.Context) (v api.Version, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/version", nil, &v)
	return v, err
}

// Close closes the connections that wait for another call.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Metrics returns what the daemon counts, in the text format of Prometheus.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	var text bytes.Buffer
	err := c.do(ctx, http.MethodGet, "/metrics", nil, &text)
	return text.Bytes(), err
}

// Devices lists all devices.
func (c *Client) Devices(ctx context.Context) ([]api.State, error) {
	var list api.Devices
	err := c.do(ctx, http.MethodGet, "/v1/devices", nil, &list)
	return list.Devices, err
}

// State returns the state of a device or of an end of a loop. For a loop, NAME is the client end
// with all clients, NAME/server the other one, NAME/PID a single client. "" is the first device
// that plays or records, or else the only one. ErrNoDevice: nothing has that name.
func (c *Client) State(ctx context.Context, name string) (s api.State, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/states/"+url.PathEscape(name), nil, &s)
	return s, err
}

// Set applies all of the patch or nothing to what State would return. ErrInvalid and ErrBusy give
// the reasons, by field.
func (c *Client) Set(ctx context.Context, name string, p state.Patch) (s api.Set, err error) {
	body, err := json.Marshal(p)
	if err == nil {
		err = c.do(ctx, http.MethodPatch, "/v1/states/"+url.PathEscape(name), body, &s)
	}
	return s, err
}

// Loops lists all loops by name.
func (c *Client) Loops(ctx context.Context) ([]api.Loop, error) {
	var list api.Loops
	err := c.do(ctx, http.MethodGet, "/v1/loops", nil, &list)
	return list.Loops, err
}

// Loop returns a loop. ErrNoDevice: there is none with that name.
func (c *Client) Loop(ctx context.Context, name string) (l api.Loop, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/loops/"+url.PathEscape(name), nil, &l)
	return l, err
}

// Levels reads and resets the meters of a device or an end, named as for State. They measure the
// sound behind its controls. For several clients together, each channel is that of the loudest.
// ErrNoDevice: nothing has that name.
func (c *Client) Levels(ctx context.Context, name string) (api.Levels, error) {
	var l api.Levels
	err := c.do(ctx, http.MethodGet, "/v1/levels/"+url.PathEscape(name), nil, &l)
	return l, err
}

// AddLoop adds the loop that a JSON object describes, with the keys of the configuration.
// ErrInvalid lists all that is wrong with it. ErrBusy: its name is taken.
func (c *Client) AddLoop(ctx context.Context, text []byte) error {
	return c.do(ctx, http.MethodPost, "/v1/loops", text, nil)
}

// Routes lists all routes by name.
func (c *Client) Routes(ctx context.Context) ([]api.Route, error) {
	var list api.Routes
	err := c.do(ctx, http.MethodGet, "/v1/routes", nil, &list)
	return list.Routes, err
}

// Nodes returns the device nodes by path.
func (c *Client) Nodes(ctx context.Context) ([]api.Node, error) {
	var list api.Nodes
	err := c.do(ctx, http.MethodGet, "/v1/nodes", nil, &list)
	return list.Nodes, err
}

// Route returns a route. ErrNoDevice: there is none with that name.
func (c *Client) Route(ctx context.Context, name string) (r api.Route, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/routes/"+url.PathEscape(name), nil, &r)
	return r, err
}

// AddRoute adds the route that a JSON object describes, with the keys of the configuration, and returns it.
// ErrInvalid lists all that is wrong with it. ErrBusy: its name is taken.
func (c *Client) AddRoute(ctx context.Context, text []byte) (r api.Route, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/routes", text, &r)
	return r, err
}

// RemoveRoute fades a route out and removes it. ErrNoDevice: there is no such route.
func (c *Client) RemoveRoute(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/v1/routes/"+url.PathEscape(name), nil, nil)
}

// Drain blocks until everything written into a loop has been played. ErrNoDevice: there is no such
// loop. ErrBusy: a stream ended before that.
func (c *Client) Drain(ctx context.Context, loop string) error {
	return c.await(ctx, http.MethodPost, "/v1/loops/"+url.PathEscape(loop)+"/drain", nil)
}

// Halt drops the frames on their way through a loop and ends its sessions. ErrNoDevice.
func (c *Client) Halt(ctx context.Context, loop string) error {
	return c.await(ctx, http.MethodPost, "/v1/loops/"+url.PathEscape(loop)+"/halt", nil)
}

// upgradePath is where a daemon is asked to let another program take its place.
const upgradePath = "/v1/upgrade"

// Upgrade lets the program that is now at the daemon's path take its place, while all programs go on, and returns when it has.
// changed: only if that is another program than the one that runs; if not, the answer has no To. ErrUnsupported and
// ErrBusy say why it has not; then nothing has changed.
func (c *Client) Upgrade(ctx context.Context, changed bool) (u api.Upgrade, err error) {
	path := upgradePath
	if changed {
		path += "?if=changed"
	}
	err = c.await(ctx, http.MethodPost, path, &u)
	return u, err
}

// RemoveLoop removes a loop and disconnects its programs. ErrNoDevice: there is no such loop.
func (c *Client) RemoveLoop(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/v1/loops/"+url.PathEscape(name), nil, nil)
}

// Reload makes the daemon read its configuration again, and returns what has changed. It returns when all of it
// has, however long that takes. ErrInvalid lists all that is wrong with the file; after any error nothing has changed.
func (c *Client) Reload(ctx context.Context) (r api.Reload, err error) {
	err = c.await(ctx, http.MethodPost, "/v1/reload", &r)
	return r, err
}

// Diff returns what a reload would change if the daemon's file had this text. name is the path of the file, for messages.
func (c *Client) Diff(ctx context.Context, name string, text []byte) (r api.Reload, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/diff?name="+url.QueryEscape(name), text, &r)
	return r, err
}

// do makes a request that the daemon answers at once.
func (c *Client) do(ctx context.Context, method, path string, body []byte, to any) error {
	return reach.Bound(ctx, c.socket, func(ctx context.Context) error {
		return c.exchange(ctx, method, path, body, to)
	})
}

// await makes a request that the daemon answers when others are done.
func (c *Client) await(ctx context.Context, method, path string, to any) error {
	probe := func(ctx context.Context) error { return c.exchange(ctx, http.MethodGet, "/v1/openapi.yaml", nil, nil) }
	return reach.Watch(ctx, c.socket, probe, func(ctx context.Context) error {
		return c.exchange(ctx, method, path, nil, to)
	})
}

func (c *Client) exchange(ctx context.Context, method, path string, body []byte, to any) error {
	r, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if to == nil {
		return nil
	}
	if raw, ok := to.(io.Writer); ok {
		_, err = io.Copy(raw, r.Body)
		return err
	}
	return json.NewDecoder(r.Body).Decode(to)
}

// send returns a successful response, or an error. It asks again what it has asked a program that another one has replaced just
// then: such a program leaves no request without an answer that it has begun to carry out.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	began := time.Now()
	r, err := c.ask(ctx, method, path, body)
	if errors.Is(err, audio.ErrReset) && !strings.HasPrefix(path, upgradePath) && c.replacedSince(ctx, began) {
		r, err = c.ask(ctx, method, path, body)
	}
	return r, err
}

// replacedSince reports whether another program has taken the place of the daemon's since then.
func (c *Client) replacedSince(ctx context.Context, then time.Time) bool {
	var v api.Version
	r, err := c.ask(ctx, http.MethodGet, "/v1/version", nil)
	if err != nil {
		return false
	}
	defer r.Body.Close()
	err = json.NewDecoder(r.Body).Decode(&v)
	return err == nil && v.Handovers > 0 && time.Duration(v.Serving)*time.Millisecond <= time.Since(then)
}

// ask is send, once.
func (c *Client) ask(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, c.wrongAddress()
	}
	if err := c.authorize(q); err != nil {
		return nil, err
	}
	r, err := c.http.Do(q)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// The error of the dial is a sentence already.
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			for _, known := range []error{audio.ErrNoDaemon, audio.ErrPermission, audio.ErrNoMemory} {
				if errors.Is(err, known) {
					return nil, wrapped.Err
				}
			}
		}
		if unreachable := c.unreachable(err); unreachable != nil {
			return nil, unreachable
		}
		return nil, audio.ErrReset.With("the daemon on %s has gone", c.socket)
	}
	if r.StatusCode < 300 {
		return r, nil
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var failure struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(text, &failure) != nil {
		failure.Error = strings.TrimSpace(string(text))
	}
	return nil, errorOf(r.StatusCode, failure.Error)
}

func errorOf(status int, text string) error {
	switch status {
	case http.StatusBadRequest:
		return audio.ErrInvalid.With("%s", text)
	case http.StatusNotFound:
		return audio.ErrNoDevice.With("%s", text)
	case http.StatusConflict:
		return audio.ErrBusy.With("%s", text)
	case http.StatusForbidden, http.StatusUnauthorized:
		return audio.ErrPermission.With("%s", text)
	}
	return fmt.Errorf("the daemon says: %s", text)
}
