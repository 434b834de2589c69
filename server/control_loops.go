package server

import (
	"net/http"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

func showLoop(s *loop.Status) api.Loop {
	l := api.Loop{
		Name: s.Name, Device: s.Device, Format: s.Format, State: s.State(),
		Waiting: s.Waiting, Sessions: s.Sessions, Frames: s.Frames, Skipped: s.Skipped, Clients: []api.End{},
		OnClientClose: s.OnClientClose.String(),
	}
	if s.Attached != 0 {
		l.Attached = s.Attached.String()
	}
	if s.Server.Open {
		server := showEnd(&s.Server, s.Format)
		l.Server = &server
	}
	for i := range s.Clients {
		l.Clients = append(l.Clients, showEnd(&s.Clients[i], s.Format))
	}
	return l
}

// showEnd converts the status of an end of a loop in format f.
func showEnd(s *loop.EndStatus, f audio.Format) api.End {
	return api.End{
		State: s.State.String(), Leaving: s.Gone, Direction: pcm.Verb(s.Direction), Program: s.Holder.Program,
		PID: s.Holder.PID, UID: s.Holder.UID, Format: s.Format, Converted: s.Converted(f),
		Period: s.Period, Buffer: s.Buffer, Frames: s.Moved,
		Xruns: s.Xruns, XrunFrames: s.XrunFrames, Bad: s.Bad, Error: s.Error, Paused: s.Paused, Draining: s.Draining,
		Gain: s.Mix.Gain, Balance: s.Mix.Balance, Mute: s.Mix.Mute,
	}
}

func (c *Control) listLoops(w http.ResponseWriter, _ *http.Request) {
	all := api.Loops{Loops: []api.Loop{}}
	for _, s := range c.Bay.Status() {
		all.Loops = append(all.Loops, showLoop(&s))
	}
	answer(w, http.StatusOK, all)
}

func (c *Control) getLoop(w http.ResponseWriter, r *http.Request) {
	c.answerLoop(w, http.StatusOK, r.PathValue("loop"))
}

func (c *Control) answerLoop(w http.ResponseWriter, code int, name string) {
	for _, s := range c.Bay.Status() {
		if s.Name == name {
			answer(w, code, showLoop(&s))
			return
		}
	}
	answerError(w, http.StatusNotFound, "there is no loop "+name)
}

func (c *Control) addLoop(w http.ResponseWriter, r *http.Request) {
	body, ok := bodyOf(w, r)
	if !ok {
		return
	}
	name, err := c.Loops.Add(body)
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	c.answerLoop(w, http.StatusCreated, name)
}

// drainLoop answers when everything has been played, or gives up when the operator has gone.
func (c *Control) drainLoop(w http.ResponseWriter, r *http.Request) {
	done(w, c.Bay.Drain(r.Context(), r.PathValue("loop")))
}

func (c *Control) haltLoop(w http.ResponseWriter, r *http.Request) {
	done(w, c.Bay.Halt(r.Context(), r.PathValue("loop")))
}

// done answers a request that has no result.
func done(w http.ResponseWriter, err error) {
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (c *Control) removeLoop(w http.ResponseWriter, r *http.Request) {
	done(w, c.Loops.Remove(r.PathValue("loop")))
}
