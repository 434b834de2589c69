package pcm

import (
	"context"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Role is which end of the pair: the server sets the format, the client is any
// ordinary program. The numbers are part of the wire protocol.
type Role uint8

// The two ends.
const (
	Server Role = 1
	Client Role = 2
)

// String is "server" or "client".
func (r Role) String() string {
	switch r {
	case Server:
		return "server"
	case Client:
		return "client"
	}
	return "unknown"
}

// Direction is what a program does with an end, as bits. The numbers are part of
// the wire protocol.
type Direction uint8

// The directions. A client that asks for both gets the one that the server permits.
const (
	Read  Direction = 1 // the program reads: it records
	Write Direction = 2 // the program writes: it plays
)

// Opposite is what the other end of the pair does.
func (d Direction) Opposite() Direction {
	switch d {
	case Read:
		return Write
	case Write:
		return Read
	}
	return 0
}

// String is "read", "write" or "read+write".
func (d Direction) String() string {
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

// Limits of what an open may ask for.
const (
	DefaultPeriod = 10 * time.Millisecond
	DefaultBuffer = 340 * time.Millisecond // what the OSS audioloop's 64 KiB hold
	MaxBuffer     = 10 * time.Second
)

// Forever, as Options.Wait, waits without a limit.
const Forever time.Duration = -1

// Options is what a program asks for when it opens an end.
type Options struct {
	Role      Role
	Direction Direction
	// Format is the server's choice for the loop; fields left zero are the loop's
	// configured default (D5). A client's zero fields are the server's. A client that
	// has as many channels and no Positions has the loop's.
	Format audio.Format
	// Period is how many frames the program moves at a time: it paces the clock.
	// 0: DefaultPeriod.
	Period int
	// Buffer is the ring's size in frames. 0: the loop's configured size. It is at
	// least two periods, and at most MaxBuffer long or 16 MiB large, whichever is more.
	Buffer int
	// Unsettled lets a server hold its end before it knows what format and sizes it
	// wants: no client is let in before Setup, or before it starts.
	Unsettled bool
	// Wait lets a client wait for its turn where it would get ErrNoServer or
	// ErrBusy: this long (then ErrTimedOut), or Forever (D1). With package
	// client any end waits for a daemon, too (then ErrNoDaemon).
	Wait time.Duration
	// Nonblock makes Read and Write return ErrWouldBlock instead of sleeping. A
	// server's wait for its client is not affected (D7).
	Nonblock bool
	// Holder is who opens. A daemon overwrites what it can know better.
	Holder Holder
}

// Setup is what a program asks for when it sets up an end anew. Fields that are zero
// stay as they are; sizes then keep their time.
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

// Grant is what a daemon gives for an open end or for a new setup.
type Grant struct {
	Ring      *ring.Ring
	Direction Direction // exactly one
	Period    int       // frames
	// Positions are where the channels of this end stand: what it says, or, where it says
	// nothing and has as many, those of the loop. None: nobody has said.
	Positions audio.Positions
}

// Control carries what the ring cannot to the daemon. Errors are audio's.
type Control interface {
	// Start arms the end. It does not wait for the daemon: the ring's Starts
	// counts up when it has heeded.
	Start() error
	// Halt drops what is buffered and goes back to idle.
	Halt(context.Context) error
	// Drain returns when the engine has taken all that was written before.
	Drain(context.Context) error
	// Mark puts an eof mark behind the frame before position, which is written already.
	Mark(ctx context.Context, position uint64) error
	// Setup sets the loop's format from its server end, or the sizes of either end's
	// ring; the old ring is dead.
	Setup(context.Context, Setup) (Grant, error)
	// Pause stops the end between two cycles, or lets it go on.
	Pause(ctx context.Context, on bool) error
	// Close gives the end back, after which the ring's memory may vanish.
	Close(context.Context) error
	// Abandon is Close without waiting for anything.
	Abandon()
}

// Bell is how the daemon wakes a program that sleeps. It latches: a Ring before
// Sleep ends that Sleep at once.
type Bell interface {
	// Sleep returns nil when the bell rang, ErrInterrupted when ctx ended, or
	// ErrReset when there is no daemon any more.
	Sleep(context.Context) error
	// Ring wakes the sleeper, from any goroutine of the program's own process.
	Ring()
}
