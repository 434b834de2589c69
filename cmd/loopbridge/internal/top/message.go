package top

import (
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio/state"
)

// What a Model is told: one of Seen, Failed, Heard, Happened, Key, Resized, Done and Tick.
type (
	// Seen is the answer to Look.
	Seen struct {
		Snapshot *Snapshot
		Turn     uint64 // of the Look
	}
	// Failed says that the daemon could not be asked, or that nothing is heard of it any more.
	Failed struct{ Err error }
	// Heard is a reading of the meters of a Watch.
	Heard struct {
		Watch  int // its number
		Meters []*api.LiveMeter
		Since  time.Duration // that the reading covers
	}
	// Happened is an event.
	Happened struct{ Event api.Event }
	// Key is a key that was pressed: a character, or one of the names in keys.go.
	Key string
	// Resized is the size of the terminal.
	Resized struct{ Columns, Lines int }
	// Done is what came of a Set, Add, Remove or Acknowledge.
	Done struct {
		Subject string     // of a Set
		State   *api.State // after a Set that succeeded
		Count   int        // how many Sets it answers
		Err     error
		Text    string // what was done, if it was
	}
	// Tick comes once a second.
	Tick struct{}
)

// What a Model asks for: one of Look, Watch, Set, Add, Remove, Acknowledge, Stop and Quit.
type (
	// Look asks for a Snapshot.
	Look struct {
		Turn  uint64
		Stale []string // loops whose ends have changed
	}
	// Watch asks for the meters of these places, in place of those before.
	Watch struct {
		Number int // of this Watch
		Places []string
		Want   []string
	}
	// Set sets the state of a device, an end or a route.
	Set struct {
		Subject string
		Patch   state.Patch
	}
	// Add adds a route.
	Add struct{ Name, From, To string }
	// Remove removes a route.
	Remove struct{ Route string }
	// Acknowledge says that somebody knows of an alarm.
	Acknowledge struct{ Alarm string }
	// Stop stops the program until the shell lets it go on.
	Stop struct{}
	// Quit ends the program.
	Quit struct{}
)
