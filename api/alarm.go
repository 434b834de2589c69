package api

import "time"

// Alarm is something that is watched, and how that is.
type Alarm struct {
	Name     string   `json:"name"`
	On       string   `json:"on"` // the condition
	Of       string   `json:"of"` // the place, or what has counters and a state
	Severity string   `json:"severity"`
	Above    *float64 `json:"above,omitempty"` // in the unit
	Below    *float64 `json:"below,omitempty"`
	Unit     string   `json:"unit,omitempty"`
	For      float64  `json:"for_s"`   // how long it holds until it is raised
	Clear    float64  `json:"clear_s"` // how long it does not until it is over

	State    string        `json:"state"` // ok, pending, raised, acknowledged or clearing
	Flapping bool          `json:"flapping"`
	Text     string        `json:"text"`            // what was found last, as a sentence
	Value    *float64      `json:"value,omitempty"` // nil: none, or silence
	Since    time.Time     `json:"since"`           // of the state
	Raised   *time.Time    `json:"raised,omitempty"`
	Raises   uint64        `json:"raises"`
	Ack      *AlarmAck     `json:"ack,omitempty"` // of the last time it was raised
	Actions  []AlarmAction `json:"actions"`

	// History is the last changes, the newest last; nil in a list of alarms.
	History []AlarmChange `json:"history,omitempty"`
}

// IsRaised reports whether it was raised and is not over.
func (a *Alarm) IsRaised() bool {
	return a.State == "raised" || a.State == "acknowledged" || a.State == "clearing"
}

// AlarmChange is something that happened to an alarm.
type AlarmChange struct {
	Time   time.Time `json:"time"`
	Change string    `json:"change"` // raised, acknowledged or cleared
	Text   string    `json:"text"`
}

// AlarmAck is who knows of an alarm.
type AlarmAck struct {
	By   string    `json:"by"`
	Text string    `json:"text,omitempty"`
	At   time.Time `json:"at"`
}

// AlarmAction is how the webhook or the command of an alarm gets on.
type AlarmAction struct {
	Name    string `json:"name"`
	Done    uint64 `json:"done"`
	Failed  uint64 `json:"failed"`  // given up
	Dropped uint64 `json:"dropped"` // too many waited
	Waiting int    `json:"waiting"`
	Error   string `json:"error,omitempty"` // why the last one has failed
}

// Alarms is a list of alarms, by name.
type Alarms struct {
	Alarms []Alarm `json:"alarms"`
}

// Acknowledge is what somebody says who knows of an alarm.
type Acknowledge struct {
	By   string `json:"by,omitempty"` // empty: the user who asks
	Text string `json:"text,omitempty"`
}

// AlarmTest is what a test of the actions of an alarm has shown.
type AlarmTest struct {
	Results []AlarmResult `json:"results"` // none: it has no action
}

// AlarmResult is one of them.
type AlarmResult struct {
	Action string `json:"action"`
	Error  string `json:"error,omitempty"` // empty: it was done
}
