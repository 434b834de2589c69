package backend

// Switch is what a Switcher tells of a change.
type Switch struct {
	From, To string
	Err      error // why From was left; nil: To is the better one
}

// Switcher is a stream that goes on with another device where its own is of no more use,
// and comes back.
type Switcher interface {
	// Device is the one that it runs on now. From any goroutine.
	Device() string
	// Switches tells of changes, and is closed by Close. It is the same channel every
	// time; what nobody reads is lost.
	Switches() <-chan Switch
}
