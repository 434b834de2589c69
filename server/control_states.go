package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/servo"
	"github.com/loopbridge/loopbridge/wire"
)

// maxBody limits the body of a request.
const maxBody = 64 << 10

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(body) // an operator that has gone needs no answer
}

func answerError(w http.ResponseWriter, code int, text string) {
	answer(w, code, api.Error{Error: text})
}

func (c *Control) reply(s loop.Subject) api.State {
	r := api.State{Name: s.Name(), Info: s.Info()}
	if err := s.Err(); err != nil {
		r.Error = err.Error()
	}
	if device, ok := s.(*loop.Engine); ok {
		r.Hardware = c.hardware(device)
	}
	return r
}

func (c *Control) hardware(e *loop.Engine) *api.Hardware {
	g := e.Granted()
	h := &api.Hardware{RunsOn: e.RunsOn(), Format: g.Format, Period: g.Period, Periods: g.Periods, Network: showNetwork(e)}
	h.Xruns, h.Lost = e.Xruns()
	var clock servo.Estimate
	if e.Clock().Load(&clock) && clock.Locked {
		h.ClockPPM = rounded(clock.PPM(), 2)
	}
	if c.Thread != nil {
		h.Thread = c.Thread(e.Name())
	}
	return h
}

func (c *Control) version(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, c.versionOf())
}

func (c *Control) versionOf() api.Version {
	v := api.Version{Version: c.Version, Go: runtime.Version(), Protocol: wire.Version, PID: os.Getpid()}
	if c.Counts != nil {
		if v.Handovers = c.Counts().Handovers; v.Handovers > 0 {
			v.Serving = time.Since(c.began).Milliseconds()
		}
	}
	return v
}

func (c *Control) listDevices(w http.ResponseWriter, _ *http.Request) {
	all := api.Devices{Devices: []api.State{}}
	for _, e := range c.Bay.Devices() {
		all.Devices = append(all.Devices, c.reply(e))
	}
	answer(w, http.StatusOK, all)
}

// finder returns the subject of a request.
type finder func(r *http.Request) (loop.Subject, error)

// named finds a device, an end of a loop or a route by any of its names.
func (c *Control) named(r *http.Request) (loop.Subject, error) {
	name := r.PathValue("name")
	s, err := c.Bay.Find(name)
	if route, isRoute := strings.CutPrefix(name, "route/"); err != nil && isRoute && c.Routes != nil {
		_, err = c.Routes.Route(route) // the better sentence
	}
	return s, err
}

func (c *Control) device(r *http.Request) (loop.Subject, error) {
	return c.Bay.Device(r.PathValue("device"))
}

// end finds an end by the name client or server, or by the PID of a client.
func (c *Control) end(r *http.Request) (loop.Subject, error) {
	return c.Bay.EndControls(r.PathValue("loop") + "/" + r.PathValue("end"))
}

// get answers with a state.
func (c *Control) get(find finder) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := find(r)
		if err != nil {
			answerError(w, status(err), err.Error())
			return
		}
		answer(w, http.StatusOK, c.reply(s))
	}
}

// bodyOf reads the body of a request, or answers with the error.
func bodyOf(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	return bodyUpTo(w, r, maxBody)
}

// bodyUpTo is bodyOf with a limit of its own.
func bodyUpTo(w http.ResponseWriter, r *http.Request, most int64) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		answerError(w, http.StatusBadRequest, "cannot read the request: "+err.Error())
	}
	return body, err == nil
}

// set performs SETINFO.
func (c *Control) set(find finder) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := find(r)
		if err != nil {
			answerError(w, status(err), err.Error())
			return
		}
		body, ok := bodyOf(w, r)
		if !ok {
			return
		}
		p, err := state.ParsePatchJSON(body)
		var set state.Reply
		if err == nil {
			set, err = s.Set(p)
		}
		if err != nil {
			var problems state.Problems
			errors.As(err, &problems)
			answer(w, status(err), api.Error{Error: err.Error(), Problems: problems})
			return
		}
		now := api.Set{State: c.reply(s), Changes: api.ChangesOf(set.Changes), Ignored: []string{}}
		now.Info = set.Info
		for f := range set.Ignored.All() {
			now.Ignored = append(now.Ignored, f.Name())
		}
		answer(w, http.StatusOK, now)
	}
}
