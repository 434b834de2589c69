package alarm

import (
	"math"
	"time"
)

// Change is what happened to an alarm.
type Change string

// The changes.
const (
	WasRaised       Change = "raised"
	WasAcknowledged Change = "acknowledged"
	WasCleared      Change = "cleared"
	WasTested       Change = "test" // nothing has happened: somebody tries the actions
)

// Notice tells of a change of an alarm. Its JSON is the body of a webhook; the OpenAPI description has it as AlarmNotice.
type Notice struct {
	Alarm    string    `json:"alarm"`
	Change   Change    `json:"change"`
	State    State     `json:"state"`
	Severity Severity  `json:"severity"`
	On       Kind      `json:"on"`
	Of       string    `json:"of"`
	Text     string    `json:"text"`            // what happened, as a sentence
	Value    *float64  `json:"value,omitempty"` // that was found, in the unit; nil: none, or silence
	Unit     Unit      `json:"unit,omitempty"`
	Time     time.Time `json:"time"`             // of day, of the change
	Raised   time.Time `json:"raised,omitzero"`  // when the alarm was raised
	By       string    `json:"by,omitempty"`     // who has acknowledged it
	Note     string    `json:"note,omitempty"`   // what that person wrote
	Flapping bool      `json:"flapping"`         // it was raised too often, and stays raised until it is calm
	Number   uint64    `json:"number,omitempty"` // of the changes of this alarm, from 1; a webhook may get one twice. 0: a test
}

// notice describes the alarm as it is now. It needs the lock.
func (a *alarm) noticeLocked(c Change, text string) Notice {
	n := Notice{
		Alarm: a.spec.Name, Change: c, State: a.machine.state, Severity: a.spec.Severity, On: a.spec.On, Of: a.spec.Of, Text: text,
		Unit: a.condition.Unit, Time: a.board.options.Wall(), By: a.ack.By, Note: a.ack.Text, Flapping: a.machine.flapping,
	}
	if a.machine.state.On() || c == WasCleared {
		n.Raised = a.raised
	}
	if v := a.found.value; !a.found.unknown && !math.IsInf(v, 0) && !math.IsNaN(v) {
		n.Value = &v
	}
	return n
}

// sentenceLocked says what was found.
func (a *alarm) sentenceLocked() string {
	text := a.found.text
	switch {
	case a.found.unknown && text == "":
		text = "nothing is known"
	case text == "":
		text = a.condition.Unit.Text(a.found.value)
	}
	return string(a.spec.On) + " of " + a.spec.Of + ": " + text
}
