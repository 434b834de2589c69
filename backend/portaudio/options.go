package portaudio

// Options say which device to open, and what for.
type Options struct {
	// Name is the device's, see Find.
	Name string
	// Thread is told the id (gettid) of PortAudio's thread when it begins to call back, and
	// when it does so again after it had stopped: it may be made real-time then. While it
	// has stopped, the stream takes that away from it. Called on a goroutine of its own. nil:
	// nobody is told.
	Thread func(id int)
}
