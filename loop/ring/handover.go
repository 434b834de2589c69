package ring

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/loopbridge/loopbridge/audio"
)

// HalfState is what the engine's half of a ring knows beside the memory: plain data for another process.
type HalfState struct {
	Position uint64 // frames taken or given
	Seen     uint64 // the program's position when last read
	Waked    uint64 // the last value of wake that rang the bell
}

// State returns the state of a half that nobody uses now.
func (s *Source) State() HalfState { return HalfState{s.pos, s.seen, s.waked} }

// State returns the state of a half that nobody uses now.
func (s *Sink) State() HalfState { return HalfState{s.pos, s.seen, s.waked} }

// ResumeSource is NewSource for a ring that another process has used up to a state.
func ResumeSource(r *Ring, h HalfState) *Source {
	return &Source{pos: h.Position, seen: h.Seen, waked: h.Waked, Ring: *r}
}

// ResumeSink is NewSink for a ring that another process has used up to a state.
func ResumeSink(r *Ring, h HalfState) *Sink {
	return &Sink{pos: h.Position, seen: h.Seen, waked: h.Waked, Ring: *r}
}

// Resume returns the ring that another process laid out in mem for the same spec. Unlike Map it trusts nothing that it
// reads there. ErrInvalid: mem is too short.
func Resume(mem []byte, spec Spec) (*Ring, error) {
	if err := spec.Format.Validate(); err != nil {
		return nil, err
	}
	if !spec.fits() {
		return nil, audio.ErrInvalid.With("a buffer of %d frames is out of range", spec.Capacity)
	}
	return ringIn(mem, spec)
}

// liveBytes is what changes in the header: the lines of both sides.
const liveBytes = 192

// Contents returns what is in a ring whose memory does not outlast the process: positions, states, and the frames on
// their way. Nobody may use the ring. It allocates.
func (r *Ring) Contents() []byte {
	live := unsafe.Slice((*byte)(unsafe.Pointer(r.header)), liveBytes)
	a, b := r.segments(r.queued())
	return slices.Concat(live, a, b)
}

// SetContents fills a ring of the same spec with what Contents returned. ErrInvalid: it is of another ring.
func (r *Ring) SetContents(c []byte) error {
	if len(c) < liveBytes || !bytes.Equal(c[:64], unsafe.Slice((*byte)(unsafe.Pointer(r.header)), 64)) {
		return audio.ErrInvalid.With("the contents of a ring are of another one")
	}
	live := unsafe.Slice((*byte)(unsafe.Pointer(r.header)), liveBytes)
	copy(live, c)
	a, b := r.segments(r.queued())
	if len(c) != liveBytes+len(a)+len(b) {
		clear(live[64:])
		return audio.ErrInvalid.With("the contents of a ring are damaged")
	}
	copy(a, c[liveBytes:])
	copy(b, c[liveBytes+len(a):])
	return nil
}

// queued returns which frames are written and not yet read.
func (r *Ring) queued() (from, frames uint64) {
	from, to := r.header.daemon.Load(), r.header.program.Load()
	if !r.spec.Playback {
		from, to = to, from
	}
	return from, min(to-from, r.size)
}
