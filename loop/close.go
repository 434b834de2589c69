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

// drainGrace is how long a client's close may take beyond the length of its buffer
// (D16).
const drainGrace = time.Second

// Close gives the end back. A client that has written waits until all of it has
// reached the server, for the length of its buffer and a second more; while it is paused,
// or the device that plays it, for as long as that lasts (D22). ErrTimedOut and
// ErrInterrupted say that the rest is still on its way, ErrReset that the server has gone
// without it; the end is closed all the same. What a server had not read is dropped; what
// it wrote still reaches its client, but nobody waits for that.
func (e *End) Close(ctx context.Context) error {
	done, err := e.abandon()
	if err != nil {
		return err
	}
	if done == nil {
		return e.delivery()
	}
	limit := e.Format.Duration(int64(e.Buffer)) + drainGrace
	timer := time.NewTimer(limit)
	defer timer.Stop()
	name := e.loop.spec.Name
	for {
		select {
		case <-done:
			return e.delivery()
		case <-timer.C:
			if !e.held() {
				return audio.ErrTimedOut.With("%s: the server has not taken all that was written; it gets the rest if it comes back", name)
			}
			timer.Reset(limit)
		case <-ctx.Done():
			return audio.ErrInterrupted.With("%s: closed before all was played: %v", name, ctx.Err())
		}
	}
}

// held reports whether what a client has written stands still because somebody wants that.
func (e *End) held() bool {
	return e.Paused.Load() || e.loop.spec.Attached == PlaySide && e.loop.engine.device.PlayPaused()
}

// delivery is what became of the frames of an end that is closed, and done.
func (e *End) delivery() error {
	if e.role == pcm.Server || e.lost == 0 {
		return nil
	}
	return audio.ErrReset.With("%s: the server has gone without the last %d frames", e.loop.spec.Name, e.lost)
}

// Abandon is Close without the wait: what becomes of an end whose program was killed, also
// during a Close. What it wrote is delivered all the same (D16), but flushed where a pause
// holds it up (D22).
func (e *End) Abandon() {
	_, _ = e.abandon()
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Gone && !e.freed && e.role == pcm.Client && e.held() {
		l.leave(e)
		l.releaseClient(e)
	}
}

// abandon closes the end; done, unless nil, is closed when what it wrote has been
// delivered or dropped.
func (e *End) abandon() (done <-chan struct{}, err error) {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Gone || e.freed {
		return nil, e.errClosed()
	}
	e.Gone = true
	if e.role == pcm.Server {
		e.Paused.Store(false) // what it wrote is delivered
	}
	l.emit(event.Event{Kind: event.Closed, End: e.role, Holder: e.holder})
	if e.role == pcm.Server {
		l.closeServer(e)
		return nil, nil
	}
	return l.closeClient(e), nil
}

// closeClient lets a client go: at once if it reads, or wrote nothing that anybody
// waits for; else when that is delivered. The caller holds l.mu.
func (l *Loop) closeClient(c *End) (done <-chan struct{}) {
	if c.dir == pcm.Read || c.serverGone || c.state == ring.Idle || c.state == ring.Ended || l.removed {
		l.leave(c)
		l.releaseClient(c)
		return nil
	}
	c.delivered = make(chan struct{})
	if c.session != nil {
		c.session.Closing.Store(true)
		l.engine.stream.Wake()
	} else if c.pending() == 0 { // it was armed, but wrote nothing
		l.releaseClient(c)
	}
	return c.delivered
}

// closeServer lets a server go at once; frames that it wrote for a running client
// are still delivered. The caller holds l.mu.
func (l *Loop) closeServer(s *End) {
	if l.server == s {
		l.server = nil
	}
	at := s.session
	delivers := at != nil && s.dir == pcm.Write && !at.Alone() && (!at.Grouped() || len(l.joined(at)) > 0)
	switch {
	case delivers:
		at.Closing.Store(true)
		l.engine.stream.Wake()
	case at != nil:
		l.unlink(at)
	}
	for _, c := range slices.Clone(l.clients) {
		l.serverClosed(c)
	}
	if !delivers {
		s.free()
	}
}
