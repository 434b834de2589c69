package loop

import (
	"context"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/convert"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Attach opens an end of a loop for the program behind host. It blocks only as long as Options.Wait
// allows. Errors, in the order of the checks:
//
//	ErrNoDevice     there is no such loop
//	ErrInvalid      no direction; a format out of range
//	ErrAccess       a server that wants both directions
//	ErrBusy         the server end is held
//	ErrNoServer     a client, and no server is ready for one
//	ErrAccess       a client that wants the server's direction
//	ErrBusy         the client end is held
//	ErrInvalid      a client whose format cannot be converted
//	ErrTimedOut     Options.Wait expired
//	ErrInterrupted  ctx ended
func (b *Patchbay) Attach(ctx context.Context, name string, o pcm.Options, host Host) (*End, error) {
	l, err := b.find(name)
	if err != nil {
		return nil, err
	}
	switch {
	case o.Direction == 0 || o.Direction&^(pcm.Read|pcm.Write) != 0:
		return nil, audio.ErrInvalid.With("%s: open it to read or to write; a client may ask for both", name)
	case o.Role == pcm.Server:
		return l.openServer(o, host)
	case o.Role == pcm.Client:
		return l.openClient(ctx, o, host)
	}
	return nil, audio.ErrInvalid.With("%s: an end is a server or a client", name)
}

func (l *Loop) openServer(o pcm.Options, host Host) (*End, error) {
	if o.Direction == pcm.Read|pcm.Write {
		return nil, audio.ErrAccess.With("%s: a server end reads or writes, not both", l.spec.Name)
	}
	f := o.Format.Or(l.spec.Format)
	if err := f.Validate(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.removed {
		return nil, l.bay.unknown(l.spec.Name)
	}
	if l.deviceBus != nil {
		return nil, audio.ErrBusy.With("%s: the server end is the device %s; open the client end",
			l.spec.Name, l.engine.name)
	}
	if s := l.server; s != nil {
		return nil, audio.ErrBusy.With("%s: the server end is held by %s (pid %d); stop it, or take another loop",
			l.spec.Name, s.holder.Program, s.holder.PID)
	}
	e, err := l.newEndLocked(o, o.Direction, f, host)
	if err != nil {
		return nil, err
	}
	l.server = e
	l.emit(event.Event{Kind: event.Opened, End: pcm.Server, Holder: e.holder})
	l.admitWaitersLocked()
	return e, nil
}

// waiter is a client waiting for its turn.
type waiter struct {
	o      pcm.Options
	host   Host
	result chan opened // buffered
}

type opened struct {
	end *End
	err error
}

func (w *waiter) answer(e *End, err error) { w.result <- opened{e, err} }

func (l *Loop) openClient(ctx context.Context, o pcm.Options, host Host) (*End, error) {
	l.mu.Lock()
	e, err, wait := l.tryClientLocked(o, host)
	if !wait || o.Wait == 0 {
		l.mu.Unlock()
		return e, err
	}
	w := &waiter{o: o, host: host, result: make(chan opened, 1)}
	l.waiters = append(l.waiters, w)
	if len(l.waiters) == 1 {
		l.emit(event.Event{Kind: event.Waiting, End: pcm.Client, Holder: o.Holder})
	}
	l.addDeviceWaitersLocked(1)
	l.mu.Unlock()

	var expired <-chan time.Time
	if o.Wait > 0 {
		timer := time.NewTimer(o.Wait)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case r := <-w.result:
		return r.end, r.err
	case <-expired:
		err = audio.ErrTimedOut.With("%v (waited %s)", err, o.Wait)
	case <-ctx.Done():
		err = audio.ErrInterrupted.With("%s: the wait for a server was interrupted: %v", l.spec.Name, ctx.Err())
	}
	if r, late := l.withdraw(w); late {
		return r.end, r.err
	}
	return nil, err
}

// withdraw removes a waiter from the queue, unless it already has its answer.
func (l *Loop) withdraw(w *waiter) (r opened, answered bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, x := range l.waiters {
		if x == w {
			l.waiters = append(l.waiters[:i], l.waiters[i+1:]...)
			l.addDeviceWaitersLocked(-1)
			return opened{}, false
		}
	}
	return <-w.result, true
}

// admitWaitersLocked opens the client end for waiting clients, first come first served, while it can.
func (l *Loop) admitWaitersLocked() {
	for len(l.waiters) > 0 {
		w := l.waiters[0]
		e, err, wait := l.tryClientLocked(w.o, w.host)
		if wait {
			return
		}
		l.waiters = l.waiters[1:]
		l.addDeviceWaitersLocked(-1)
		w.answer(e, err)
	}
}

// tryClientLocked opens the client end if that is possible now; wait: it may become possible.
func (l *Loop) tryClientLocked(o pcm.Options, host Host) (e *End, err error, wait bool) {
	dir, err, wait := l.admissionLocked(o.Direction)
	if err != nil {
		return nil, err, wait
	}
	f := o.Format.Or(l.formatLocked())
	if err := l.checkFormatLocked(f); err != nil {
		return nil, err, false
	}
	if e, err = l.newEndLocked(o, dir, f, host); err != nil {
		return nil, err, false
	}
	l.clients = append(l.clients, e)
	l.emit(event.Event{Kind: event.Opened, End: pcm.Client, Holder: e.holder})
	l.addDeviceClientsLocked(1)
	return e, nil, false
}

// admissionLocked returns the direction a client is admitted for, or why it is not; wait as
// tryClientLocked.
func (l *Loop) admissionLocked(want audio.Direction) (dir audio.Direction, err error, wait bool) {
	name, s := l.spec.Name, l.server
	switch {
	case l.removed:
		return 0, l.bay.unknown(name), false
	case l.deviceBus != nil:
		dir, err, wait = l.deviceAdmissionLocked(want)
	case s == nil:
		return 0, audio.ErrNoServer.With("%s: no server holds the loop; start one, or wait for it", name), true
	case s.unsettled:
		return 0, audio.ErrNoServer.With("%s: its server (%s, pid %d) has not yet set the format; try again, or wait",
			name, s.holder.Program, s.holder.PID), true
	case want&s.dir.Opposite() == 0:
		dir = s.dir.Opposite()
		return 0, audio.ErrAccess.With("%s: its server %ss, so a client can only %s", name, pcm.Verb(s.dir), pcm.Verb(dir)), false
	default:
		dir = s.dir.Opposite()
	}
	c := l.clientLocked()
	switch {
	case err != nil:
		return 0, err, wait
	case l.spec.shared(), c == nil:
	case !c.Gone:
		return 0, audio.ErrBusy.With("%s: the client end is held by %s (pid %d); "+
			"stop it, wait for it, or take another loop", name, c.holder.Program, c.holder.PID), true
	default:
		return 0, audio.ErrNoServer.With("%s: the server is still taking what the previous client wrote; "+
			"try again, or wait", name), true
	}
	if s != nil && s.state == ring.Ended {
		return 0, audio.ErrNoServer.With("%s: its server (%s, pid %d) has not yet left the previous session; "+
			"try again, or wait", name, s.holder.Program, s.holder.PID), true
	}
	return dir, nil, false
}

// formatLocked returns the server's format, or else the configured one.
func (l *Loop) formatLocked() audio.Format {
	if l.server != nil {
		return l.server.Format
	}
	return l.spec.Format
}

// checkFormatLocked returns ErrInvalid if a client's format cannot be converted.
func (l *Loop) checkFormatLocked(f audio.Format) error {
	if err := convert.Check(f, l.formatLocked()); err != nil {
		return audio.ErrInvalid.With("%s: %v", l.spec.Name, err)
	}
	return nil
}
