package loop

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// ports are channels of a device's stream, between it and a bus that has as many channels
// as one port. The engine's goroutine owns them.
//
//	bus ─┬─▶ fader ─▶ channels of a port       channels of a port ─▶ fader ─┬─▶ bus
//	     └─▶ fader ─▶ channels of another      channels of another ─▶ fader ─┘
//
// A fader is at unity where its port is in use and silent elsewhere; in between it is on a
// ramp (D19). At unity frames are carried as bytes, so that they stay what they are.
type ports struct {
	format audio.Format // of the stream
	list   []port
	block  []byte // room for the stream's whole buffer
}

type port struct {
	bit   audio.Ports
	runs  []run
	fader *mixer.Fader
}

// run is channels that are neighbours in the port as in the stream: bytes of a frame.
type run struct {
	at, stream, length int
}

// newPorts is nil where the ports are no channels. f is the format of the stream, frames
// its buffer.
func newPorts(m PortMap, d audio.Direction, f audio.Format, frames int) *ports {
	if m.Channels == nil {
		return nil
	}
	p := &ports{format: f, block: make([]byte, frames*f.FrameBytes())}
	for bit := range m.Ports(d).All() {
		p.list = append(p.list, port{
			bit:   bit,
			runs:  runsOf(m.Channels[bit], f.Encoding.Bytes()),
			fader: mixer.NewFader(m.width(), mixer.Neutral()),
		})
	}
	p.use(m.first(d))
	p.jump()
	return p
}

func runsOf(channels []int, sample int) (runs []run) {
	for i, channel := range channels {
		if i > 0 && channel == channels[i-1]+1 {
			runs[len(runs)-1].length += sample
		} else {
			runs = append(runs, run{at: i * sample, stream: (channel - 1) * sample, length: sample})
		}
	}
	return runs
}

// use is which ports are in use from the next cycle on.
func (p *ports) use(in audio.Ports) {
	if p == nil {
		return
	}
	for i := range p.list {
		setting := mixer.Neutral()
		setting.Mute = p.list[i].bit&in == 0
		p.list[i].fader.Set(setting)
	}
}

// jump is for when nothing is heard: a change of ports needs no ramp then.
func (p *ports) jump() {
	if p == nil {
		return
	}
	for i := range p.list {
		p.list[i].fader.Jump()
	}
}

// room is the stream's block of so many frames.
func (p *ports) room(frames int) []byte { return p.block[:frames*p.format.FrameBytes()] }

// spread is what the stream plays: what is on the bus, which is finished, in the channels
// of the ports in use, and silence in all others.
func (p *ports) spread(b *mixbus) []byte {
	block := p.room(b.frames)
	p.format.Encoding.Silence(block)
	if b.state == busClear {
		p.jump()
		return block
	}
	sound, ramps := b.bytes(), false
	for i := range p.list {
		port := &p.list[i]
		switch {
		case port.fader.Unity():
			port.put(block, sound, p.format.FrameBytes(), b.format.FrameBytes())
		case !port.fader.Silent():
			ramps = true
		}
	}
	if !ramps {
		return block
	}
	b.mix() // its bytes serve as room now
	for i := range p.list {
		if port := &p.list[i]; !port.fader.Unity() && !port.fader.Silent() {
			part := b.samples(b.part)
			port.fader.Apply(part, b.samples(b.block))
			b.format.Encoding.Encode(sound, part, nil)
			port.put(block, sound, p.format.FrameBytes(), b.format.FrameBytes())
		}
	}
	return block
}

// gather puts onto the bus what the ports in use have of the block that the stream has
// read; the sum of several is not yet bytes.
func (p *ports) gather(b *mixbus) {
	block, sound := p.room(b.frames), b.bytes()
	if alone := p.alone(); alone != nil {
		alone.get(sound, block, b.format.FrameBytes(), p.format.FrameBytes())
		b.state = busRaw
		return
	}
	b.state = busClear
	b.mix()
	for i := range p.list {
		if port := &p.list[i]; !port.fader.Silent() {
			port.get(sound, block, b.format.FrameBytes(), p.format.FrameBytes())
			part := b.samples(b.part)
			b.format.Encoding.Decode(part, sound)
			port.fader.Mix(b.samples(b.block), part)
		}
	}
}

// alone is the port at unity beside which all are silent; nil if there is none.
func (p *ports) alone() (alone *port) {
	for i := range p.list {
		switch port := &p.list[i]; {
		case port.fader.Silent():
		case alone != nil || !port.fader.Unity():
			return nil
		default:
			alone = port
		}
	}
	return alone
}

// put copies the frames of sound to the port's channels in block; both counts are bytes of
// a frame.
func (p *port) put(block, sound []byte, wide, narrow int) {
	for len(sound) >= narrow && len(block) >= wide {
		for _, r := range p.runs {
			copy(block[r.stream:r.stream+r.length], sound[r.at:])
		}
		block, sound = block[wide:], sound[narrow:]
	}
}

// get copies the port's channels in block to the frames of sound.
func (p *port) get(sound, block []byte, narrow, wide int) {
	for len(sound) >= narrow && len(block) >= wide {
		for _, r := range p.runs {
			copy(sound[r.at:r.at+r.length], block[r.stream:])
		}
		block, sound = block[wide:], sound[narrow:]
	}
}
