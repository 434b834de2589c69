package server

import (
	"encoding/json"
	"net/http"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"

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

// listSegments lists what a recorder has written, the newest first.
func (c *Control) listSegments(w http.ResponseWriter, r *http.Request) {
	one, err := c.Recorders.Recorder(r.PathValue("recorder"))
	var segments []record.Segment
	if err == nil {
		segments, err = one.Segments()
	}
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	all := api.Segments{Segments: []api.Segment{}, More: max(0, len(segments)-maxSegments)}
	for _, s := range segments[:min(len(segments), maxSegments)] {
		all.Segments = append(all.Segments, api.Segment{File: s.File, Number: s.Number, Bytes: s.Bytes, Ended: s.Ended, Changed: s.Changed})
	}
	answer(w, http.StatusOK, all)
}

// maxSegments is how many are listed.
const maxSegments = 1000

// getSegment sends a segment, or a range of it, as it is on the disk.
func (c *Control) getSegment(w http.ResponseWriter, r *http.Request) {
	one, err := c.Recorders.Recorder(r.PathValue("recorder"))
	var s record.Segment
	if err == nil {
		s, err = one.Segment(r.PathValue("file"))
	}
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	f, err := os.OpenFile(s.Path(), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		answerError(w, http.StatusInternalServerError, "the segment cannot be read: "+err.Error())
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", map[string]string{".flac": "audio/flac"}[path.Ext(s.File)])
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "audio/wav")
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", s.Changed, f)
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
