package loop

import (
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Host is how the daemon reaches the program behind an end.
type Host interface {
	// Memory returns zeroed memory for a ring that both sides see, aligned as ring.New requires. It may block
	// and allocate.
	Memory(bytes int) ([]byte, error)
	// Free releases memory that neither engine nor loop will touch again.
	Free(mem []byte)
	// Ring wakes the program. The engine calls it too: it must not block or allocate.
	Ring()
	// Disconnect hangs up on a program that broke the protocol or whose loop was removed. Any goroutine may
	// call it; the host then calls End.Abandon, but not from within Disconnect.
	Disconnect(why error)
}

// End is one end of a loop, held by a program. Any goroutine may call its methods.
type End struct {
	line.End

	loop   *Loop
	host   Host
	role   pcm.Role
	dir    audio.Direction
	holder pcm.Holder

	// Guarded by loop.mu, as Format, Period, Buffer, Ring, Source, Sink and Gone are.
	state      ring.State
	mem        []byte
	session    *session // uses the ring; nil: none
	freed      bool
	added      Totals      // what the totals of the loop have of it
	serverGone bool        // the server of this client has closed
	timer      *time.Timer // start_timeout, while armed
	deadline   time.Time   // of timer
	unsettled  bool        // a server that has not yet called Setup
	drains     []drain
	marks      []uint64 // positions of the eof marks not yet reached, ascending
	eofs       uint32   // marks reached since the open, or since the counter was set
	settings   *endSettings
	since      uint64 // Moved when the samples counter was 0
	// delivered is closed when the last frames of a client that closed are delivered or dropped.
	delivered chan struct{}
	lost      uint64 // frames never delivered; set before delivered is closed
}

type drain struct {
	to   uint64 // position
	done chan error
}

// Routed is a Host whose program is a route of the daemon itself: it reads and writes the rings within
// cycles.
type Routed interface {
	Host
	// Routed is never called.
	Routed()
}

// Engine returns the engine that moves the frames of the end.
func (e *End) Engine() *Engine { return e.loop.engine }

// newEndLocked makes an end with a ring.
func (l *Loop) newEndLocked(o pcm.Options, dir audio.Direction, f audio.Format, host Host) (*End, error) {
	e := &End{
		End: line.End{Bell: host, Server: o.Role == pcm.Server, Routed: isRouted(host)}, loop: l, host: host, role: o.Role, dir: dir,
		holder: o.Holder, unsettled: o.Unsettled, settings: l.settings[o.Role],
	}
	if o.Role == pcm.Client {
		e.settings = newEndSettings(&l.spec)
	}
	period, buffer := o.Period, o.Buffer
	if o.Sizes != nil {
		period, buffer = o.Sizes(f)
	}
	if err := e.allocateLocked(f, period, buffer); err != nil {
		return nil, err
	}
	return e, nil
}

// allocateLocked gives e a new ring, or keeps the old one on error.
func (e *End) allocateLocked(f audio.Format, period, buffer int) error {
	period, buffer = e.loop.spec.sizes(f, period, buffer)
	spec := ring.Spec{Format: f, Capacity: buffer, Playback: e.dir == pcm.Write}
	mem, err := e.host.Memory(spec.Bytes())
	if err != nil {
		return audio.ErrNoMemory.With("%s: no memory for a buffer of %d bytes: %v", e.loop.spec.Name, spec.Bytes(), err)
	}
	r, err := ring.New(mem, spec)
	if err != nil {
		e.host.Free(mem)
		return err
	}
	if e.mem != nil {
		e.host.Free(e.mem)
	}
	e.Meter.Store(nil)
	e.mem, e.Ring, e.Format, e.Period, e.Buffer = mem, r, f, period, buffer
	e.dropMarksLocked()
	e.addTotalsLocked()
	e.Moved.Store(0)
	e.Bad.Store(0)
	e.added.Frames, e.added.Bad = 0, 0
	e.since = 0
	if e.dir == pcm.Write {
		e.Source = ring.NewSource(r)
	} else {
		e.Sink = ring.NewSink(r)
	}
	return nil
}

// setStateLocked moves the end to a state and tells its program.
func (e *End) setStateLocked(s ring.State, why syscall.Errno) {
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	e.state = s
	if e.freed {
		return
	}
	if s == ring.Idle || s == ring.Armed { // no frames are moving
		e.Ring.SetDelay(0)
	}
	e.Ring.Publish(s, why)
	e.host.Ring()
	if limit := e.loop.spec.StartTimeout; limit > 0 && s == ring.Armed && e.role == pcm.Server {
		e.armTimer(limit)
	}
}

// armTimer limits how long a server waits armed for its client.
func (e *End) armTimer(limit time.Duration) {
	var timer *time.Timer
	timer = time.AfterFunc(limit, func() {
		e.loop.mu.Lock()
		defer e.loop.mu.Unlock()
		if e.timer == timer && e.state == ring.Armed {
			e.setStateLocked(ring.Idle, syscall.ETIMEDOUT)
		}
	})
	e.timer, e.deadline = timer, time.Now().Add(limit)
}

// freeLocked releases the memory. No line may use the ring.
func (e *End) freeLocked() {
	if e.freed {
		return
	}
	e.addTotalsLocked()
	e.failDrainsLocked(audio.ErrReset.With("%s: the end was closed before it was drained", e.loop.spec.Name))
	e.dropMarksLocked()
	e.settings.closedLocked(e.dir)
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	if e.lost = e.pendingLocked(); e.delivered != nil {
		close(e.delivered)
	}
	e.freed = true
	e.host.Free(e.mem)
	e.mem = nil
}

// pendingLocked returns how many frames the program wrote that were not yet taken. With a line the
// count is slightly old.
func (e *End) pendingLocked() uint64 {
	if e.dir != pcm.Write || e.freed {
		return 0
	}
	return (ring.Writer{Ring: e.Ring}).Written() - e.Moved.Load()
}

// Grant returns what the program gets of the end.
func (e *End) Grant() pcm.Grant {
	e.loop.mu.Lock()
	defer e.loop.mu.Unlock()
	return e.grantLocked()
}

func (e *End) grantLocked() pcm.Grant {
	return pcm.Grant{Ring: e.Ring, Direction: e.dir, Period: e.Period, Positions: e.positionsLocked()}
}

// positionsLocked returns the positions of the end's channels, if known.
func (e *End) positionsLocked() audio.Positions {
	if l := e.loop.formatLocked(); !e.Format.Positions.Known() && e.Format.Channels == l.Channels {
		return l.Positions
	}
	return e.Format.Positions
}
