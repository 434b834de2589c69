// Package api is the JSON of the control API, a type for each schema of its description
// (openapi.yaml, which is here, too): what the daemon answers operators, what client/control
// reads, and what the command prints with --json. Keys never change their meaning.
package api

import (
	_ "embed"
	"encoding/json"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Description is the API as OpenAPI has it, in YAML.
//
//go:embed openapi.yaml
var Description string

// State is the audio(7I) state of a device, or of an end of a loop.
type State struct {
	Name  string     `json:"name"`
	Error string     `json:"error,omitempty"` // why it is of no more use; "" while it is
	Info  state.Info `json:"info"`

	Hardware *Hardware `json:"hardware,omitempty"` // of a device; nil: an end of a loop
}

// Hardware is what is behind a device.
type Hardware struct {
	RunsOn  string       `json:"runs_on"` // which card
	Format  audio.Format `json:"format"`
	Period  int          `json:"period"`  // frames
	Periods int          `json:"periods"` // of its buffer
	Xruns   uint64       `json:"xruns"`   // of the device itself
	Lost    uint64       `json:"lost_frames"`
	Thread  string       `json:"thread,omitempty"` // how it is scheduled; "": it has none
}

// Devices lists them.
type Devices struct {
	Devices []State `json:"devices"`
}

// Set is what a set gives back: the new state, but samples, eof and error from before where
// they were set (D18).
type Set struct {
	State
	Changes []Change `json:"changes"`
	Ignored []string `json:"ignored"` // fields that had no effect
}

// Change is a field that has another value.
type Change struct {
	Field string          `json:"field"`
	Old   json.RawMessage `json:"old"`
	New   json.RawMessage `json:"new"`
}

// ChangesOf returns changes as the API shows them.
func ChangesOf(all []state.Change) []Change {
	shown := make([]Change, len(all))
	for i, c := range all {
		shown[i].Field = c.Field.Name()
		shown[i].Old, shown[i].New = c.Values()
	}
	return shown
}

// Loop is a pair of ends.
type Loop struct {
	Name     string       `json:"name"`
	Device   string       `json:"device"`   // whose clock moves it
	Attached string       `json:"attached"` // play, record: the device is the server end; "": a program is
	Format   audio.Format `json:"format"`   // of the server, else the configured one
	State    string       `json:"state"`    // of both ends, in a word
	Waiting  int          `json:"waiting"`  // clients in the queue
	Sessions uint64       `json:"sessions"` // so far
	Frames   uint64       `json:"frames"`   // moved, in all sessions
	Skipped  uint64       `json:"skipped_frames"`
	Server   *End         `json:"server"`  // null: nobody holds it
	Clients  []End        `json:"clients"` // that hold the client end

	OnClientClose string `json:"on_client_close"` // reset, hold or silence
}

// End is an end of a loop that somebody holds.
type End struct {
	State      string       `json:"state"`
	Leaving    bool         `json:"leaving"` // its program has closed, its last frames are on their way
	Direction  string       `json:"direction"`
	Program    string       `json:"program"`
	PID        int          `json:"pid"` // 0: a device
	UID        int          `json:"uid"`
	Format     audio.Format `json:"format"`
	Converted  bool         `json:"converted"` // its format is not the loop's
	Period     int          `json:"period"`    // frames
	Buffer     int          `json:"buffer"`    // frames
	Frames     uint64       `json:"frames"`    // taken from it, or given to it
	Xruns      uint64       `json:"xruns"`
	XrunFrames uint64       `json:"xrun_frames"`
	Bad        uint64       `json:"bad_samples"` // no numbers, or infinite: they became 0
	Error      bool         `json:"error"`       // sticky: there was an xrun
	Paused     bool         `json:"paused"`
	Draining   bool         `json:"draining"` // its program waits for what it wrote to be taken

	Gain    int  `json:"gain"` // its own, as balance and mute
	Balance int  `json:"balance"`
	Mute    bool `json:"mute"`
}

// Loops lists them by name.
type Loops struct {
	Loops []Loop `json:"loops"`
}

// Ends returns the server and the first client. An end that nobody holds is closed, and has no
// direction.
func (l *Loop) Ends() (server, client End) {
	server, client = End{State: "closed"}, End{State: "closed"}
	if l.Server != nil {
		server = *l.Server
	}
	if len(l.Clients) > 0 {
		client = l.Clients[0]
	}
	return server, client
}

// Held reports whether somebody holds the end.
func (e *End) Held() bool { return e.Direction != "" }

// Levels are what a device, or the program at an end of a loop, played and recorded since they
// were asked for before; nothing at first.
type Levels struct {
	Play   SideLevels `json:"play"`
	Record SideLevels `json:"record"`
}

// SideLevels are by channel, in dBFS; nil is silence. The RMS of a sine at full scale is -3.01.
type SideLevels struct {
	Frames  uint64     `json:"frames"`
	Clipped uint64     `json:"clipped"` // samples beyond full scale
	Peak    []*float64 `json:"peak_db"`
	RMS     []*float64 `json:"rms_db"`
}

// Event is something that happened (D26).
type Event struct {
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Loop    string    `json:"loop,omitempty"`
	End     string    `json:"end,omitempty"`
	Program string    `json:"program,omitempty"`
	PID     int       `json:"pid,omitempty"`
	Device  string    `json:"device,omitempty"` // instead of loop, end, program and pid
	Changes []Change  `json:"changes,omitempty"`
	Note    string    `json:"note,omitempty"`
}

// Error is any failure.
type Error struct {
	Error    string         `json:"error"`
	Problems state.Problems `json:"problems,omitempty"` // of a set, by field
}
