package pcm

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// look asks the ring for something, beside whatever moves frames; a closed end has
// no ring, and answers with nothing.
func look[T any](p *PCM, ask func(reader ring.Reader, writer ring.Writer) T) (answer T) {
	p.memory.RLock()
	defer p.memory.RUnlock()
	if !p.closed.Load() {
		answer = ask(p.io.reader, p.io.writer)
	}
	return answer
}

// Format is what this end reads or writes. Its positions are the loop's where this end has
// said none, and none where nobody has.
func (p *PCM) Format() audio.Format {
	p.memory.RLock()
	defer p.memory.RUnlock()
	f := p.io.ring.Spec().Format // no part of the memory: good after Close
	f.Positions = p.stand
	return f
}

// Position counts the frames that this end has written, or has read (with those
// that were dropped before it could), since it was opened or its format was set.
func (p *PCM) Position() uint64 {
	return look(p, func(r ring.Reader, w ring.Writer) uint64 {
		if p.dir == Read {
			return r.Taken()
		}
		return w.Written()
	})
}

// Delay is how many frames are between this end and the engine: written and not
// yet moved, or moved and not yet read. It is 0 after a drain.
func (p *PCM) Delay() int {
	return look(p, func(r ring.Reader, w ring.Writer) int {
		if p.dir == Read {
			return r.Avail()
		}
		return w.Queued()
	})
}

// DeviceDelay is how many frames a device holds beyond the engine, at the other end of the
// loop: what is taken next is heard, and what was given last was recorded, so far from now.
func (p *PCM) DeviceDelay() int {
	return look(p, func(r ring.Reader, _ ring.Writer) int { return r.Delay() })
}

// Avail is how many frames a read gives or a write takes without sleeping, once
// the end is running.
func (p *PCM) Avail() int {
	return look(p, func(r ring.Reader, w ring.Writer) int {
		if p.dir == Read {
			return r.Avail()
		}
		return w.Room()
	})
}

// Xruns is how often this end ran over or dry, and how many frames were dropped
// (reading) or replaced by silence (writing) because of it.
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

// Buffer is the ring's size in frames.
func (p *PCM) Buffer() int {
	return look(p, func(r ring.Reader, _ ring.Writer) int { return r.Spec().Capacity })
}

// State is what the end is doing; Ended once it is closed.
func (p *PCM) State() ring.State {
	if p.closed.Load() {
		return ring.Ended
	}
	return look(p, func(r ring.Reader, _ ring.Writer) ring.State { return r.State() })
}
