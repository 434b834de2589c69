// Package event describes what happens to the loops and devices of a daemon, and delivers it: a
// [Fanout] gives each [Event] to every [Subscription].
package event

import (
	"time"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Kind is what happened.
type Kind uint8

// The kinds of event. An xrun is reported when the sticky error flag of its end or device goes up,
// not for each repeat. A device's events carry the changes of its state; it is open from its first
// client to its last.
const (
	Opened            Kind = iota + 1 // an end was opened
	Closed                            // the program closed the end, or died
	Waiting                           // a client began to wait for its turn
	FormatSet                         // the server set the loop's format
	Set                               // the state of an end or device was set
	Underrun                          // the program wrote too late
	Overrun                           // the program read too late
	ClientGone                        // the last of a client's frames was delivered or dropped
	EOF                               // an eof mark was reached
	Gone                              // the device failed, or its card went and another stands in
	Back                              // the card is there again
	Route                             // a route is connected, waits for an end, has lost or found its clocks, or is removed
	Reloaded                          // the configuration was read again, whatever came of it
	AlarmRaised                       // an alarm was raised
	AlarmAcknowledged                 // somebody knows of it
	AlarmCleared                      // it is over
	AlarmTested                       // nothing has happened: somebody tries the actions of an alarm
	Recorder                          // a recorder does something else, begins a segment, has lost frames, or has removed a segment
	Network                           // the sender of a stream on the network began anew, or packets are lost again
)

// kinds is indexed by Kind.
var kinds = [...]string{
	Opened: "open", Closed: "close", Waiting: "waiting", FormatSet: "format", Set: "set",
	Underrun: "underrun", Overrun: "overrun", ClientGone: "client gone", EOF: "eof", Gone: "gone", Back: "back",
	AlarmRaised: "alarm raised", AlarmAcknowledged: "alarm acknowledged", AlarmCleared: "alarm cleared", AlarmTested: "alarm tested",
	Route: "route", Reloaded: "reload", Recorder: "recorder", Network: "network",
}

// String returns the name of the event.
func (k Kind) String() string {
	if k > 0 && int(k) < len(kinds) {
		return kinds[k]
	}
	return "unknown"
}

// Event is one thing that happened to a loop or a device.
type Event struct {
	Time    time.Time // set by Fanout.Tell
	Kind    Kind
	Loop    string
	End     pcm.Role
	Holder  pcm.Holder
	Device  string         // instead of Loop, End and Holder; route/NAME for a route, recorder/NAME for a recorder, alarm/NAME for an alarm
	Changes []state.Change // of a device, and of Set; read-only
	Note    string         // why a device is Gone; what it runs on when it is Back; what a Route or a Recorder does now; how a reload went; what an alarm has found; what a network does to a device
}
