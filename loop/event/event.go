// Package event is what happens to the loops and devices of a daemon, and how it reaches those
// who want to know: a [Fanout] hands each [Event] to every [Subscription].
package event

import (
	"time"

	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Kind is what happened (D26).
type Kind uint8

// The kinds of event. An xrun is reported when the sticky error flag of its end, or of the
// device, goes up, not again for each repeat. A device's events come with the changes of
// its state; it is open from its first client to its last.
const (
	Opened     Kind = iota + 1 // an end was opened
	Closed                     // its program closed it, or died
	Waiting                    // a client has begun to wait for its turn
	FormatSet                  // the server has set the loop's format
	Set                        // somebody has set the state of an end, or a device
	Underrun                   // the end's program wrote too late, for the first time
	Overrun                    // the end's program read too late, for the first time
	ClientGone                 // the last of a client's frames is delivered or dropped
	EOF                        // an eof mark was reached (D21)
	Gone                       // the device is of no more use, or its card has gone and another stands in
	Back                       // its card is there again
)

// kinds is indexed by Kind.
var kinds = [...]string{
	Opened: "open", Closed: "close", Waiting: "waiting", FormatSet: "format", Set: "set",
	Underrun: "underrun", Overrun: "overrun", ClientGone: "client gone", EOF: "eof", Gone: "gone", Back: "back",
}

// String returns the event in a word.
func (k Kind) String() string {
	if k > 0 && int(k) < len(kinds) {
		return kinds[k]
	}
	return "unknown"
}

// Event is something that happened to a loop, or to a device.
type Event struct {
	Time    time.Time // set by Fanout.Tell
	Kind    Kind
	Loop    string
	End     pcm.Role
	Holder  pcm.Holder
	Device  string         // instead of Loop, End and Holder
	Changes []state.Change // of a device, and of Set; not to be changed
	Note    string         // why a device is Gone, and what it runs on when it is Back
}
