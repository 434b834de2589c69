package loop

import (
	"sync/atomic"
	"syscall"
	"time"

	"github.com/loopbridge/loopbridge/audio"
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
	loop   *Loop
	host   Host
	role   pcm.Role
	dir    pcm.Direction
	holder pcm.Holder

	// Guarded by loop.mu.
	state  ring.State
	format audio.Format
	period int // frames
	buffer int // frames
	mem    []byte
	ring   *ring.Ring
	source *ring.Source // dir Write; its methods are the engine's while line is set
	sink   *ring.Sink   // dir Read
	line   *line        // the session that uses the ring
	gone   bool         // the program has closed; what it wrote is still on its way
	freed  bool
	// serverGone: the server under which this client was let in has closed.
	serverGone bool
	timer      *time.Timer // start_timeout, while armed
	unsettled  bool        // a server whose Setup is still to come
	drains     []drain
	marks      []uint64 // positions of eof marks that are not reached, ascending
	eofs       uint32   // marks that were reached since it was opened, or last set
	strip      *strip
	meter      atomic.Pointer[endMeter] // nil: nobody has looked; the engine measures with it
	since      uint64                   // moved when samples of audio(7I) was 0
	// delivered is closed when what a client that has gone wrote is delivered or dropped.
	delivered chan struct{}
	lost      uint64 // frames that never were; set before delivered is closed

	// Read by the engine.
	paused   atomic.Bool
	lastMark atomic.Uint64 // position of the last eof mark

	// Written by the engine.
	moved   atomic.Uint64 // frames taken from or given to the program
	flowing atomic.Bool   // the program that writes has frames
	drainTo atomic.Uint64 // position to report to drains; cleared when reached
	markTo  atomic.Uint64 // position of the next eof mark; control clears it
	xruns   xrunCounters
	bad     atomic.Uint64 // samples of the program that were no numbers, since its ring was made
}

type drain struct {
	to   uint64 // position
	done chan error
}

// xrunCounters are the daemon's own; what the program sees is a copy.
type xrunCounters struct {
	bursts, frames atomic.Uint64
	sticky         atomic.Bool // audio(7I) error: raised once, until the end is halted or closed
}

// newEnd makes an end with a ring. The caller holds l.mu.
func (l *Loop) newEnd(o pcm.Options, dir pcm.Direction, f audio.Format, host Host) (*End, error) {
	e := &End{loop: l, host: host, role: o.Role, dir: dir, holder: o.Holder, unsettled: o.Unsettled, strip: l.strips[o.Role]}
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
	e.meter.Store(nil)
	e.mem, e.ring, e.format, e.period, e.buffer = mem, r, f, period, buffer
	e.dropMarks()
	e.moved.Store(0)
	e.bad.Store(0)
	e.since = 0
	if e.dir == pcm.Write {
		e.source = ring.NewSource(r)
	} else {
		e.sink = ring.NewSink(r)
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
		e.ring.SetDelay(0)
	}
	e.ring.Publish(s, why)
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
	return (ring.Writer{Ring: e.ring}).Written() - e.moved.Load()
}

// Grant is what the program gets of the end.
func (e *End) Grant() pcm.Grant {
	e.loop.mu.Lock()
	defer e.loop.mu.Unlock()
	return e.grant()
}

// grant is Grant for a caller that holds loop.mu.
func (e *End) grant() pcm.Grant {
	return pcm.Grant{Ring: e.ring, Direction: e.dir, Period: e.period, Positions: e.stand()}
}

// stand is where its channels do, as far as somebody has said. The caller holds loop.mu.
func (e *End) stand() audio.Positions {
	if l := e.loop.format(); !e.format.Positions.Known() && e.format.Channels == l.Channels {
		return l.Positions
	}
	return e.format.Positions
}
