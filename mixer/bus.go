package mixer

import "github.com/loopbridge/loopbridge/audio"

// Bus holds the sound of one cycle: the sum of what was added since Begin.
//
// A single block in the bus's format stays bytes and is never changed. Anything that is summed, or
// that a Fader changes, becomes float32 once.
//
//	silent ─ Fill, first Add at unity ─▶ bytes ─┐
//	   └──── any other ────▶ sum ◀──────────────┘ another Add, or a Fader
type Bus struct {
	format audio.Format
	frames int // of this cycle
	start  int // frame from which on is added
	state  busState
	raw    []byte    // room for the longest cycle
	block  []float32 // the same as float32
	part   []float32 // one source as float32
	room   []byte    // one source as FLOAT_LE or in the bus's encoding
}

type busState uint8

const (
	busSilent busState = iota
	busBytes           // raw has it
	busSum             // block has it
	busBoth            // both have it
)

// NewBus returns a bus with room for cycles of that many frames.
func NewBus(f audio.Format, frames int) *Bus {
	return &Bus{
		format: f,
		raw:    make([]byte, frames*f.FrameBytes()),
		block:  make([]float32, frames*f.Channels),
		part:   make([]float32, frames*f.Channels),
		room:   make([]byte, frames*f.Channels*max(audio.FloatLE.Bytes(), f.Encoding.Bytes())),
	}
}

// Format returns the format of the bus.
func (b *Bus) Format() audio.Format { return b.format }

// Begin starts a silent cycle of that many frames, or of as many as there is room for.
func (b *Bus) Begin(frames int) {
	b.frames, b.start, b.state = min(frames, len(b.raw)/b.format.FrameBytes()), 0, busSilent
}

// Delay makes what is added from now on in this cycle begin so many frames after its start. There must be room for it.
func (b *Bus) Delay(frames int) { b.start = frames }

// Frames returns the length of the cycle.
func (b *Bus) Frames() int { return b.frames }

// Shorten limits the cycle to that many frames.
func (b *Bus) Shorten(frames int) { b.frames = min(b.frames, frames) }

// Silent reports whether nothing was added yet and Bytes was not called.
func (b *Bus) Silent() bool { return b.state == busSilent }

// Fill returns the memory of the cycle for the caller to write its sound to.
func (b *Bus) Fill() []byte {
	b.state = busBytes
	return b.raw[:b.frames*b.format.FrameBytes()]
}

// Room returns scratch memory for sound to be added, at most a cycle in FLOAT_LE or in the format
// of the bus. It is valid until the next call of a method.
func (b *Bus) Room(bytes int) []byte { return b.room[:bytes] }

// Add adds frames in the bus's format, in two pieces, from the start of the cycle, or later after Delay, at the
// level of f.
func (b *Bus) Add(piece1, piece2 []byte, f *Fader) {
	if b.state == busSilent && f.Unity() {
		to := b.Fill()
		n := b.start * b.format.FrameBytes()
		b.format.Encoding.Silence(to[:n])
		n += copy(to[n:], piece1)
		n += copy(to[n:], piece2)
		b.format.Encoding.Silence(to[n:])
		return
	}
	b.sum()
	n := len(piece1) / b.format.Encoding.Bytes()
	m := len(piece2) / b.format.Encoding.Bytes()
	b.format.Encoding.Decode(b.part[:n], piece1)
	b.format.Encoding.Decode(b.part[n:n+m], piece2)
	f.Mix(b.later(n+m), b.part[:n+m])
}

// AddFloat is Add for frames in FLOAT_LE.
func (b *Bus) AddFloat(frames []byte, f *Fader) {
	b.sum()
	n := len(frames) / audio.FloatLE.Bytes()
	audio.FloatLE.Decode(b.part[:n], frames)
	f.Mix(b.later(n), b.part[:n])
}

// Monitor adds the sound of another bus of the same cycle through m.
func (b *Bus) Monitor(from *Bus, m *Monitor) {
	n := min(b.frames, from.frames)
	m.Mix(b.sum()[:n*b.format.Channels], from.sum()[:n*from.format.Channels])
}

// Apply brings the sound on the bus to the level of f.
func (b *Bus) Apply(f *Fader) {
	switch {
	case b.state == busSilent:
		f.Jump()
	case !f.Unity():
		block := b.sum()
		f.Apply(block, block)
	}
}

// Measure feeds the cycle to a meter.
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

// Bytes returns the sound on the bus in its format, in memory of the bus.
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

// Through returns the sound on the bus at the level of f, in the bus's format, and leaves the
// bus unchanged. The memory is valid until the next call of a method.
func (b *Bus) Through(f *Fader) []byte {
	block, part := b.sum(), b.samples(b.part)
	f.Apply(part, block)
	to := b.raw[:b.frames*b.format.FrameBytes()]
	b.format.Encoding.Encode(to, part, nil)
	return to
}

// sum converts the sound on the bus to float32 and returns block.
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

// later returns the samples of the cycle to which a source with so many is added.
func (b *Bus) later(samples int) []float32 {
	at := b.start * b.format.Channels
	return b.block[at : at+samples]
}

// samples returns the part of a block that this cycle uses.
func (b *Bus) samples(block []float32) []float32 { return block[:b.frames*b.format.Channels] }
