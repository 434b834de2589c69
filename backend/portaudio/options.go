package portaudio

import (
	"time"
)

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

// Latent is what a stream of this package can do beside: see backend.As.
type Latent interface {
	// Latency is how long PortAudio itself takes, beyond what the stream holds: from a callback
	// to the ear, and from the microphone to a callback; 0 for a direction that is not open.
	// From any goroutine.
	Latency() (play, record time.Duration)
}
