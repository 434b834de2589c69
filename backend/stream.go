package backend

import (
	"github.com/loopbridge/loopbridge/audio"
)

// Config is a wish when a stream is opened, and the truth when Granted returns it.
type Config struct {
	// Play and Record say which directions are wanted. Neither: only a clock.
	Play, Record bool
	// Format of the blocks of both directions; Rate is also the clock's.
	Format audio.Format
	// Period is the distance of two ticks in frames.
	Period int
	// Periods is the buffer's size in periods, 2 or more.
	Periods int
}

// Tick says how far the clock of a stream has come.
type Tick struct {
	// Position counts frames since Start, without gaps; it never runs back.
	Position uint64
	// Time is the moment at which Position was reached, in nanoseconds of
	// CLOCK_MONOTONIC (of the test's clock, where a test drives the stream).
	Time int64
	// Readable and Writable are how many frames Read has and Write takes now.
	Readable, Writable int
	// Lost counts the frames before Position that an xrun of the device cost
	// since the tick before.
	Lost uint64
	// Freewheel is set where the clock follows the work instead of real time:
	// nothing may be dropped or filled with silence to keep up with it.
	Freewheel bool
}

// Stream is an open device: a clock, and the blocks that go to and come from it.
// The package comment says who may call what, when, and at what cost.
type Stream interface {
	// Granted is what the open settled on. It is constant until Close, except for
	// Period where the stream is a Pacer.
	Granted() Config

	// Start begins the clock at position 0.
	Start() error

	// Wait sleeps until the clock reaches the next period, or until Wake. The
	// position of a tick is a whole number of periods; woken early, it is that of
	// the tick before (0 before the first), with what is left to read and write of it.
	// On a stopped stream only Wake ends it, and nothing is left.
	Wait() (Tick, error)

	// Wake makes the Wait in progress, or else the next one, return at once.
	// Wakes do not add up.
	Wake()

	// Read moves recorded frames into block, whole frames of Granted().Format,
	// and returns how many. A block longer than what is left of the tick's Readable
	// is audio.ErrInvalid.
	Read(block []byte) (frames int, err error)

	// Write takes frames to play from block and returns how many. A block longer than
	// what is left of the tick's Writable is audio.ErrInvalid. The block belongs to
	// the caller again on return.
	Write(block []byte) (frames int, err error)

	// Stop ends the clock and drops what was not played or read. Stopping a
	// stopped stream is no error.
	Stop() error

	// Close gives the device back, from any state. A second Close is no error.
	Close() error
}

// Pacer is a stream whose tick can come more or less often while it runs.
type Pacer interface {
	// SetPeriod asks for a tick every so many frames and returns what is granted
	// from the next tick on. Position and schedule go on unbroken. For the
	// engine's goroutine; does not block or allocate.
	SetPeriod(frames int) (granted int)
}

// Reporter is a stream with something to tell people that is no error of its calls,
// such as a file beside it that cannot be written. A stream that is none has nothing
// to tell. Read it from a goroutine other than the engine's.
type Reporter interface {
	// Reports gives few, whole sentences, as errors for their errno, and is closed by
	// Close. It is the same channel every time; what nobody reads is lost.
	Reports() <-chan error
}

// Wrapper is a stream around another one.
type Wrapper interface {
	Unwrap() Stream
}

// As finds the ability T of a stream or of any stream that it wraps, the
// outermost first.
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
