package pcm

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// look asks the ring for something, concurrently with the call that moves frames. A closed end has
// no ring and answers the zero value.
func look[T any](p *PCM, ask func(reader ring.Reader, writer ring.Writer) T) (answer T) {
	p.memory.RLock()
	defer p.memory.RUnlock()
	if !p.closed.Load() {
		answer = ask(p.io.reader, p.io.writer)
	}
	return answer
}

// Format returns the format this end reads or writes. Its positions are its own, or the loop's, or
// zero if unknown.
func (p *PCM) Format() audio.Format {
	p.memory.RLock()
	defer p.memory.RUnlock()
	f := p.io.ring.Spec().Format // not in the shared memory: valid after Close
	f.Positions = p.positions
	return f
}

// Position returns how many frames this end wrote, or read (including those dropped before it
// could), since it was opened or set up.
func (p *PCM) Position() uint64 {
	return look(p, func(r ring.Reader, w ring.Writer) uint64 {
		if p.dir == Read {
			return r.Taken()
		}
		return w.Written()
	})
}

// Delay returns how many frames are between this end and the engine: written and not yet moved, or
// moved and not yet read. It is 0 after a drain.
func (p *PCM) Delay() int {
	return look(p, func(r ring.Reader, w ring.Writer) int {
		if p.dir == Read {
			return r.Avail()
		}
		return w.Queued()
	})
}

// Cycle returns how far the engine has come: the frames it took from this end or gave to it, and the time on
// CLOCK_MONOTONIC, in ns, of the cycle in which it did. Ends of one engine have the same times, and are
// compared by them. While a cycle goes on, its position may come with the time of the one before.
func (p *PCM) Cycle() (position uint64, ns int64) {
	cycle := look(p, func(r ring.Reader, _ ring.Writer) (c struct {
		position uint64
		ns       int64
	}) {
		c.position, c.ns = r.Cycle()
		return c
	})
	return cycle.position, cycle.ns
}

// DeviceDelay returns how many frames a device at the other end holds beyond the engine: the next
// frame taken is played that much later, the last frame given was recorded that much earlier.
func (p *PCM) DeviceDelay() int {
	return look(p, func(r ring.Reader, _ ring.Writer) int { return r.Delay() })
}

// Avail returns how many frames a read gives or a write takes without blocking, once the end is running.
func (p *PCM) Avail() int {
	return look(p, func(r ring.Reader, w ring.Writer) int {
		if p.dir == Read {
			return r.Avail()
		}
		return w.Room()
	})
}

// Xruns returns how many bursts this end lost, and the frames dropped (reading) or replaced by
// silence (writing).
func (p *PCM) Xruns() (bursts uint32, frames uint64) {
	type xruns struct {
		bursts uint32
		frames uint64
	}
	x := look(p, func(r ring.Reader, _ ring.Writer) (x xruns) {
		x.bursts, x.frames = r.Xruns()
		return x
	})
	return x.bursts, x.frames
}

// Buffer returns the size of the ring in frames.
func (p *PCM) Buffer() int {
	return look(p, func(r ring.Reader, _ ring.Writer) int { return r.Spec().Capacity })
}

// State returns what the end is doing; Ended once it is closed.
func (p *PCM) State() ring.State {
	if p.closed.Load() {
		return ring.Ended
	}
	return look(p, func(r ring.Reader, _ ring.Writer) ring.State { return r.State() })
}
