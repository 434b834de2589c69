package alsa

import "github.com/loopbridge/loopbridge/audio"

// adapter brings the frames of a stream into the format of its hardware, or back: another
// encoding, other channels. The rate is the same.
type adapter struct {
	from, to audio.Format
	mixer    *audio.Mixer // nil: as many channels
	x, y     []float32
	room     []byte // frames of the hardware
}

// newAdapter is nil where nothing is to be done. It takes blocks of so many frames.
func newAdapter(from, to audio.Format, hardware audio.Format, frames int) *adapter {
	if from == to {
		return nil
	}
	a := &adapter{from: from, to: to, room: make([]byte, frames*hardware.FrameBytes())}
	if from.Channels != to.Channels {
		a.mixer = audio.DefaultMatrix(from.Channels, to.Channels).Mixer()
		a.x, a.y = make([]float32, frames*from.Channels), make([]float32, frames*to.Channels)
	}
	return a
}

// apply fills dst with src, which has as many frames.
func (a *adapter) apply(dst, src []byte) {
	if a.mixer == nil {
		audio.Reencode(a.to.Encoding, a.from.Encoding, dst, src)
		return
	}
	frames := len(src) / a.from.FrameBytes()
	x, y := a.x[:frames*a.from.Channels], a.y[:frames*a.to.Channels]
	a.from.Encoding.Decode(x, src)
	a.mixer.Apply(y, x)
	a.to.Encoding.Encode(dst, y, nil)
}

// put plays frames of the stream, get records them.
func (s *sub) put(block []byte, format audio.Format) (done int, err error) {
	if s.adapt == nil {
		return s.move(block)
	}
	frame := format.FrameBytes()
	for len(block) > 0 {
		n := min(len(block)/frame, len(s.adapt.room)/s.frame)
		room := s.adapt.room[:n*s.frame]
		s.adapt.apply(room, block[:n*frame])
		moved, err := s.move(room)
		done += moved
		if moved < n || err != nil {
			return done, err
		}
		block = block[n*frame:]
	}
	return done, nil
}

func (s *sub) get(block []byte, format audio.Format) (done int, err error) {
	if s.adapt == nil {
		return s.move(block)
	}
	frame := format.FrameBytes()
	for len(block) > 0 {
		n := min(len(block)/frame, len(s.adapt.room)/s.frame)
		moved, err := s.move(s.adapt.room[:n*s.frame])
		s.adapt.apply(block[:moved*frame], s.adapt.room[:moved*s.frame])
		done += moved
		if moved < n || err != nil {
			return done, err
		}
		block = block[n*frame:]
	}
	return done, nil
}
