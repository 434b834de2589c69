package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// stateReply is a device, or an end of a loop.
type stateReply struct {
	Name  string     `json:"name"`
	Error string     `json:"error,omitempty"` // why it is of no more use
	Info  audio.Info `json:"info"`

	Hardware *hardwareReply `json:"hardware,omitempty"` // of a device
}

// hardwareReply is what is behind a device.
type hardwareReply struct {
	RunsOn  string       `json:"runs_on"`
	Format  audio.Format `json:"format"`
	Period  int          `json:"period"`
	Periods int          `json:"periods"`
	Xruns   uint64       `json:"xruns"`
	Lost    uint64       `json:"lost_frames"`
	Thread  string       `json:"thread,omitempty"`
}

// setReply is what a set gives back: the new state, with the counters from before where
// they were set (D18).
type setReply struct {
	stateReply
	Changes []audio.Change `json:"changes"`
	Ignored []string       `json:"ignored"`
}

// errorReply is any failure.
type errorReply struct {
	Error    string         `json:"error"`
	Problems audio.Problems `json:"problems,omitempty"`
}

// maxBody bounds a request.
const maxBody = 64 << 10

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	_ = enc.Encode(body) // who has gone needs no answer
}

func answerError(w http.ResponseWriter, code int, text string) {
	answer(w, code, errorReply{Error: text})
}

func (c *Control) reply(s loop.Subject) stateReply {
	r := stateReply{Name: s.Name(), Info: s.Info()}
	if err := s.Err(); err != nil {
		r.Error = err.Error()
	}
	if device, ok := s.(*loop.Engine); ok {
		r.Hardware = c.hardware(device)
	}
	return r
}

func (c *Control) hardware(e *loop.Engine) *hardwareReply {
	g := e.Granted()
	h := &hardwareReply{RunsOn: e.RunsOn(), Format: g.Format, Period: g.Period, Periods: g.Periods}
	h.Xruns, h.Lost = e.Xruns()
	if c.Thread != nil {
		h.Thread = c.Thread(e.Name())
	}
	return h
}

func (c *Control) listDevices(w http.ResponseWriter, _ *http.Request) {
	all := []stateReply{}
	for _, e := range c.Bay.Devices() {
		all = append(all, c.reply(e))
	}
	answer(w, http.StatusOK, map[string]any{"devices": all})
}

// finder finds what a request is about.
type finder func(r *http.Request) (loop.Subject, error)

// named is about a device, or an end of a loop, by any of its names.
func (c *Control) named(r *http.Request) (loop.Subject, error) {
	return c.Bay.Find(r.PathValue("name"))
}

func (c *Control) device(r *http.Request) (loop.Subject, error) {
	return c.Bay.Device(r.PathValue("device"))
}

// end is named client, server, or by the pid of a client.
func (c *Control) end(r *http.Request) (loop.Subject, error) {
	return c.Bay.Strip(r.PathValue("loop") + "/" + r.PathValue("end"))
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

// bodyOf reads a request, or answers it.
func bodyOf(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		answerError(w, http.StatusBadRequest, "cannot read the request: "+err.Error())
	}
	return body, err == nil
}

// set is SETINFO.
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
		p, err := audio.ParsePatchJSON(body)
		var set audio.Reply
		if err == nil {
			set, err = s.Set(p)
		}
		if err != nil {
			var problems audio.Problems
			errors.As(err, &problems)
			answer(w, status(err), errorReply{Error: err.Error(), Problems: problems})
			return
		}
		now := setReply{stateReply: c.reply(s), Changes: set.Changes, Ignored: []string{}}
		now.Info = set.Info
		for f := range set.Ignored.All() {
			now.Ignored = append(now.Ignored, f.Name())
		}
		answer(w, http.StatusOK, now)
	}
}
