package ring

// Writer is the program's half of a playback ring. One goroutine at a time may use it; no method
// blocks or allocates.
type Writer struct{ *Ring }

// Room returns how many frames Write would take now.
func (w Writer) Room() int {
	used := w.header.program.Load() - w.header.daemon.Load()
	return int(w.size - min(used, w.size))
}

// Queued returns how many frames the engine has not yet taken.
func (w Writer) Queued() int { return int(w.size) - w.Room() }

// Written returns the position: the frames written since the ring was made.
func (w Writer) Written() uint64 { return w.header.program.Load() }

// Write copies as many whole frames of p as there is room for, and returns how many.
func (w Writer) Write(p []byte) (frames int) {
	n := uint64(min(len(p)/w.frame, w.Room()))
	pos := w.header.program.Load()
	a, b := w.segments(pos, n)
	copied := copy(a, p)
	copy(b, p[copied:])
	w.header.program.Store(pos + n)
	return int(n)
}

// WakeFor returns the argument of WakeAt for a writer that needs room for n frames, n ≤ capacity.
// ok is false if there is room already.
func (w Writer) WakeFor(n int) (pos uint64, ok bool) {
	need := w.header.program.Load() + uint64(n)
	if need <= w.size {
		return 0, false
	}
	return need - w.size, w.header.daemon.Load() < need-w.size
}

// Reader is the program's half of a capture ring. One goroutine at a time may use it; no method
// blocks or allocates.
type Reader struct{ *Ring }

// Avail returns how many frames Read would give now.
func (r Reader) Avail() int {
	// Between the loads the engine may move the program's position past the older one of the daemon.
	read := r.header.program.Load()
	given := r.header.daemon.Load()
	return int(min(given-read, r.size))
}

// Taken returns the position: the frames read or dropped since the ring was made.
func (r Reader) Taken() uint64 { return r.header.program.Load() }

// Read copies as many whole frames into p as there are, oldest first, and returns how many.
func (r Reader) Read(p []byte) (frames int) {
	for {
		pos := r.header.program.Load()
		n := min(uint64(len(p)/r.frame), r.header.daemon.Load()-pos, r.size)
		if n == 0 {
			return 0
		}
		a, b := r.segments(pos, n)
		// If the engine drops frames during the copy it may be torn; then the compare-and-swap fails.
		copyOut(p, a, b)
		if r.header.program.CompareAndSwap(pos, pos+n) {
			return int(n)
		}
	}
}

// Discard drops everything there is to read.
func (r Reader) Discard() { r.Skip(int(r.size)) }

// Skip drops the n oldest frames, or all if there are fewer, and returns how many.
func (r Reader) Skip(n int) (frames int) {
	for {
		pos := r.header.program.Load()
		there := min(r.header.daemon.Load()-pos, uint64(max(0, n)))
		if r.header.program.CompareAndSwap(pos, pos+there) {
			return int(there)
		}
	}
}

// WakeFor returns the argument of WakeAt for a reader that needs n frames, n ≤ capacity. ok is
// false if they are there already.
func (r Reader) WakeFor(n int) (pos uint64, ok bool) {
	need := r.header.program.Load() + uint64(n)
	return need, r.header.daemon.Load() < need
}
