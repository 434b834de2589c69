package loop

import (
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/line"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Host is the program behind an end, as the daemon reaches it.
type Host interface {
	// Memory is for a ring: bytes zeroed bytes that both sides see, aligned as
	// ring.New wants. May block and allocate.
	Memory(bytes int) ([]byte, error)
	// Free gives memory back that neither engine nor loop will touch again.
	Free(mem []byte)
	// Ring wakes the program. From the engine too: it must not block or allocate.
	Ring()
	// Disconnect hangs up on a program that broke the rules, or whose loop is
	// removed. From any goroutine; the host calls End.Abandon in answer, not from
	// within Disconnect.
	Disconnect(why error)
}

// End is one end of a loop, held by a program. All methods are safe from any
// goroutine.
type End struct {
	line.End

	loop   *Loop
	host   Host
	role   pcm.Role
	dir    pcm.Direction
	holder pcm.Holder

	// Guarded by loop.mu, as Format, Period, Buffer, Ring, Source, Sink and Gone are.
	state   ring.State
	mem     []byte
	session *session // that uses the ring
	freed   bool
	// serverGone: the server under which this client was let in has closed.
	serverGone bool
	timer      *time.Timer // start_timeout, while armed
	unsettled  bool        // a server whose Setup is still to come
	drains     []drain
	marks      []uint64 // positions of eof marks that are not reached, ascending
	eofs       uint32   // marks that were reached since it was opened, or last set
	strip      *strip
	since      uint64 // Moved when samples of audio(7I) was 0
	// delivered is closed when what a client that has gone wrote is delivered or dropped.
	delivered chan struct{}
	lost      uint64 // frames that never were; set before delivered is closed
}

type drain struct {
	to   uint64 // position
	done chan error
}

// newEnd makes an end with a ring. The caller holds l.mu.
func (l *Loop) newEnd(o pcm.Options, dir pcm.Direction, f audio.Format, host Host) (*End, error) {
	e := &End{End: line.End{Bell: host, Server: o.Role == pcm.Server}, loop: l, host: host, role: o.Role, dir: dir, holder: o.Holder, unsettled: o.Unsettled, strip: l.strips[o.Role]}
	if o.Role == pcm.Client {
		e.strip = newStrip(&l.spec)
	}
	if err := e.allocate(f, o.Period, o.Buffer); err != nil {
		return nil, err
	}
	return e, nil
}

// allocate gives e a new ring; on failure the old one stays.
func (e *End) allocate(f audio.Format, period, buffer int) error {
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
	e.dropMarks()
	e.Moved.Store(0)
	e.Bad.Store(0)
	e.since = 0
	if e.dir == pcm.Write {
		e.Source = ring.NewSource(r)
	} else {
		e.Sink = ring.NewSink(r)
	}
	return nil
}

// set moves the end to a state and tells its program. The caller holds loop.mu.
func (e *End) set(s ring.State, why syscall.Errno) {
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	e.state = s
	if e.freed {
		return
	}
	if s == ring.Idle || s == ring.Armed { // nothing is on its way
		e.Ring.SetDelay(0)
	}
	e.Ring.Publish(s, why)
	e.host.Ring()
	if s == ring.Armed && e.role == pcm.Server {
		e.armTimer()
	}
}

// armTimer bounds a server's pause (D7).
func (e *End) armTimer() {
	if e.loop.spec.StartTimeout <= 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(e.loop.spec.StartTimeout, func() {
		e.loop.mu.Lock()
		defer e.loop.mu.Unlock()
		if e.timer == timer && e.state == ring.Armed {
			e.set(ring.Idle, syscall.ETIMEDOUT)
		}
	})
	e.timer = timer
}

// free gives the memory back. The caller holds loop.mu and no line uses the ring.
func (e *End) free() {
	if e.freed {
		return
	}
	e.failDrains(audio.ErrReset.With("%s: the end was closed before it was drained", e.loop.spec.Name))
	e.dropMarks()
	e.strip.closed(e.dir)
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
	if e.lost = e.pending(); e.delivered != nil {
		close(e.delivered)
	}
	e.freed = true
	e.host.Free(e.mem)
	e.mem = nil
}

// pending is how many frames the program wrote that were not yet taken. The caller
// holds loop.mu; with a line the count is a moment old.
func (e *End) pending() uint64 {
	if e.dir != pcm.Write || e.freed {
		return 0
	}
	return (ring.Writer{Ring: e.Ring}).Written() - e.Moved.Load()
}

// Grant is what the program gets of the end.
func (e *End) Grant() pcm.Grant {
	e.loop.mu.Lock()
	defer e.loop.mu.Unlock()
	return e.grant()
}

// grant is Grant for a caller that holds loop.mu.
func (e *End) grant() pcm.Grant {
	return pcm.Grant{Ring: e.Ring, Direction: e.dir, Period: e.Period, Positions: e.stand()}
}

// stand is where its channels do, as far as somebody has said. The caller holds loop.mu.
func (e *End) stand() audio.Positions {
	if l := e.loop.format(); !e.Format.Positions.Known() && e.Format.Channels == l.Channels {
		return l.Positions
	}
	return e.Format.Positions
}
