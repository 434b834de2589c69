package pcm

import (
	"context"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Role says which end of the pair: the server sets the format, the client is any ordinary program.
// The numbers are part of the wire protocol.
type Role uint8

// The two ends.
const (
	Server Role = 1
	Client Role = 2
)

// String returns "server" or "client".
func (r Role) String() string {
	switch r {
	case Server:
		return "server"
	case Client:
		return "client"
	}
	return "unknown"
}

// What a program does with an end: a program that reads records, one that writes plays. A client
// that asks for both gets the one the server permits.
const (
	Read  = audio.Record
	Write = audio.Play
)

// Verb returns what a program does with an end: "read", "write" or "read+write".
func Verb(d audio.Direction) string {
	switch d {
	case Read:
		return "read"
	case Write:
		return "write"
	case Read | Write:
		return "read+write"
	}
	return "nothing"
}

// Defaults and the limit of what an open may ask for.
const (
	DefaultPeriod = 10 * time.Millisecond
	DefaultBuffer = 340 * time.Millisecond // what the OSS audioloop's 64 KiB hold
	MaxBuffer     = 10 * time.Second
)

// Forever is an Options.Wait without limit.
const Forever time.Duration = -1

// Options is what a program asks for when it opens an end.
type Options struct {
	Role      Role
	Direction audio.Direction // Read, Write or both
	// Format sets the loop's format (server) or the client's own. Zero fields are the loop's configured
	// defaults for a server, the server's for a client; so are Positions with the same number of channels.
	Format audio.Format
	// Period is how many frames the program moves at a time; it paces the clock. 0: DefaultPeriod.
	Period int
	// Buffer is the size of the ring in frames: at least two periods, and at most MaxBuffer or 16 MiB,
	// whichever is more. 0: the loop's configured size.
	Buffer int
	// Sizes gives Period and Buffer to a program within the daemon that learns the format of its end only when it has it. nil: they
	// are those above.
	Sizes func(f audio.Format) (period, buffer int)
	// Unsettled lets a server hold its end before it knows its format and sizes: clients are not admitted
	// before Setup or the start.
	Unsettled bool
	// Wait is how long a client waits for its turn instead of failing with ErrNoServer or ErrBusy; then it
	// fails with ErrTimedOut. With package client any end also waits for a daemon, then ErrNoDaemon.
	Wait time.Duration
	// Nonblock makes Read and Write return ErrWouldBlock instead of blocking. A server still blocks
	// until its client starts.
	Nonblock bool
	// Holder is the program that opens. A daemon overwrites what it knows better.
	Holder Holder
}

// Setup is what a program asks for when it sets up an open end. Zero fields keep their values;
// sizes keep their duration.
type Setup struct {
	Format audio.Format
	Period int // frames
	Buffer int // frames
}

// Holder is the program that holds an end.
type Holder struct {
	PID     int    `json:"pid"`
	UID     int    `json:"uid"`
	Program string `json:"program"`
}

// Grant is what a daemon gives for an open end or a new setup.
type Grant struct {
	Ring      *ring.Ring
	Direction audio.Direction // exactly one
	Period    int             // frames
	// Positions are those of this end's channels: its own, or the loop's if it has none and as many channels;
	// zero if unknown.
	Positions audio.Positions
}

// Control carries to the daemon what the ring cannot. Errors are those of package audio.
type Control interface {
	// Start arms the end. It does not wait for the daemon, which counts up the ring's Starts.
	Start() error
	// Halt drops what is buffered and makes the end idle.
	Halt(context.Context) error
	// Drain blocks until the engine has taken everything written before.
	Drain(context.Context) error
	// Mark puts an eof mark at position, after frames that are already written.
	Mark(ctx context.Context, position uint64) error
	// Setup sets the format and sizes of the end; a server's format is the loop's. The old ring is dead.
	Setup(context.Context, Setup) (Grant, error)
	// Pause pauses or resumes the end between two cycles.
	Pause(ctx context.Context, on bool) error
	// Close closes the end; after it the ring's memory may vanish.
	Close(context.Context) error
	// Abandon is Close without any wait.
	Abandon()
}

// Bell wakes a program that sleeps. It latches: a Ring before Sleep ends that Sleep at once.
type Bell interface {
	// Sleep blocks until the bell rings. ErrInterrupted: ctx ended. ErrReset: the daemon has gone.
	Sleep(context.Context) error
	// Ring wakes Sleep, from any goroutine of the program's own process.
	Ring()
}
