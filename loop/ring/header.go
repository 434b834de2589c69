package ring

import (
	"sync/atomic"
	"unsafe"

	"github.com/loopbridge/loopbridge/audio"
)

// The identity of the layout. Every incompatible change gets a new Version.
const (
	Magic       = 0x42504f4c // "LOPB", little endian
	Version     = 1
	HeaderBytes = 4096 // frames begin on the next page
)

// State is what an end is doing, as its program sees it. Package loop draws the transitions.
type State uint32

// The states of an end.
const (
	Idle    State = iota // opened or halted: the next read or write starts it
	Armed                // started, waiting until the other end has started too
	Running              // frames move with the clock
	Ended                // end of stream: remaining frames can be read, then Errno
)

// String returns the name of the state.
func (s State) String() string {
	switch s {
	case Idle:
		return "idle"
	case Armed:
		return "armed"
	case Running:
		return "running"
	case Ended:
		return "ended"
	}
	return "unknown"
}

// Header is the first page of the memory: 64 bytes of constants, then one cache line for each side. Offsets
// are part of the protocol: package wire documents them for other languages, and a test holds them.
type Header struct {
	// Constants, written before the program sees the memory.
	magic      uint32
	version    uint32
	capacity   uint32 // frames
	frameBytes uint32
	rate       uint32
	channels   uint32
	encoding   uint32
	playback   uint32 // 1: the program writes, 0: it reads
	_          [32]byte

	// The daemon's line.
	state      atomic.Uint32 // State
	errno      atomic.Uint32 // why the state is Ended, or Idle again
	starts     atomic.Uint32 // starts of the program that were acknowledged
	xruns      atomic.Uint32 // bursts of xruns of this end
	daemon     atomic.Uint64 // position
	clock      atomic.Int64  // CLOCK_MONOTONIC of the last cycle, ns
	xrunFrames atomic.Uint64 // silence inserted (playback), dropped (capture)
	delay      atomic.Uint32 // frames that the device holds beyond the daemon
	_          [20]byte

	// The program's line.
	program atomic.Uint64 // position
	wake    atomic.Uint64 // position of the daemon, 0: none
	_       [48]byte
}

// Spec is the constant part of a ring.
type Spec struct {
	Format   audio.Format
	Capacity int  // frames, 1 or more
	Playback bool // the program writes
}

// Bytes returns the size of the memory the ring needs.
func (s Spec) Bytes() int { return HeaderBytes + s.Capacity*s.Format.FrameBytes() }

// fits limits the memory to 2 GiB, so that sizes fit into an int of 32 bits.
func (s Spec) fits() bool {
	return s.Capacity > 0 && s.Format.FrameBytes() > 0 &&
		int64(s.Capacity)*int64(s.Format.FrameBytes()) <= 1<<31-1-HeaderBytes
}

// Ring is memory with the layout of a ring. Writer, Reader, Source and Sink are its halves.
type Ring struct {
	header *Header
	frames []byte
	frame  int    // bytes
	size   uint64 // capacity
	spec   Spec   // last: moving frames needs it not
}

// New lays out a ring in mem, which must hold Spec.Bytes zeroed bytes at an address that is a
// multiple of 8; [Memory] makes such. The ring keeps mem.
func New(mem []byte, spec Spec) (*Ring, error) {
	if err := spec.Format.Validate(); err != nil {
		return nil, err
	}
	if !spec.fits() {
		return nil, audio.ErrInvalid.With("a buffer of %d frames of %d bytes is out of range; use 1 frame to 2 GiB",
			spec.Capacity, spec.Format.FrameBytes())
	}
	r, err := ringIn(mem, spec)
	if err != nil {
		return nil, err
	}
	h := r.header
	h.magic, h.version = Magic, Version
	h.capacity, h.frameBytes = uint32(spec.Capacity), uint32(r.frame)
	h.rate, h.channels = uint32(spec.Format.Rate), uint32(spec.Format.Channels)
	h.encoding = uint32(spec.Format.Encoding)
	if spec.Playback {
		h.playback = 1
	}
	return r, nil
}

// Map returns the ring that the daemon laid out in mem, for the program's side. The ring keeps mem.
// ErrProtocol: the layout has another version.
func Map(mem []byte) (*Ring, error) {
	if len(mem) < HeaderBytes {
		return nil, audio.ErrProtocol.With("shared memory of %d bytes is too short", len(mem))
	}
	h := (*Header)(unsafe.Pointer(unsafe.SliceData(mem)))
	if h.magic != Magic || h.version != Version {
		return nil, audio.ErrProtocol.With("shared memory has layout %#x version %d; "+
			"this program knows %#x version %d: use the same version of both", h.magic, h.version, uint32(Magic), Version)
	}
	spec := Spec{
		Format: audio.Format{
			Rate: int(h.rate), Channels: int(h.channels), Encoding: audio.Encoding(min(h.encoding, 255)),
		},
		Capacity: int(int32(h.capacity)), // fits finds a larger one
		Playback: h.playback == 1,
	}
	if err := spec.Format.Validate(); err != nil {
		return nil, audio.ErrProtocol.With("shared memory: %v", err)
	}
	if !spec.fits() || len(mem) < spec.Bytes() {
		return nil, audio.ErrProtocol.With("shared memory of %d bytes does not hold %d frames", len(mem), spec.Capacity)
	}
	return ringIn(mem, spec)
}

// ringIn returns the ring in mem.
func ringIn(mem []byte, spec Spec) (*Ring, error) {
	if len(mem) < spec.Bytes() || uintptr(unsafe.Pointer(unsafe.SliceData(mem)))%8 != 0 {
		return nil, audio.ErrInvalid.With("ring memory is too short or not aligned: %d of %d bytes",
			len(mem), spec.Bytes())
	}
	frame := spec.Format.FrameBytes()
	return &Ring{
		spec:   spec,
		header: (*Header)(unsafe.Pointer(unsafe.SliceData(mem))),
		frames: mem[HeaderBytes : HeaderBytes+spec.Capacity*frame],
		frame:  frame,
		size:   uint64(spec.Capacity),
	}, nil
}

// Memory returns n zeroed bytes of this process, aligned for New.
func Memory(n int) []byte {
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), n)
}

// Spec returns the constant part.
func (r *Ring) Spec() Spec { return r.spec }
