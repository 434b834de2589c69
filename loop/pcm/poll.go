package pcm

import (
	"context"

	"github.com/loopbridge/loopbridge/loop/ring"
)

// Events is what Poll found, as bits.
type Events uint8

// The events. The end of the stream sets Hangup, and Readable or Writable with it, because a read or write
// would not block.
const (
	Readable Events = 1 << iota
	Writable
	Hangup
)

// Poll reports whether a transfer of the given number of frames would proceed without sleeping. It never
// blocks; a server without a client is not ready. Like a first read or write it starts the end, except for
// a client that writes, which has room and is ready. A closed end is ready with Hangup.
func (p *PCM) Poll(frames int) (Events, error) {
	p.io.Lock()
	defer p.io.Unlock()
	events, _, err := p.pollLocked(frames)
	return events, err
}

// Wait blocks until Poll would report something, and returns that. ErrInterrupted: ctx ended, or a
// Halt. ErrReset: the daemon has gone.
func (p *PCM) Wait(ctx context.Context, frames int) (Events, error) {
	halts := p.halts.Load()
	p.io.Lock()
	defer p.io.Unlock()
	for {
		events, state, err := p.pollLocked(frames)
		if events != 0 || err != nil {
			return events, err
		}
		pos, needed := p.wakeFor(p.clamp(frames))
		p.io.ring.WakeAt(pos)
		if !needed && p.movable(state) || p.io.ring.State() != state {
			continue
		}
		if err := p.sleep(ctx); err != nil {
			return 0, err
		}
		if p.halts.Load() != halts {
			return 0, p.failure(nil, "")
		}
	}
}

func (p *PCM) pollLocked(frames int) (Events, ring.State, error) {
	ready := Readable
	if p.dir == Write {
		ready = Writable
	}
	if p.closed.Load() {
		return ready | Hangup, ring.Ended, nil
	}
	state := p.io.ring.State()
	switch state {
	case ring.Ended:
		return ready | Hangup, state, nil
	case ring.Idle:
		if p.role == Server || p.dir == Read {
			if err := p.start(); err != nil {
				return 0, state, err
			}
		}
	}
	if _, needed := p.wakeFor(p.clamp(frames)); !needed && p.movable(state) {
		return ready, state, nil
	}
	return 0, state, nil
}

func (p *PCM) clamp(frames int) int {
	return max(1, min(frames, p.io.ring.Spec().Capacity))
}
