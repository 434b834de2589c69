package server

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/record"
)

// Recorders shows and controls recorders. Its methods are called from any goroutine.
type Recorders interface {
	// Recorder returns a recorder. ErrNoDevice: there is none.
	Recorder(name string) (*record.Recorder, error)
	// Recorders returns all recorders by name.
	Recorders() []*record.Recorder
}

func (c *Control) listRecorders(w http.ResponseWriter, _ *http.Request) {
	all := api.Recorders{Recorders: []api.Recorder{}}
	for _, r := range c.Recorders.Recorders() {
		s := r.Status()
		all.Recorders = append(all.Recorders, showRecorder(&s))
	}
	answer(w, http.StatusOK, all)
}

func (c *Control) getRecorder(w http.ResponseWriter, r *http.Request) {
	c.withRecorder(w, r, func(*record.Recorder) error { return nil })
}

func (c *Control) startRecorder(w http.ResponseWriter, r *http.Request) {
	c.withRecorder(w, r, func(one *record.Recorder) error { one.Start(); return nil })
}

func (c *Control) stopRecorder(w http.ResponseWriter, r *http.Request) {
	c.withRecorder(w, r, func(one *record.Recorder) error { one.Stop(); return nil })
}

func (c *Control) markRecorder(w http.ResponseWriter, r *http.Request) {
	body, ok := bodyOf(w, r)
	if !ok {
		return
	}
	var m api.Mark
	if err := json.Unmarshal(body, &m); err != nil {
		answerError(w, http.StatusBadRequest, `not a mark, use an object such as {"text": "door opened"}`)
		return
	}
	c.withRecorder(w, r, func(one *record.Recorder) error { return one.Mark(m.Text) })
}

// withRecorder does something with the recorder of a request, and answers with its status.
func (c *Control) withRecorder(w http.ResponseWriter, r *http.Request, do func(*record.Recorder) error) {
	one, err := c.Recorders.Recorder(r.PathValue("recorder"))
	if err == nil {
		err = do(one)
	}
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	s := one.Status()
	answer(w, http.StatusOK, showRecorder(&s))
}

func showRecorder(s *record.Status) api.Recorder {
	r := api.Recorder{
		Name: s.Name, Of: s.Of, Path: s.Path, Kind: s.Spec.Format.String(), Trigger: s.Trigger, State: string(s.State),
		File: s.File, Position: s.Position, Frames: s.Frames, Bytes: s.Bytes, Segments: s.Segments, Gaps: s.Gaps, Missing: s.Missing,
		Silent: s.Silent, Removed: s.Removed, Queued: s.Waits, Room: s.Room, Memory: s.Memory, Free: s.Free,
		Lasts: s.Lasts.Seconds(), Preroll: s.Preroll.Seconds(),
	}
	if s.Error != nil {
		r.Error = s.Error.Error()
	}
	if s.Format.Channels > 0 {
		f := s.Format
		r.Format = &f
	}
	if s.File != "" {
		r.Seconds = *rounded(time.Since(s.Since).Seconds(), 3)
	}
	return r
}
