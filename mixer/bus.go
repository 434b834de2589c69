package mixer

import (
	"github.com/loopbridge/loopbridge/audio"
)

// Bus is the sound of one cycle: the sum of what was added since Begin.
//
// A single block in the format of the bus stays bytes, and is never touched. What has to be
// added up, or goes through a Fader that changes it, becomes float32, once.
//
//	silent ─ Fill, first Add at unity ─▶ bytes ─┐
//	   └──── any other ────▶ sum ◀──────────────┘ another Add, or a Fader
type Bus struct {
	format audio.Format
	frames int // of this cycle
	state  busState
	raw    []byte    // room for the longest cycle
	block  []float32 // as much
	part   []float32 // of one source, as much
	room   []byte    // the same, as FLOAT_LE or in the encoding of the bus
}

type busState uint8

const (
	busSilent busState = iota
	busBytes           // raw has it
	busSum             // block has it
	busBoth            // both have it
)

// NewBus returns a bus with room for cycles of so many frames.
func NewBus(f audio.Format, frames int) *Bus {
	return &Bus{
		format: f,
		raw:    make([]byte, frames*f.FrameBytes()),
		block:  make([]float32, frames*f.Channels),
		part:   make([]float32, frames*f.Channels),
		room:   make([]byte, frames*f.Channels*max(audio.FloatLE.Bytes(), f.Encoding.Bytes())),
	}
}

// Format returns that of the bus.
func (b *Bus) Format() audio.Format { return b.format }

// Begin begins a cycle of so many frames, of silence as yet; of fewer where there is no more
// room.
func (b *Bus) Begin(frames int) {
	b.frames, b.state = min(frames, len(b.raw)/b.format.FrameBytes()), busSilent
}

// Frames returns how many the cycle has.
func (b *Bus) Frames() int { return b.frames }

// Shorten makes the cycle one of fewer frames.
func (b *Bus) Shorten(frames int) { b.frames = min(b.frames, frames) }

// Silent reports whether nothing was added as yet, and nobody has called Bytes.
func (b *Bus) Silent() bool { return b.state == busSilent }

// Fill returns the memory of the cycle, for the caller to write its sound to.
func (b *Bus) Fill() []byte {
	b.state = busBytes
	return b.raw[:b.frames*b.format.FrameBytes()]
}

// Room returns so many bytes for what is to be added, as many as the cycle has in FLOAT_LE or
// in the format of the bus. They are the caller's until the next call of Bus.
func (b *Bus) Room(bytes int) []byte { return b.room[:bytes] }

// Add adds frames in the format of the bus, in two pieces, from the first of the cycle on, at
// the level of f.
func (b *Bus) Add(piece1, piece2 []byte, f *Fader) {
	if b.state == busSilent && f.Unity() {
		to := b.Fill()
		n := copy(to, piece1)
		n += copy(to[n:], piece2)
		b.format.Encoding.Silence(to[n:])
		return
	}
	b.sum()
	n := len(piece1) / b.format.Encoding.Bytes()
	m := len(piece2) / b.format.Encoding.Bytes()
	b.format.Encoding.Decode(b.part[:n], piece1)
	b.format.Encoding.Decode(b.part[n:n+m], piece2)
	f.Mix(b.block[:n+m], b.part[:n+m])
}

// AddFloat is Add for frames of FLOAT_LE.
func (b *Bus) AddFloat(frames []byte, f *Fader) {
	b.sum()
	n := len(frames) / audio.FloatLE.Bytes()
	audio.FloatLE.Decode(b.part[:n], frames)
	f.Mix(b.block[:n], b.part[:n])
}

// Monitor adds what is on another bus of the same cycle, as m does.
func (b *Bus) Monitor(from *Bus, m *Monitor) {
	n := min(b.frames, from.frames)
	m.Mix(b.sum()[:n*b.format.Channels], from.sum()[:n*from.format.Channels])
}

// Apply brings what is on the bus to the level of f.
func (b *Bus) Apply(f *Fader) {
	switch {
	case b.state == busSilent:
		f.Jump()
	case !f.Unity():
		block := b.sum()
		f.Apply(block, block)
	}
}

// Measure shows the cycle to a meter.
func (b *Bus) Measure(m *Meter) {
	switch b.state {
	case busSilent:
		m.Silence(b.frames)
	case busBytes:
		part := b.samples(b.part)
		b.format.Encoding.Decode(part, b.raw[:b.frames*b.format.FrameBytes()])
		m.Measure(part)
	default:
		m.Measure(b.samples(b.block))
	}
}

// Bytes returns what is on the bus in its format, in memory of the bus.
func (b *Bus) Bytes() []byte {
	to := b.raw[:b.frames*b.format.FrameBytes()]
	switch b.state {
	case busSilent:
		b.format.Encoding.Silence(to)
		b.state = busBytes
	case busSum:
		b.format.Encoding.Encode(to, b.samples(b.block), nil)
		b.state = busBoth
	}
	return to
}

// Through returns what is on the bus at the level of f, in its format, and leaves the bus as
// it is. The memory is the caller's until the next call of Bus.
func (b *Bus) Through(f *Fader) []byte {
	block, part := b.sum(), b.samples(b.part)
	f.Apply(part, block)
	to := b.raw[:b.frames*b.format.FrameBytes()]
	b.format.Encoding.Encode(to, part, nil)
	return to
}

// sum makes block what is on the bus.
func (b *Bus) sum() []float32 {
	block := b.samples(b.block)
	switch b.state {
	case busSilent:
		clear(block)
	case busBytes:
		b.format.Encoding.Decode(block, b.raw[:b.frames*b.format.FrameBytes()])
	}
	b.state = busSum
	return block
}

// samples is the part of a block that this cycle has.
func (b *Bus) samples(block []float32) []float32 { return block[:b.frames*b.format.Channels] }
