package device

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/mixer"
)

// ports routes the channels of a device's stream to and from a bus as wide as one port. Only the
// engine's goroutine uses it.
//
//	bus ─┬─▶ fader ─▶ channels of a port       channels of a port ─▶ fader ─┬─▶ bus
//	     └─▶ fader ─▶ channels of another      channels of another ─▶ fader ─┘
//
// The fader of a port in use is at unity, the others are silent, with ramps in between. At unity
// frames are copied as bytes, unchanged.
type ports struct {
	format audio.Format // of the stream
	list   []port
	block  []byte // as large as the stream's buffer
}

type port struct {
	bit   audio.Ports
	runs  []run
	fader *mixer.Fader
}

// run is channels that are adjacent both in the port and in the stream. Offsets are bytes in a
// frame.
type run struct {
	at, stream, length int
}

// newPorts returns nil if the ports are not mapped. f is the stream's format, frames its buffer.
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
	p.enable(m.initial(d))
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

// enable selects the ports in use from the next cycle on.
func (p *ports) enable(in audio.Ports) {
	if p == nil {
		return
	}
	for i := range p.list {
		setting := mixer.Neutral()
		setting.Mute = p.list[i].bit&in == 0
		p.list[i].fader.Set(setting)
	}
}

// jump ends all ramps at once. Only for silence.
func (p *ports) jump() {
	if p == nil {
		return
	}
	for i := range p.list {
		p.list[i].fader.Jump()
	}
}

// room returns the block for the given number of frames of the stream.
func (p *ports) room(frames int) []byte { return p.block[:frames*p.format.FrameBytes()] }

// spread returns what the stream plays: the bus in the channels of the ports in use, silence in the
// others.
func (p *ports) spread(b *mixer.Bus) []byte {
	block := p.room(b.Frames())
	p.format.Encoding.Silence(block)
	if b.Silent() {
		p.jump()
		return block
	}
	wide, narrow := p.format.FrameBytes(), b.Format().FrameBytes()
	sound := b.Bytes()
	for i := range p.list {
		if port := &p.list[i]; port.fader.Unity() {
			port.put(block, sound, wide, narrow)
		}
	}
	for i := range p.list { // last, because Through overwrites the bytes of the bus
		if port := &p.list[i]; !port.fader.Unity() && !port.fader.Silent() {
			port.put(block, b.Through(port.fader), wide, narrow)
		}
	}
	return block
}

// gather adds to the bus what the ports in use have in the block read from the stream.
func (p *ports) gather(b *mixer.Bus) {
	block, wide, narrow := p.room(b.Frames()), p.format.FrameBytes(), b.Format().FrameBytes()
	for i := range p.list {
		if port := &p.list[i]; !port.fader.Silent() {
			sound := b.Room(b.Frames() * narrow)
			port.get(sound, block, narrow, wide)
			b.Add(sound, nil, port.fader)
		}
	}
}

// put copies sound to the port's channels in block. wide and narrow are the bytes of a frame of
// each.
func (p *port) put(block, sound []byte, wide, narrow int) {
	for len(sound) >= narrow && len(block) >= wide {
		for _, r := range p.runs {
			copy(block[r.stream:r.stream+r.length], sound[r.at:])
		}
		block, sound = block[wide:], sound[narrow:]
	}
}

// get copies the port's channels in block to sound.
func (p *port) get(sound, block []byte, narrow, wide int) {
	for len(sound) >= narrow && len(block) >= wide {
		for _, r := range p.runs {
			copy(sound[r.at:r.at+r.length], block[r.stream:])
		}
		block, sound = block[wide:], sound[narrow:]
	}
}
