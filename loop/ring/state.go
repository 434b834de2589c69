package ring

import "syscall"

// Publish sets the state the program sees. For the daemon, which then rings the bell.
func (r *Ring) Publish(s State, why syscall.Errno) {
	r.header.errno.Store(uint32(why))
	r.header.state.Store(uint32(s))
}

// AckStart acknowledges a start of the program. For the daemon.
func (r *Ring) AckStart() { r.header.starts.Add(1) }

// State returns what Publish set. Load it before looking for frames: no frame follows Ended.
func (r *Ring) State() State { return State(r.header.state.Load()) }

// Errno returns why the state is Ended, or became Idle again.
func (r *Ring) Errno() syscall.Errno { return syscall.Errno(r.header.errno.Load()) }

// Starts returns how many starts the daemon has acknowledged.
func (r *Ring) Starts() uint32 { return r.header.starts.Load() }

// Xruns returns how many bursts this end lost, and the frames dropped (capture) or inserted as
// silence (playback), as the engine counted.
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

// Clock returns the CLOCK_MONOTONIC time, in ns, of the engine's last cycle on this ring.
func (r *Ring) Clock() int64 { return r.header.clock.Load() }

// SetClock sets Clock. For the engine.
func (r *Ring) SetClock(ns int64) { r.header.clock.Store(ns) }

// Cycle returns the daemon's position and the Clock of the cycle that made it. The position may be that of the
// next cycle while that goes on.
func (r *Ring) Cycle() (position uint64, ns int64) {
	for {
		ns = r.header.clock.Load()
		position = r.header.daemon.Load()
		if r.header.clock.Load() == ns {
			return position, ns
		}
	}
}

// Delay returns how many frames device and converter hold beyond the daemon: the next frame taken
// is played that much later, the last frame given was recorded that much earlier.
func (r *Ring) Delay() int { return int(r.header.delay.Load()) }

// SetDelay sets Delay. For the engine.
func (r *Ring) SetDelay(frames uint32) { r.header.delay.Store(frames) }

// WakeAt asks for the bell when the daemon's position reaches pos; 0 asks for none. For the
// program, which then looks for frames once more before it sleeps.
func (r *Ring) WakeAt(pos uint64) { r.header.wake.Store(pos) }

// segments returns the memory of frames pos … pos+n, n ≤ size, in one or two pieces.
func (r *Ring) segments(pos, n uint64) (a, b []byte) {
	at := pos % r.size
	if at+n <= r.size {
		return r.frames[int(at)*r.frame : int(at+n)*r.frame], nil
	}
	return r.frames[int(at)*r.frame:], r.frames[:int(at+n-r.size)*r.frame]
}
