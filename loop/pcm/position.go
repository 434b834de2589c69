package pcm

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Format is what this end reads or writes.
func (p *PCM) Format() audio.Format {
	p.memory.RLock()
	defer p.memory.RUnlock()
	return p.io.ring.Spec().Format // no part of the memory: good after Close
}

// Position counts the frames that this end has written, or has read (with those
// that were dropped before it could), since it was opened or its format was set.
func (p *PCM) Position() uint64 {
	p.memory.RLock()
	defer p.memory.RUnlock()
	switch {
	case p.closed.Load():
		return 0
	case p.dir == Read:
		return p.io.reader.Taken()
	}
	return p.io.writer.Written()
}

// Delay is how many frames are between this end and the engine: written and not
// yet moved, or moved and not yet read. It is 0 after a drain.
func (p *PCM) Delay() int {
	p.memory.RLock()
	defer p.memory.RUnlock()
	switch {
	case p.closed.Load():
		return 0
	case p.dir == Read:
		return p.io.reader.Avail()
	}
	return p.io.writer.Queued()
}

// Avail is how many frames a read gives or a write takes without sleeping, once
// the end is running.
func (p *PCM) Avail() int {
	p.memory.RLock()
	defer p.memory.RUnlock()
	switch {
	case p.closed.Load():
		return 0
	case p.dir == Read:
		return p.io.reader.Avail()
	}
	return p.io.writer.Room()
}

// Xruns is how often this end ran over or dry, and how many frames were dropped
// (reading) or replaced by silence (writing) because of it.
func (p *PCM) Xruns() (bursts uint32, frames uint64) {
	p.memory.RLock()
	defer p.memory.RUnlock()
	if p.closed.Load() {
		return 0, 0
	}
	return p.io.ring.Xruns()
}

// Buffer is the ring's size in frames.
func (p *PCM) Buffer() int {
	p.memory.RLock()
	defer p.memory.RUnlock()
	return p.io.ring.Spec().Capacity
}

// State is what the end is doing.
func (p *PCM) State() ring.State {
	p.memory.RLock()
	defer p.memory.RUnlock()
	if p.closed.Load() {
		return ring.Ended
	}
	return p.io.ring.State()
}
