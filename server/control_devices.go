package server

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// deviceReply is a device.
type deviceReply struct {
	Name  string     `json:"name"`
	Error string     `json:"error,omitempty"` // why it is of no more use
	Info  audio.Info `json:"info"`
}

// setReply is what a set gives back: the new state, with the counters from before where
// they were set (D18).
type setReply struct {
	deviceReply
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

func (c *Control) device(w http.ResponseWriter, r *http.Request) *loop.Engine {
	e, err := c.find(r.PathValue("device"))
	if err != nil {
		answerError(w, http.StatusNotFound, err.Error())
	}
	return e
}

func reply(e *loop.Engine) deviceReply {
	d := deviceReply{Name: e.Name(), Info: e.Info()}
	if err := e.Err(); err != nil {
		d.Error = err.Error()
	}
	return d
}

func (c *Control) listDevices(w http.ResponseWriter, _ *http.Request) {
	all := []deviceReply{}
	for _, e := range c.Devices {
		all = append(all, reply(e))
	}
	answer(w, http.StatusOK, map[string]any{"devices": all})
}

func (c *Control) getDevice(w http.ResponseWriter, r *http.Request) {
	if e := c.device(w, r); e != nil {
		answer(w, http.StatusOK, reply(e))
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

// setDevice is SETINFO.
func (c *Control) setDevice(w http.ResponseWriter, r *http.Request) {
	e := c.device(w, r)
	if e == nil {
		return
	}
	body, ok := bodyOf(w, r)
	if !ok {
		return
	}
	p, err := audio.ParsePatchJSON(body)
	var set audio.Reply
	var changes []audio.Change
	if err == nil {
		set, _, changes, err = c.set(e, p)
	}
	if err != nil {
		var problems audio.Problems
		errors.As(err, &problems)
		answer(w, status(err), errorReply{Error: err.Error(), Problems: problems})
		return
	}
	s := setReply{deviceReply: reply(e), Changes: changes, Ignored: []string{}}
	s.Info = set.Info
	for f := range set.Ignored.All() {
		s.Ignored = append(s.Ignored, f.Name())
	}
	answer(w, http.StatusOK, s)
}
