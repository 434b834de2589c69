package server

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/servo"
)

// Routes shows, adds and removes routes. Its methods are called from any goroutine.
type Routes interface {
	// Add adds the route that a JSON object describes, with the keys of the configuration. ErrInvalid lists
	// all that is wrong with it. ErrNoDevice, ErrAccess: a place is not there, or has the other direction.
	// ErrBusy: its name is taken.
	Add(text []byte) (name string, err error)
	// Remove fades a route out and removes it. ErrNoDevice: there is no such route.
	Remove(name string) error
	// Route returns a route. ErrNoDevice: there is none.
	Route(name string) (*route.Route, error)
	// Routes returns all routes by name.
	Routes() []*route.Route
}

func (c *Control) listRoutes(w http.ResponseWriter, _ *http.Request) {
	all := api.Routes{Routes: []api.Route{}}
	for _, r := range c.Routes.Routes() {
		s := r.Status()
		all.Routes = append(all.Routes, showRoute(&s))
	}
	answer(w, http.StatusOK, all)
}

func (c *Control) getRoute(w http.ResponseWriter, r *http.Request) {
	c.answerRoute(w, http.StatusOK, r.PathValue("route"))
}

func (c *Control) answerRoute(w http.ResponseWriter, code int, name string) {
	r, err := c.Routes.Route(name)
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	s := r.Status()
	answer(w, code, showRoute(&s))
}

func (c *Control) addRoute(w http.ResponseWriter, r *http.Request) {
	body, ok := bodyOf(w, r)
	if !ok {
		return
	}
	name, err := c.Routes.Add(body)
	if err != nil {
		code := status(err)
		if errors.Is(err, audio.ErrNoDevice) || errors.Is(err, audio.ErrAccess) { // a place of the request
			code = http.StatusBadRequest
		}
		answerError(w, code, err.Error())
		return
	}
	c.answerRoute(w, http.StatusCreated, name)
}

func (c *Control) removeRoute(w http.ResponseWriter, r *http.Request) {
	done(w, c.Routes.Remove(r.PathValue("route")))
}

func showRoute(s *route.Status) api.Route {
	r := api.Route{
		Name: s.Name, From: s.From, To: s.To, State: string(s.State), WaitsFor: s.WaitsFor,
		Gain: s.Setting.Gain, Balance: s.Setting.Balance, Mute: s.Setting.Mute, Pause: s.Paused,
		Frames: s.Frames, Missing: s.Missing, Drift: s.Drift.String(), Quality: s.Quality.String(),
		Feedback: s.Feedback, Actuator: string(s.Actuator),
	}
	if s.Actuator == route.ByPitch {
		r.Pitch = &api.RoutePitch{Device: s.Moves, PPM: *rounded(s.PPM, 3)}
	}
	if s.Why != nil {
		r.NoPitch = s.Why.Error()
	}
	if s.Err != nil {
		r.Error = s.Err.Error()
	}
	if len(s.FromChannels) > 0 {
		r.Channels = listText(s.FromChannels) + " -> " + listText(s.ToChannels)
	}
	if s.Follows {
		r.Clock = showClock(s)
	}
	return r
}

func listText(channels []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(channels), "[]"), " ", ",")
}

func showClock(s *route.Status) *api.RouteClock {
	v := &s.Servo
	c := &api.RouteClock{
		State: v.State.String(), Target: *milliseconds(s, v.Target), Resyncs: v.Resyncs, Reason: v.Reason.String(),
	}
	if v.State != servo.Lost {
		c.PPM, c.Ratio = rounded((v.Ratio-1)*1e6, 3), rounded(v.Ratio, 9)
		c.Error, c.Latency = rounded(v.Latency-v.Target, 3), milliseconds(s, v.Latency)
	}
	if v.State == servo.Locked {
		c.Least, c.Most = milliseconds(s, v.Least), milliseconds(s, v.Most)
		c.Locked = rounded(float64(v.Now-v.Since)/1e9, 1)
	}
	return c
}

// milliseconds converts frames of the source.
func milliseconds(s *route.Status, frames float64) *float64 {
	return rounded(s.Seconds(frames).Seconds()*1e3, 3)
}

// rounded rounds to a number of decimals.
func rounded(x float64, decimals int) *float64 {
	scale := math.Pow10(decimals)
	x = math.Round(x*scale) / scale
	return &x
}
