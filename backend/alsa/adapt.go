package alsa

import "github.com/loopbridge/loopbridge/audio"

// adapter converts between the format of a stream and that of its hardware.
type adapter struct {
	*audio.Adapter
	room []byte // frames in the hardware's format
}

// newAdapter returns nil if the formats are equal. It converts up to frames at a time.
func newAdapter(from, to audio.Format, hardware audio.Format, frames int) *adapter {
	if from == to {
		return nil
	}
	return &adapter{audio.NewAdapter(from, to, frames), make([]byte, frames*hardware.FrameBytes())}
}

// put plays frames in the stream's format; get records them.
func (s *pcmHandle) put(block []byte, format audio.Format) (done int, err error) {
	if s.adapt == nil {
		return s.move(block)
	}
	frame := format.FrameBytes()
	for len(block) > 0 {
		n := min(len(block)/frame, len(s.adapt.room)/s.frame)
		room := s.adapt.room[:n*s.frame]
		s.adapt.Apply(room, block[:n*frame])
		moved, err := s.move(room)
		done += moved
		if moved < n || err != nil {
			return done, err
		}
		block = block[n*frame:]
	}
	return done, nil
}

func (s *pcmHandle) get(block []byte, format audio.Format) (done int, err error) {
	if s.adapt == nil {
		return s.move(block)
	}
	frame := format.FrameBytes()
	for len(block) > 0 {
		n := min(len(block)/frame, len(s.adapt.room)/s.frame)
		moved, err := s.move(s.adapt.room[:n*s.frame])
		s.adapt.Apply(block[:moved*frame], s.adapt.room[:moved*s.frame])
		done += moved
		if moved < n || err != nil {
			return done, err
		}
		block = block[n*frame:]
	}
	return done, nil
}
