package device

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

// spread returns what the stream plays: what is on the bus in the channels of the ports in
// use, and silence in all others.
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
	for i := range p.list { // after the others: its bytes serve as room now
		if port := &p.list[i]; !port.fader.Unity() && !port.fader.Silent() {
			port.put(block, b.Through(port.fader), wide, narrow)
		}
	}
	return block
}

// gather puts onto the bus what the ports in use have of the block that the stream has read.
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
