package loop

import (
	"context"
	"slices"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Start arms the end, because its program began to read or write. An end that is already armed,
// running or ended stays as it is.
func (e *End) Start() error {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Gone || e.freed {
		return e.errClosed()
	}
	if e.state == ring.Idle {
		if e.dir == pcm.Write {
			e.Source.Restart()
		}
		e.setStateLocked(ring.Armed, 0)
	}
	if e.role == pcm.Server {
		l.settleLocked()
	}
	e.Ring.AckStart()
	e.host.Ring()
	l.startSessionsLocked()
	return nil
}

// Halt ends the session and drops what is buffered; the end is idle again. ErrGone: the server of
// this client has closed.
func (e *End) Halt(context.Context) error {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.Gone || e.freed:
		return e.errClosed()
	case e.orphanedLocked():
		return audio.ErrGone.With("%s: the server has closed; open the loop again", l.spec.Name)
	}
	l.leaveSessionLocked(e)
	e.failDrainsLocked(audio.ErrInterrupted.With("%s: halted", l.spec.Name))
	e.flushLocked()
	e.Xruns.Sticky.Store(false)
	e.Paused.Store(false)
	e.setStateLocked(ring.Idle, 0)
	for _, c := range slices.Clone(l.clients) {
		if e.role == pcm.Server && c.Gone {
			l.releaseClientLocked(c) // its last frames are dropped too
		}
	}
	l.admitWaitersLocked()
	return nil
}

// leaveSessionLocked takes e out of its session at once, and tells its peers.
func (l *Loop) leaveSessionLocked(e *End) {
	if e.session == nil {
		return
	}
	peers := l.peersLocked(e)
	l.unlinkLocked(e.session)
	l.peersLeftLocked(peers)
}

// Drain blocks until the engine has taken everything written before the call. ErrReset: the session
// ended first. ErrGone: the server of this client has closed.
func (e *End) Drain(ctx context.Context) error {
	_, wait := e.BeginDrain()
	return wait(ctx)
}

// BeginDrain is Drain without the wait, for callers that receive requests in order: later writes are not
// part of the drain, which ends at position to. It does not block; the wait it returns does, and returns what Drain would.
func (e *End) BeginDrain() (to uint64, wait func(context.Context) error) {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	err := e.checkCanPlayLocked()
	if err == nil && e.state == ring.Ended {
		err = audio.ErrReset.With("%s: the other end closed before all was played", l.spec.Name)
	}
	if err != nil || e.pendingLocked() == 0 {
		return 0, func(context.Context) error { return err }
	}
	to = (ring.Writer{Ring: e.Ring}).Written()
	return to, e.awaitDrainLocked(to)
}

// awaitDrainLocked returns the wait for a drain up to a position.
func (e *End) awaitDrainLocked(to uint64) (wait func(context.Context) error) {
	d := drain{to: to, done: make(chan error, 1)}
	e.drains = append(e.drains, d)
	e.DrainTo.Store(max(e.DrainTo.Load(), to))
	return func(ctx context.Context) error {
		select {
		case err := <-d.done:
			return err
		case <-ctx.Done():
			return audio.ErrInterrupted.With("%s: the drain was interrupted: %v", e.loop.spec.Name, ctx.Err())
		}
	}
}

// checkCanPlayLocked returns why nothing e writes can be played any more, or nil.
func (e *End) checkCanPlayLocked() error {
	switch {
	case e.Gone || e.freed:
		return e.errClosed()
	case e.dir != pcm.Write:
		return audio.ErrInvalid.With("%s: only an end that writes can be drained or marked", e.loop.spec.Name)
	case e.orphanedLocked():
		return audio.ErrGone.With("%s: the server has closed", e.loop.spec.Name)
	}
	return nil
}

// answerDrainsLocked answers the drains whose frames were taken.
func (e *End) answerDrainsLocked() {
	left := e.drains[:0]
	for _, d := range e.drains {
		if d.to <= e.Moved.Load() {
			d.done <- nil
		} else {
			left = append(left, d)
		}
	}
	e.drains = left
}

// failDrainsLocked ends every drain, with ErrReset if err is nil.
func (e *End) failDrainsLocked(err error) {
	if err == nil {
		err = audio.ErrReset.With("%s: the other end closed before all was played", e.loop.spec.Name)
	}
	e.DrainTo.Store(0)
	for _, d := range e.drains {
		d.done <- err
	}
	e.drains = nil
}

// Setup gives the end a new ring and format for the sessions to come; a server's format is the
// loop's. ErrBusy: a session is running. ErrInvalid: the format is invalid or cannot be converted.
// ErrGone: the server of this client has closed.
func (e *End) Setup(_ context.Context, s pcm.Setup) (pcm.Grant, error) {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	f := s.Format.Or(e.Format)
	err := f.Validate()
	if e.role == pcm.Client && !e.Gone && !e.freed && !e.orphanedLocked() {
		err = l.checkFormatLocked(f)
	}
	if err != nil {
		return pcm.Grant{}, err
	}
	switch {
	case e.Gone || e.freed:
		return pcm.Grant{}, e.errClosed()
	case e.orphanedLocked():
		return pcm.Grant{}, audio.ErrGone.With("%s: the server has closed; open the loop again", l.spec.Name)
	case e.role == pcm.Client && e.state != ring.Idle:
		return pcm.Grant{}, audio.ErrBusy.With("%s: this end is %s; halt it first", l.spec.Name, e.state)
	case e.session != nil, e.state == ring.Ended,
		e.role == pcm.Server && slices.ContainsFunc(l.clients, (*End).startedLocked):
		return pcm.Grant{}, audio.ErrBusy.With("%s: a client is using %s; halt first, or wait for its end",
			l.spec.Name, e.Format)
	}
	if s.Period == 0 {
		s.Period = int(audio.MulDiv(uint64(e.Period), uint64(f.Rate), uint64(e.Format.Rate)))
	}
	if s.Buffer == 0 {
		s.Buffer = int(audio.MulDiv(uint64(e.Buffer), uint64(f.Rate), uint64(e.Format.Rate)))
	}
	if err := e.allocateLocked(f, s.Period, s.Buffer); err != nil {
		return pcm.Grant{}, err
	}
	e.setStateLocked(ring.Idle, 0)
	if e.role == pcm.Server {
		l.emit(event.Event{Kind: event.FormatSet, End: pcm.Server, Holder: e.holder})
		l.settleLocked()
	}
	return e.grantLocked(), nil
}

// startedLocked reports whether a client has started under the present server.
func (e *End) startedLocked() bool { return !e.orphanedLocked() && e.state != ring.Idle }

// settleLocked admits the clients that waited for the server to choose its format.
func (l *Loop) settleLocked() {
	if s := l.server; s != nil && s.unsettled {
		s.unsettled = false
		l.admitWaitersLocked()
	}
}

// Pause pauses or resumes the end, from the next cycle on: a writer's frames stay where they are, a
// reader misses those that come.
func (e *End) Pause(_ context.Context, on bool) error {
	e.loop.mu.Lock()
	defer e.loop.mu.Unlock()
	if e.Gone || e.freed {
		return e.errClosed()
	}
	e.Paused.Store(on)
	return nil
}

// orphanedLocked reports whether the server of this client has closed.
func (e *End) orphanedLocked() bool {
	return e.role == pcm.Client && e.serverGone
}

func (e *End) errClosed() error {
	return audio.ErrClosed.With("%s: this end is closed", e.loop.spec.Name)
}

// serverClosedLocked tells a client that its server closes.
func (l *Loop) serverClosedLocked(c *End) {
	if c == nil || c.serverGone {
		return
	}
	c.serverGone = true
	switch {
	case c.Gone: // its last frames have no destination
		l.releaseClientLocked(c)
	case c.session == nil:
		c.failDrainsLocked(nil)
		c.setStateLocked(ring.Ended, syscall.ECONNRESET)
	}
}

// Orphaned reports whether the end is a client whose server has closed.
func (e *End) Orphaned() bool {
	e.loop.mu.Lock()
	defer e.loop.mu.Unlock()
	return e.orphanedLocked()
}
