package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/alarm"
	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// Alarms shows and acknowledges alarms: an alarm.Board. Its methods are called from any goroutine.
type Alarms interface {
	// Alarms returns all alarms by name.
	Alarms() []alarm.Status
	// Alarm returns one. ErrNoDevice: there is none.
	Alarm(name string) (alarm.Status, error)
	// Acknowledge notes that somebody knows of it. ErrNoDevice: there is none. ErrBusy: it is not raised.
	Acknowledge(name, by, text string) error
	// Test does the actions of an alarm as a test, and returns when they are done. ErrNoDevice: there is none.
	Test(ctx context.Context, name string) ([]alarm.Result, error)
}

// maxAckText limits what is said about an alarm, in bytes.
const maxAckText = 1000

func (c *Control) listAlarms(w http.ResponseWriter, _ *http.Request) {
	all := api.Alarms{Alarms: []api.Alarm{}}
	if c.Alarms != nil {
		for _, s := range c.Alarms.Alarms() {
			all.Alarms = append(all.Alarms, showAlarm(&s))
		}
	}
	answer(w, http.StatusOK, all)
}

func (c *Control) getAlarm(w http.ResponseWriter, r *http.Request) {
	c.answerAlarm(w, r.PathValue("alarm"))
}

func (c *Control) answerAlarm(w http.ResponseWriter, name string) {
	if c.Alarms == nil {
		answerError(w, http.StatusNotFound, "there is no alarm "+name)
		return
	}
	s, err := c.Alarms.Alarm(name)
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	a := showAlarm(&s)
	for _, p := range s.History {
		a.History = append(a.History, api.AlarmChange{Time: p.Time, Change: string(p.Change), Text: p.Text})
	}
	answer(w, http.StatusOK, a)
}

func (c *Control) acknowledge(w http.ResponseWriter, r *http.Request) {
	body, ok := bodyOf(w, r)
	if !ok {
		return
	}
	var said api.Acknowledge
	if err := readAck(body, &said); err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	if said.By == "" {
		said.By = operatorOf(r.Context()).name()
	}
	name := r.PathValue("alarm")
	if c.Alarms != nil {
		if err := c.Alarms.Acknowledge(name, said.By, said.Text); err != nil {
			answerError(w, status(err), err.Error())
			return
		}
	}
	c.answerAlarm(w, name)
}

// readAck reads the body of a request, which may be empty.
func readAck(body []byte, said *api.Acknowledge) error {
	if len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, said); err != nil {
		return audio.ErrInvalid.With("not an object with by and text: %v", err)
	}
	if len(said.By) > maxAckText || len(said.Text) > maxAckText {
		return audio.ErrInvalid.With("by and text have at most %d bytes", maxAckText)
	}
	said.By, said.Text = oneLine(said.By), oneLine(said.Text) // others read them on terminals
	return nil
}

// oneLine returns a text without anything that a terminal could obey.
func oneLine(text string) string { return printable(strings.Join(strings.Fields(text), " ")) }

func (c *Control) testAlarm(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("alarm")
	if c.Alarms == nil {
		c.answerAlarm(w, name)
		return
	}
	results, err := c.Alarms.Test(r.Context(), name)
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	reply := api.AlarmTest{Results: []api.AlarmResult{}}
	for _, one := range results {
		shown := api.AlarmResult{Action: one.Action}
		if one.Err != nil {
			shown.Error = one.Err.Error()
		}
		reply.Results = append(reply.Results, shown)
	}
	answer(w, http.StatusOK, reply)
}

// name returns who the operator is, for people.
func (o *operator) name() string {
	if o.RemoteAddr().Network() != "unix" {
		return o.RemoteAddr().String()
	}
	uid := strconv.Itoa(o.holder.UID)
	if u, err := user.LookupId(uid); err == nil {
		return u.Username
	}
	return fmt.Sprint("user ", uid)
}

func showAlarm(s *alarm.Status) api.Alarm {
	a := api.Alarm{
		Name: s.Name, On: s.On.String(), Of: s.Of, Severity: s.Severity.String(), Unit: string(s.Condition.Unit),
		For: s.For.Seconds(), Clear: s.Clear.Seconds(), State: string(s.State), Flapping: s.Flapping, Text: s.Text,
		Since: s.Since, Raises: s.Raises, Actions: []api.AlarmAction{},
	}
	if s.Above.Set && s.Condition.Above.Use != alarm.No {
		a.Above = &s.Above.Value
	}
	if s.Below.Set && s.Condition.Below.Use != alarm.No {
		a.Below = &s.Below.Value
	}
	if s.Value != nil {
		a.Value = rounded(*s.Value, 3)
	}
	if !s.Raised.IsZero() {
		a.Raised = &s.Raised
	}
	if s.Ack != (alarm.Ack{}) {
		a.Ack = &api.AlarmAck{By: s.Ack.By, Text: s.Ack.Text, At: s.Ack.At.Round(time.Millisecond)}
	}
	for _, one := range s.Actions {
		a.Actions = append(a.Actions, api.AlarmAction(one))
	}
	return a
}
