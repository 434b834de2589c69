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

// Start arms the end: its program has begun to read or write. An end that is armed
// already, running or ended stays as it is.
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
		e.set(ring.Armed, 0)
	}
	if e.role == pcm.Server {
		l.settled()
	}
	e.Ring.AckStart()
	e.host.Ring()
	l.run()
	return nil
}

// Halt ends the session and drops what is buffered; the end is idle again. For a
// client whose server has closed: ErrGone (D17).
func (e *End) Halt(context.Context) error {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.Gone || e.freed:
		return e.errClosed()
	case e.orphaned():
		return audio.ErrGone.With("%s: the server has closed; open the loop anew", l.spec.Name)
	}
	l.leave(e)
	e.failDrains(audio.ErrInterrupted.With("%s: halted", l.spec.Name))
	e.flush()
	e.Xruns.Sticky.Store(false)
	e.Paused.Store(false)
	e.set(ring.Idle, 0)
	for _, c := range slices.Clone(l.clients) {
		if e.role == pcm.Server && c.Gone {
			l.releaseClient(c) // what it left is dropped too
		}
	}
	l.admit()
	return nil
}

// leave takes e out of its session at once, and tells its peers. The caller holds
// loop.mu.
func (l *Loop) leave(e *End) {
	if e.session == nil {
		return
	}
	peers := l.peers(e)
	l.unlink(e.session)
	l.lose(peers)
}

// Drain returns when the engine has taken everything that was written before the
// call. ErrReset: the session ended first. ErrGone: the server has closed (D17).
func (e *End) Drain(ctx context.Context) error { return e.BeginDrain()(ctx) }

// BeginDrain is Drain without the wait, for who hears of calls in their order: what is
// written or asked for after it is not part of it. It does not block; the wait that it
// returns does, until Drain would return.
func (e *End) BeginDrain() (wait func(context.Context) error) {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	err := e.cannotPlay()
	if err == nil && e.state == ring.Ended {
		err = audio.ErrReset.With("%s: the other end closed before all was played", l.spec.Name)
	}
	if err != nil || e.pending() == 0 {
		return func(context.Context) error { return err }
	}
	d := drain{to: (ring.Writer{Ring: e.Ring}).Written(), done: make(chan error, 1)}
	e.drains = append(e.drains, d)
	e.DrainTo.Store(d.to)
	return func(ctx context.Context) error {
		select {
		case err := <-d.done:
			return err
		case <-ctx.Done():
			return audio.ErrInterrupted.With("%s: the drain was interrupted: %v", l.spec.Name, ctx.Err())
		}
	}
}

// cannotPlay is why nothing that e writes can be played any more, or ever. The caller
// holds loop.mu.
func (e *End) cannotPlay() error {
	switch {
	case e.Gone || e.freed:
		return e.errClosed()
	case e.dir != pcm.Write:
		return audio.ErrInvalid.With("%s: only an end that writes can be drained or marked", e.loop.spec.Name)
	case e.orphaned():
		return audio.ErrGone.With("%s: the server has closed", e.loop.spec.Name)
	}
	return nil
}

// answerDrains tells those whose frames were taken. The caller holds loop.mu.
func (e *End) answerDrains() {
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

// failDrains ends every drain, with ErrReset unless err says otherwise.
func (e *End) failDrains(err error) {
	if err == nil {
		err = audio.ErrReset.With("%s: the other end closed before all was played", e.loop.spec.Name)
	}
	e.DrainTo.Store(0)
	for _, d := range e.drains {
		d.done <- err
	}
	e.drains = nil
}

// Setup gives the end a new ring and a format, a server's is the loop's, for the sessions
// to come. ErrBusy while a session runs (D11), ErrInvalid for a format that cannot be or
// cannot be converted, ErrGone for a client whose server has closed.
func (e *End) Setup(_ context.Context, s pcm.Setup) (pcm.Grant, error) {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	f := s.Format.Or(e.Format)
	err := f.Validate()
	if e.role == pcm.Client && !e.Gone && !e.freed && !e.orphaned() {
		err = l.checkFormat(f)
	}
	if err != nil {
		return pcm.Grant{}, err
	}
	switch {
	case e.Gone || e.freed:
		return pcm.Grant{}, e.errClosed()
	case e.orphaned():
		return pcm.Grant{}, audio.ErrGone.With("%s: the server has closed; open the loop anew", l.spec.Name)
	case e.role == pcm.Client && e.state != ring.Idle:
		return pcm.Grant{}, audio.ErrBusy.With("%s: this end is %s; halt it first", l.spec.Name, e.state)
	case e.session != nil, e.state == ring.Ended, e.role == pcm.Server && slices.ContainsFunc(l.clients, (*End).begun):
		return pcm.Grant{}, audio.ErrBusy.With("%s: a client is using %s; halt first, or wait for its end", l.spec.Name, e.Format)
	}
	if s.Period == 0 {
		s.Period = int(audio.MulDiv(uint64(e.Period), uint64(f.Rate), uint64(e.Format.Rate)))
	}
	if s.Buffer == 0 {
		s.Buffer = int(audio.MulDiv(uint64(e.Buffer), uint64(f.Rate), uint64(e.Format.Rate)))
	}
	if err := e.allocate(f, s.Period, s.Buffer); err != nil {
		return pcm.Grant{}, err
	}
	e.set(ring.Idle, 0)
	if e.role == pcm.Server {
		l.emit(event.Event{Kind: event.FormatSet, End: pcm.Server, Holder: e.holder})
		l.settled()
	}
	return e.grant(), nil
}

// begun reports whether a client has started under the server that there is. The caller
// holds loop.mu.
func (e *End) begun() bool { return !e.orphaned() && e.state != ring.Idle }

// settled lets those in who waited for the server to say what it wants. The caller
// holds l.mu.
func (l *Loop) settled() {
	if s := l.server; s != nil && s.unsettled {
		s.unsettled = false
		l.admit()
	}
}

// Pause stops the end, or lets it go on: a writer's frames stay where they are, a
// reader's pass by (D22). It takes effect with the next cycle.
func (e *End) Pause(_ context.Context, on bool) error {
	e.loop.mu.Lock()
	defer e.loop.mu.Unlock()
	if e.Gone || e.freed {
		return e.errClosed()
	}
	e.Paused.Store(on)
	return nil
}

// orphaned reports whether a client's server has closed. The caller holds loop.mu.
func (e *End) orphaned() bool {
	return e.role == pcm.Client && e.serverGone
}

func (e *End) errClosed() error {
	return audio.ErrClosed.With("%s: this end is closed", e.loop.spec.Name)
}

// serverClosed tells a client that was let in under the server that now closes.
// The caller holds l.mu.
func (l *Loop) serverClosed(c *End) {
	if c == nil || c.serverGone {
		return
	}
	c.serverGone = true
	switch {
	case c.Gone: // a client that has left: there is nobody to deliver to
		l.releaseClient(c)
	case c.session == nil:
		c.failDrains(nil)
		c.set(ring.Ended, syscall.ECONNRESET)
	}
}
