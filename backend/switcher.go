package backend

// Switch is a change of the device of a Switcher.
type Switch struct {
	From, To string
	Err      error // why From was left; nil: To is better
}

// Switcher is a stream that continues on another device when its own fails, and returns.
type Switcher interface {
	// Device returns the device the stream runs on now. Any goroutine may call it.
	Device() string
	// StandsIn reports whether a better device than this one may come. Any goroutine may call it.
	StandsIn() bool
	// Switches returns a channel of changes, always the same one, closed by Close; what is not received is lost.
	Switches() <-chan Switch
}
