package looptest

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// End is an open end. [pcm.PCM] is one, and documents the methods; any other way in has to behave the same.
type End interface {
	Role() pcm.Role                        // server or client
	Direction() audio.Direction            // Read or Write
	Format() audio.Format                  // of the frames
	Buffer() int                           // frames
	State() ring.State                     // Ended once closed
	Position() uint64                      // frames written, or read and dropped
	Delay() int                            // frames between this end and the engine
	Avail() int                            // frames that move without sleeping
	Xruns() (bursts uint32, frames uint64) // so far
	SetNonblock(on bool)                   // from the next call on

	Read(ctx context.Context, buf []byte) (frames int, err error)  // sleeps
	Write(ctx context.Context, buf []byte) (frames int, err error) // sleeps
	Poll(frames int) (pcm.Events, error)                           // never sleeps
	Wait(ctx context.Context, frames int) (pcm.Events, error)      // sleeps until Poll is ready
	Setup(ctx context.Context, s pcm.Setup) error                  // between sessions
	Pause(ctx context.Context, on bool) error                      // or resumes
	Halt(ctx context.Context) error                                // ends the session
	Drain(ctx context.Context) error                               // sleeps
	Close(ctx context.Context) error                               // a writing client drains
	Abandon()                                                      // as if the program had been killed
}

// Opener opens an end of a loop.
type Opener func(ctx context.Context, name string, o pcm.Options) (End, error)

// Program returns an Opener for a function that opens a [pcm.PCM].
func Program(open func(ctx context.Context, name string, o pcm.Options) (*pcm.PCM, error)) Opener {
	return func(ctx context.Context, name string, o pcm.Options) (End, error) {
		p, err := open(ctx, name, o)
		if err != nil {
			return nil, err
		}
		return p, nil
	}
}
