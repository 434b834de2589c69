package backend

import (
	"github.com/loopbridge/loopbridge/audio"
)

// Config is a wish when a stream is opened, and the result when Granted returns it.
type Config struct {
	// Play and Record are the directions. Neither: only a clock.
	Play, Record bool
	// Format is that of the blocks of both directions; Rate is also the clock's.
	Format audio.Format
	// Period is the distance between two ticks in frames.
	Period int
	// Periods is the size of the buffer in periods, 2 or more.
	Periods int
}

// Tick is how far the clock of a stream has come.
type Tick struct {
	// Position counts frames since Start, without gaps; it never decreases.
	Position uint64
	// Time is when Position was reached, in nanoseconds of CLOCK_MONOTONIC or of a test's clock.
	Time int64
	// Readable and Writable are how many frames Read has and Write takes now.
	Readable, Writable int
	// Lost counts the frames before Position that an xrun of the device cost since the previous tick.
	Lost uint64
	// Freewheel: the clock follows the work instead of real time, so nothing may be dropped or filled with
	// silence to keep up with it.
	Freewheel bool
}

// Stream is an open device: a clock, and the blocks that go to and come from it. The package
// comment says which goroutine may call what, when, and at what cost.
type Stream interface {
	// Granted returns the configuration of the open stream. It is constant, except for the Period of a Pacer.
	Granted() Config

	// Start starts the clock at position 0.
	Start() error

	// Wait blocks until the clock reaches the next period, or until Wake. The position of a tick is a whole
	// number of periods; after Wake it is that of the previous tick (0 before the first), with what is left
	// to read and write of it. On a stopped stream only Wake ends it, and nothing is left.
	Wait() (Tick, error)

	// Wake makes the Wait in progress, or else the next one, return at once. Several count as one.
	Wake()

	// Read moves recorded frames into block, whole frames of Granted().Format, and returns how many.
	// audio.ErrInvalid: block is longer than what is left of the tick's Readable.
	Read(block []byte) (frames int, err error)

	// Write takes frames to play from block and returns how many. It does not keep block. audio.ErrInvalid:
	// block is longer than what is left of the tick's Writable.
	Write(block []byte) (frames int, err error)

	// Stop stops the clock and drops what was not played or read. A second Stop does nothing.
	Stop() error

	// Close releases the device, in any state. A second Close does nothing.
	Close() error
}

// Pacer is a stream whose period can change while it runs.
type Pacer interface {
	// SetPeriod asks for another period, in frames, and returns the one granted from the next tick on.
	// Position and schedule continue. Only the engine's goroutine calls it; it does not block or allocate.
	SetPeriod(frames int) (granted int)
}

// Reporter is a stream with something to tell people that is not an error of its calls, such as a
// file beside it that cannot be written. Receive on a goroutine other than the engine's.
type Reporter interface {
	// Reports returns a channel of a few whole sentences, as errors with an errno. It is always the same
	// channel, closed by Close; what is not received is lost.
	Reports() <-chan error
}

// Wrapper is a stream around another one.
type Wrapper interface {
	Unwrap() Stream
}

// As returns the ability T of a stream or of any stream it wraps, the outermost first.
func As[T any](s Stream) (T, bool) {
	for s != nil {
		if ability, ok := s.(T); ok {
			return ability, true
		}
		w, ok := s.(Wrapper)
		if !ok {
			break
		}
		s = w.Unwrap()
	}
	var none T
	return none, false
}
