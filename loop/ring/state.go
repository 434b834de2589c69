package ring

import "syscall"

// Publish sets what the program sees of its end. For the daemon; the caller rings
// the bell afterwards.
func (r *Ring) Publish(s State, why syscall.Errno) {
	r.header.errno.Store(uint32(why))
	r.header.state.Store(uint32(s))
}

// Heed counts a start of the program that the daemon has taken notice of.
func (r *Ring) Heed() { r.header.starts.Add(1) }

// State is what Publish set. Load it before asking for frames: once it is Ended
// no frame follows.
func (r *Ring) State() State { return State(r.header.state.Load()) }

// Errno is why the state is Ended, or has become Idle again.
func (r *Ring) Errno() syscall.Errno { return syscall.Errno(r.header.errno.Load()) }

// Starts is how many starts were heeded.
func (r *Ring) Starts() uint32 { return r.header.starts.Load() }

// Xruns is how often and by how many frames this end ran over (capture: dropped)
// or dry (playback: silence inserted), as the engine counted.
func (r *Ring) Xruns() (bursts uint32, frames uint64) {
	return r.header.xruns.Load(), r.header.xrunFrames.Load()
}

// CountXrun adds to Xruns. For the engine.
func (r *Ring) CountXrun(newBurst bool, frames uint64) {
	if newBurst {
		r.header.xruns.Add(1)
	}
	r.header.xrunFrames.Add(frames)
}

// Clock is the CLOCK_MONOTONIC time in ns of the engine's last cycle on this ring.
func (r *Ring) Clock() int64 { return r.header.clock.Load() }

// SetClock sets Clock. For the engine.
func (r *Ring) SetClock(ns int64) { r.header.clock.Store(ns) }

// Delay is how many frames device and converter hold beyond the daemon: the next one that is taken
// is heard so much later, the last one that was given was recorded so much earlier.
func (r *Ring) Delay() int { return int(r.header.delay.Load()) }

// SetDelay sets Delay. For the engine.
func (r *Ring) SetDelay(frames uint32) { r.header.delay.Store(frames) }

// WakeAt asks for the bell when the daemon's position reaches pos; 0 asks for
// none. For the program; look again for frames after it and before sleeping.
func (r *Ring) WakeAt(pos uint64) { r.header.wake.Store(pos) }

// segments is the memory of frames pos … pos+n, n ≤ size, in one or two pieces.
func (r *Ring) segments(pos, n uint64) (a, b []byte) {
	at := pos % r.size
	if at+n <= r.size {
		return r.frames[int(at)*r.frame : int(at+n)*r.frame], nil
	}
	return r.frames[int(at)*r.frame:], r.frames[:int(at+n-r.size)*r.frame]
}
