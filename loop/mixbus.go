package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/mixer"
)

// mixbus is what a device or a hub plays or records in one cycle. The engine's goroutine owns it.
//
// A single stream in the device's own format stays bytes, and is never touched. What has
// to be added up becomes float32, once.
//
//	clear ─ first stream, device's format ─▶ raw ─┐
//	  └──── any other stream ──────▶ mixed ◀──────┘ a second stream, or a control
type mixbus struct {
	format audio.Format
	frames int  // of this cycle
	paused bool // clients stand still
	state  busState
	raw    []byte    // room for the longest cycle
	block  []float32 // as much
	part   []float32 // of one stream, as much
	floats []byte    // the same, as FLOAT_LE, or as the bus has it
	ports  *ports    // channels of the stream; nil: it has those of the bus
}

type busState uint8

const (
	busClear busState = iota // silence
	busRaw                   // raw has it
	busMixed                 // block has it
)

// newMixbus has room for cycles of so many frames.
func newMixbus(f audio.Format, frames int) *mixbus {
	return &mixbus{
		format: f,
		raw:    make([]byte, frames*f.FrameBytes()),
		block:  make([]float32, frames*f.Channels),
		part:   make([]float32, frames*f.Channels),
		floats: make([]byte, frames*f.Channels*max(audio.FloatLE.Bytes(), f.Encoding.Bytes())),
	}
}

// begin is a cycle of so many frames.
func (b *mixbus) begin(frames int) {
	b.frames, b.state = min(frames, len(b.raw)/b.format.FrameBytes()), busClear
}

// samples is the part of a block that this cycle has.
func (b *mixbus) samples(block []float32) []float32 { return block[:b.frames*b.format.Channels] }

// bytes is raw for this cycle.
func (b *mixbus) bytes() []byte { return b.raw[:b.frames*b.format.FrameBytes()] }

// addRaw adds frames of the device's format, in two pieces, from the first of the cycle
// on, at the level of f.
func (b *mixbus) addRaw(piece1, piece2 []byte, f *mixer.Fader) {
	if b.state == busClear && f.Unity() {
		to := b.bytes()
		n := copy(to, piece1)
		n += copy(to[n:], piece2)
		b.format.Encoding.Silence(to[n:])
		b.state = busRaw
		return
	}
	b.mix()
	n := len(piece1) / b.format.Encoding.Bytes()
	m := len(piece2) / b.format.Encoding.Bytes()
	b.format.Encoding.Decode(b.part[:n], piece1)
	b.format.Encoding.Decode(b.part[n:n+m], piece2)
	f.Mix(b.block[:n+m], b.part[:n+m])
}

// addFloat adds frames of FLOAT_LE at the level of f.
func (b *mixbus) addFloat(frames []byte, f *mixer.Fader) {
	b.mix()
	n := len(frames) / audio.FloatLE.Bytes()
	audio.FloatLE.Decode(b.part[:n], frames)
	f.Mix(b.block[:n], b.part[:n])
}

// mix makes block what is on the bus.
func (b *mixbus) mix() {
	switch b.state {
	case busClear:
		clear(b.samples(b.block))
	case busRaw:
		b.format.Encoding.Decode(b.samples(b.block), b.bytes())
	}
	b.state = busMixed
}

// finish makes bytes what is on the bus.
func (b *mixbus) finish() []byte {
	switch b.state {
	case busClear:
		b.format.Encoding.Silence(b.bytes())
	case busMixed:
		b.format.Encoding.Encode(b.bytes(), b.samples(b.block), nil)
	}
	return b.bytes()
}

// faded is what is on the bus at the level of f.
func (b *mixbus) faded(f *mixer.Fader) []byte {
	switch {
	case b.state == busClear:
		f.Jump()
	case !f.Unity():
		b.mix()
		f.Apply(b.samples(b.block), b.samples(b.block))
	}
	return b.finish()
}

// record fills the bus with what the device has.
func (b *mixbus) record(s backend.Stream, readable int) error {
	b.begin(readable)
	if b.frames == 0 {
		return nil
	}
	block := b.bytes()
	if b.ports != nil {
		block = b.ports.room(b.frames)
	}
	n, err := s.Read(block)
	if err != nil {
		return err
	}
	b.frames, b.state = n, busRaw
	if b.ports != nil {
		b.ports.gather(b)
	}
	return nil
}

// play gives the device what is on the bus.
func (b *mixbus) play(s backend.Stream) error {
	if b.frames == 0 {
		return nil
	}
	block := b.finish()
	if b.ports != nil {
		block = b.ports.spread(b)
	}
	_, err := s.Write(block)
	return err
}
