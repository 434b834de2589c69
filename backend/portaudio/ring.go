package portaudio

// ring stores the frames of one direction. Frame n, counted since Start, is at index n modulo
// size. flow says who may touch which frames.
type ring struct {
	bytes []byte
	frame int    // bytes
	size  uint64 // frames
}

func newRing(frames, frameBytes int) *ring {
	return &ring{make([]byte, frames*frameBytes), frameBytes, uint64(frames)}
}

// store copies whole frames in, starting with frame at.
func (r *ring) store(at uint64, block []byte) {
	place := int(at%r.size) * r.frame
	n := copy(r.bytes[place:], block)
	copy(r.bytes, block[n:])
}

// load copies whole frames out, starting with frame at.
func (r *ring) load(at uint64, block []byte) {
	place := int(at%r.size) * r.frame
	n := copy(block, r.bytes[place:])
	copy(block[n:], r.bytes)
}

// pieces returns the memory of frames, starting with frame at.
func (r *ring) pieces(at, frames uint64) (one, other []byte) {
	place, n := int(at%r.size)*r.frame, int(frames)*r.frame
	one = r.bytes[place:min(place+n, len(r.bytes))]
	return one, r.bytes[:n-len(one)]
}
