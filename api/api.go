// Package api defines the JSON of the control API, with a type for each schema in openapi.yaml:
// what the daemon answers operators, what client/control reads, and what the command prints with
// --json. Keys never change their meaning.
package api

import (
	_ "embed"
	"encoding/json"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// Description is the OpenAPI description of the API, in YAML.
//
//go:embed openapi.yaml
var Description string

// State is the audio(7I) state of a device, or of an end of a loop.
type State struct {
	Name  string     `json:"name"`
	Error string     `json:"error,omitempty"` // why it can no longer be used; "": it can
	Info  state.Info `json:"info"`

	Hardware *Hardware `json:"hardware,omitempty"` // of a device; nil for an end of a loop
}

// Hardware describes what is behind a device.
type Hardware struct {
	RunsOn  string       `json:"runs_on"` // the card
	Format  audio.Format `json:"format"`
	Period  int          `json:"period"`  // frames
	Periods int          `json:"periods"` // in its buffer
	Xruns   uint64       `json:"xruns"`   // of the device itself
	Lost    uint64       `json:"lost_frames"`
	Thread  string       `json:"thread,omitempty"` // how it is scheduled; "": the device has no thread

	// ClockPPM is by how much its clock is faster than nominal, measured against CLOCK_MONOTONIC while it
	// runs, in parts per million; nil: not known yet.
	ClockPPM *float64 `json:"clock_ppm"`

	Network *Network `json:"network,omitempty"` // of a device of the network; nil: it runs on none now
}

// Version says what a program is.
type Version struct {
	Version  string `json:"version"`
	Go       string `json:"go_version"`
	Protocol int    `json:"protocol_version"` // between programs and the daemon
	PID      int    `json:"pid,omitempty"`    // of the daemon, as it sees itself; 0: not a daemon

	// Handovers is how often another program has taken the place of the daemon's since the daemon was started.
	Handovers uint64 `json:"handovers,omitempty"`
	// Serving is for how many milliseconds the program has answered that took its place last.
	Serving int64 `json:"serving_ms,omitempty"`
}

// Devices is a list of devices.
type Devices struct {
	Devices []State `json:"devices"`
}

// Set is the result of a set: the new state, except that samples, eof and error have their old
// values if they were set.
type Set struct {
	State
	Changes []Change `json:"changes"`
	Ignored []string `json:"ignored"` // fields that had no effect
}

// Change is a field whose value changed.
type Change struct {
	Field string          `json:"field"`
	Old   json.RawMessage `json:"old"`
	New   json.RawMessage `json:"new"`
}

// ChangesOf converts changes for the API.
func ChangesOf(all []state.Change) []Change {
	shown := make([]Change, len(all))
	for i, c := range all {
		shown[i].Field = c.Field.Name()
		shown[i].Old, shown[i].New = c.Values()
	}
	return shown
}

// Loop is the status of a loop.
type Loop struct {
	Name     string       `json:"name"`
	Device   string       `json:"device"`   // the device that clocks it
	Attached string       `json:"attached"` // play, record: the device is the server end; "": a program is
	Format   audio.Format `json:"format"`   // of the server, else as configured
	State    string       `json:"state"`    // of both ends, in one word
	Waiting  int          `json:"waiting"`  // queued clients
	Sessions uint64       `json:"sessions"` // so far
	Frames   uint64       `json:"frames"`   // moved in all sessions
	Skipped  uint64       `json:"skipped_frames"`
	Server   *End         `json:"server"`  // null: not held
	Clients  []End        `json:"clients"` // those that hold the client end

	OnClientClose string `json:"on_client_close"` // reset, hold or silence
}

// End is an end of a loop that is held.
type End struct {
	State      string       `json:"state"`
	Leaving    bool         `json:"leaving"` // its program has closed; its last frames are still on their way
	Direction  string       `json:"direction"`
	Program    string       `json:"program"`
	PID        int          `json:"pid"` // 0: a device
	UID        int          `json:"uid"`
	Format     audio.Format `json:"format"`
	Converted  bool         `json:"converted"` // its format differs from the loop's
	Period     int          `json:"period"`    // frames
	Buffer     int          `json:"buffer"`    // frames
	Frames     uint64       `json:"frames"`    // taken from it, or given to it
	Xruns      uint64       `json:"xruns"`
	XrunFrames uint64       `json:"xrun_frames"`
	Bad        uint64       `json:"bad_samples"` // NaN or infinite: they became 0
	Error      bool         `json:"error"`       // sticky: there was an xrun
	Paused     bool         `json:"paused"`
	Draining   bool         `json:"draining"` // its program waits until what it wrote is taken

	Gain    int  `json:"gain"` // of the end itself, as are balance and mute
	Balance int  `json:"balance"`
	Mute    bool `json:"mute"`
}

// Loops is a list of loops, by name.
type Loops struct {
	Loops []Loop `json:"loops"`
}

// Ends returns the server and the first client. An end that is not held is closed and has no
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

// Held reports whether a device or program holds the end.
func (e *End) Held() bool { return e.Direction != "" }

// Levels holds what a device, or the program at an end of a loop, played and recorded since the
// levels were last read; nothing at first.
type Levels struct {
	Play   SideLevels `json:"play"`
	Record SideLevels `json:"record"`
}

// SideLevels are by channel, in dBFS; nil is silence. The RMS of a full-scale sine is -3.01.
type SideLevels struct {
	Frames  uint64     `json:"frames"`
	Clipped uint64     `json:"clipped"` // samples beyond full scale
	Peak    []*float64 `json:"peak_db"`
	RMS     []*float64 `json:"rms_db"`
}

// Event is something that happened.
type Event struct {
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Loop    string    `json:"loop,omitempty"`
	End     string    `json:"end,omitempty"`
	Program string    `json:"program,omitempty"`
	PID     int       `json:"pid,omitempty"`
	Device  string    `json:"device,omitempty"` // replaces loop, end, program and pid; route/NAME of a route, alarm/NAME of an alarm, recorder/NAME of a recorder
	Changes []Change  `json:"changes,omitempty"`
	Note    string    `json:"note,omitempty"`
}

// Reload is what changed when the configuration was read again, or what would change.
type Reload struct {
	Changes  []ReloadStep `json:"changes"`            // nothing: all is as the file says
	Failures []string     `json:"failures,omitempty"` // what did not succeed, and what runs in its place
}

// ReloadStep is what a reload does to one table of the configuration.
type ReloadStep struct {
	Action string      `json:"action"`         // add, remove, replace, change, adopt or restart
	Table  string      `json:"table"`          // daemon, device, loop, route, alarm or recorder
	Name   string      `json:"name,omitempty"` // of the device, loop, route, alarm or recorder
	Keys   []KeyChange `json:"keys,omitempty"` // that differ
	Text   string      `json:"text"`           // all of it in a line
}

// KeyChange is a key of the configuration with another value; "" is none.
type KeyChange struct {
	Key string `json:"key"`
	Old string `json:"old"`
	New string `json:"new"`
}

// Error is the answer to a request that failed.
type Error struct {
	Error    string         `json:"error"`
	Problems state.Problems `json:"problems,omitempty"` // of a set, by field
}

// Upgrade is what happened when another program took the place of the daemon's.
type Upgrade struct {
	From        string  `json:"from"`        // version of the program before
	To          string  `json:"to"`          // version of the program that runs now
	Away        float64 `json:"away_ms"`     // how long no clock was served, in ms
	Connections int     `json:"connections"` // of programs that were handed over
	Handovers   uint64  `json:"handovers"`   // since the daemon was started
}
