package server

import (
	"net/http"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// loopReply is a loop.
type loopReply struct {
	Name     string       `json:"name"`
	Device   string       `json:"device"`
	Attached string       `json:"attached"` // play, record, or nothing: the server is a program
	Format   audio.Format `json:"format"`
	Waiting  int          `json:"waiting"`
	Sessions uint64       `json:"sessions"`
	Frames   uint64       `json:"frames"`
	Skipped  uint64       `json:"skipped_frames"`
	Server   *endReply    `json:"server"` // null: nobody holds it
	Clients  []endReply   `json:"clients"`

	OnClientClose string `json:"on_client_close"`
}

// endReply is an end that somebody holds.
type endReply struct {
	State      string       `json:"state"`
	Leaving    bool         `json:"leaving"`
	Direction  string       `json:"direction"`
	Program    string       `json:"program"`
	PID        int          `json:"pid"`
	UID        int          `json:"uid"`
	Format     audio.Format `json:"format"`
	Period     int          `json:"period"`
	Buffer     int          `json:"buffer"`
	Frames     uint64       `json:"frames"`
	Xruns      uint64       `json:"xruns"`
	XrunFrames uint64       `json:"xrun_frames"`
	Bad        uint64       `json:"bad_samples"`
	Error      bool         `json:"error"`
	Paused     bool         `json:"paused"`
	Draining   bool         `json:"draining"`

	Gain    int  `json:"gain"` // its own, as balance and mute
	Balance int  `json:"balance"`
	Mute    bool `json:"mute"`
}

func loopReplyOf(s *loop.Status) loopReply {
	l := loopReply{
		Name: s.Name, Device: s.Device, Attached: s.Attached.String(), Format: s.Format, Waiting: s.Waiting,
		Sessions: s.Sessions, Frames: s.Frames, Skipped: s.Skipped, Clients: []endReply{},
		OnClientClose: s.OnClientClose.String(),
	}
	if s.Server.Open {
		server := endReplyOf(&s.Server)
		l.Server = &server
	}
	for i := range s.Clients {
		l.Clients = append(l.Clients, endReplyOf(&s.Clients[i]))
	}
	return l
}

func endReplyOf(s *loop.EndStatus) endReply {
	return endReply{
		State: s.State.String(), Leaving: s.Gone, Direction: s.Direction.String(), Program: s.Holder.Program,
		PID: s.Holder.PID, UID: s.Holder.UID, Format: s.Format, Period: s.Period, Buffer: s.Buffer, Frames: s.Moved,
		Xruns: s.Xruns, XrunFrames: s.XrunFrames, Bad: s.Bad, Error: s.Error, Paused: s.Paused, Draining: s.Draining,
		Gain: s.Mix.Gain, Balance: s.Mix.Balance, Mute: s.Mix.Mute,
	}
}

func (c *Control) listLoops(w http.ResponseWriter, _ *http.Request) {
	all := []loopReply{}
	for _, s := range c.Bay.Status() {
		all = append(all, loopReplyOf(&s))
	}
	answer(w, http.StatusOK, map[string]any{"loops": all})
}

func (c *Control) getLoop(w http.ResponseWriter, r *http.Request) {
	c.answerLoop(w, http.StatusOK, r.PathValue("loop"))
}

func (c *Control) answerLoop(w http.ResponseWriter, code int, name string) {
	for _, s := range c.Bay.Status() {
		if s.Name == name {
			answer(w, code, loopReplyOf(&s))
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

// drainLoop answers when all is played, or the operator has gone.
func (c *Control) drainLoop(w http.ResponseWriter, r *http.Request) {
	done(w, c.Bay.Drain(r.Context(), r.PathValue("loop")))
}

func (c *Control) haltLoop(w http.ResponseWriter, r *http.Request) {
	done(w, c.Bay.Halt(r.Context(), r.PathValue("loop")))
}

// done answers what has nothing to say but that it is done.
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
