package loop

import (
	"context"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// drainGrace is how long closing a client may take beyond the length of its buffer.
const drainGrace = time.Second

// Close closes the end. A client that wrote blocks until the server has taken all of it, for at
// most the length of its buffer and drainGrace, or as long as it or its device is paused.
// ErrTimedOut and ErrInterrupted: the rest is still being delivered. ErrReset: the server has gone
// without it. The end is closed in any case. What a server had not read is dropped; what it wrote
// still reaches its client, without a wait.
func (e *End) Close(ctx context.Context) error {
	done, err := e.abandon()
	if err != nil {
		return err
	}
	return e.await(ctx, done)
}

// await blocks until done is closed, as Close says; nil: at once.
func (e *End) await(ctx context.Context, done <-chan struct{}) error {
	if done == nil {
		return e.errUndelivered()
	}
	limit := e.Format.Duration(int64(e.Buffer)) + drainGrace
	timer := time.NewTimer(limit)
	defer timer.Stop()
	name := e.loop.spec.Name
	for {
		select {
		case <-done:
			return e.errUndelivered()
		case <-timer.C:
			if !e.held() {
				return audio.ErrTimedOut.With("%s: the server has not taken all that was written; "+
					"it gets the rest if it comes back", name)
			}
			timer.Reset(limit)
		case <-ctx.Done():
			return audio.ErrInterrupted.With("%s: closed before all was played: %v", name, ctx.Err())
		}
	}
}

// held reports whether a pause holds up what a client wrote.
func (e *End) held() bool {
	return e.Paused.Load() || e.loop.spec.Attached == audio.Play && e.loop.engine.device.PlayPaused()
}

// errUndelivered returns ErrReset if frames of a closed client were lost.
func (e *End) errUndelivered() error {
	if e.role == pcm.Server {
		return nil
	}
	return Undelivered(e.lost)
}

// Undelivered returns ErrReset if the server of a client has gone without its last frames, else nil.
func Undelivered(frames uint64) error {
	if frames == 0 {
		return nil
	}
	return audio.ErrReset.With("the server has gone without the last %d frames", frames)
}

// Abandon is Close without the wait. The host calls it for a program that was killed, even during a
// Close. What the program wrote is still delivered, unless a pause holds it up: then it is dropped.
func (e *End) Abandon() {
	_, _ = e.abandon()
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Gone && !e.freed && e.role == pcm.Client && e.held() {
		l.leaveSessionLocked(e)
		l.releaseClientLocked(e)
	}
}

// abandon closes the end. done, unless nil, is closed when what the program wrote is delivered or dropped.
func (e *End) abandon() (done <-chan struct{}, err error) {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Gone || e.freed {
		return nil, e.errClosed()
	}
	e.Gone = true
	if e.role == pcm.Server {
		e.Paused.Store(false) // so that what it wrote is delivered
	}
	l.emit(event.Event{Kind: event.Closed, End: e.role, Holder: e.holder})
	if e.role == pcm.Server {
		l.closeServerLocked(e)
		return nil, nil
	}
	return l.closeClientLocked(e), nil
}

// closeClientLocked releases a client, at once if nothing it wrote is to be delivered, otherwise
// after that.
func (l *Loop) closeClientLocked(c *End) (done <-chan struct{}) {
	if c.dir == pcm.Read || c.serverGone || l.removed || c.state == ring.Idle || c.state == ring.Ended {
		l.leaveSessionLocked(c)
		l.releaseClientLocked(c)
		return nil
	}
	c.delivered = make(chan struct{})
	if c.session != nil {
		c.session.Closing.Store(true)
		l.engine.stream.Wake()
	} else if c.pendingLocked() == 0 { // armed, but wrote nothing
		l.releaseClientLocked(c)
	}
	return c.delivered
}

// closeServerLocked releases a server at once; what it wrote for a running client is still delivered.
func (l *Loop) closeServerLocked(s *End) {
	if l.server == s {
		l.server = nil
	}
	at := s.session
	delivers := at != nil && s.dir == pcm.Write && !at.Alone() && (!at.Grouped() || len(l.membersLocked(at)) > 0)
	switch {
	case delivers:
		at.Closing.Store(true)
		l.engine.stream.Wake()
	case at != nil:
		l.unlinkLocked(at)
	}
	for _, c := range slices.Clone(l.clients) {
		l.serverClosedLocked(c)
	}
	if !delivers {
		s.freeLocked()
	}
}
