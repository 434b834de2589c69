package alsa

import (
	"errors"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// area locates the samples of a channel in the mapped memory, in bytes.
type area struct{ first, step int }

// mapMemory maps the card's buffer; planes says that each channel has its own area.
func (s *pcmHandle) mapMemory(channels int, planes bool) error {
	size := s.buffer * s.frame
	var err error
	if s.memory, err = unix.Mmap(s.fd, 0, roundUp(size, unix.Getpagesize()), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED); err != nil {
		return audio.ErrIO.With("%s: the card's memory cannot be mapped: %v", s.name, err)
	}
	if !planes {
		return nil
	}
	for channel := range channels {
		c := abi.ChannelInfo{Channel: uint32(channel)}
		if err := c.Do(s.fd); err != nil {
			return audio.ErrIO.With("%s: the card does not say where channel %d is: %v", s.name, channel, err)
		}
		a := area{int(c.Offset) + int(c.First)/8, int(c.Step) / 8}
		if c.First%8 != 0 || c.Step%8 != 0 || a.first < 0 || a.first+(s.buffer-1)*a.step+s.sample > len(s.memory) {
			return audio.ErrIO.With("%s: channel %d is outside of the card's memory", s.name, channel)
		}
		s.areas = append(s.areas, a)
	}
	return nil
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// move writes or reads the whole frames of block and returns how many it moved. With mapped
// memory there must be room for all of them.
func (s *pcmHandle) move(block []byte) (frames int, err error) {
	switch {
	case s.memory == nil && s.planes == nil:
		return s.copyFrames(block)
	case s.memory == nil:
		return s.copyPlanes(block)
	}
	n := len(block) / s.frame
	for left := n; left > 0; {
		at := int(s.Appl % uint64(s.buffer))
		part := min(left, s.buffer-at)
		s.access(block[:part*s.frame], at)
		if err := s.commit(part); err != nil {
			return n - left, err
		}
		if left -= part; left == 0 {
			s.follow(block[(part-1)*s.frame : part*s.frame])
		}
		block = block[part*s.frame:]
	}
	return n, nil
}

// access copies frames to or from the mapped memory at a frame index.
func (s *pcmHandle) access(block []byte, at int) {
	if s.areas != nil {
		for channel, a := range s.areas {
			s.scatter(block[channel*s.sample:], s.memory[a.first+at*a.step:], a.step, len(block)/s.frame)
		}
		return
	}
	place := s.memory[at*s.frame : at*s.frame+len(block)]
	if s.play {
		copy(place, block)
	} else {
		copy(block, place)
	}
}

// scatter copies the samples of one channel between frames and its plane.
func (s *pcmHandle) scatter(frames, plane []byte, step, n int) {
	for i := range n {
		one, other := frames[i*s.frame:i*s.frame+s.sample], plane[i*step:i*step+s.sample]
		if s.play {
			copy(other, one)
		} else {
			copy(one, other)
		}
	}
}

// copyFrames moves interleaved frames by a system call.
func (s *pcmHandle) copyFrames(block []byte) (int, error) {
	if len(block) == 0 {
		return 0, nil
	}
	s.xfer = abi.Xfer{Buf: unsafe.Pointer(&block[0]), Frames: uint64(len(block) / s.frame)}
	if s.play {
		return s.transferred(s.xfer.Write(s.fd))
	}
	return s.transferred(s.xfer.Read(s.fd))
}

// copyPlanes moves one plane for each channel by a system call.
func (s *pcmHandle) copyPlanes(block []byte) (n int, err error) {
	frames := len(block) / s.frame
	if frames == 0 {
		return 0, nil
	}
	for channel, plane := range s.planes {
		if s.play {
			s.scatter(block[channel*s.sample:], plane, s.sample, frames)
		}
		s.pointers[channel] = unsafe.Pointer(&plane[0])
	}
	s.xfer = abi.Xfer{Buf: unsafe.Pointer(&s.pointers[0]), Frames: uint64(frames)}
	if s.play {
		return s.transferred(s.xfer.WritePlanes(s.fd))
	}
	n, err = s.transferred(s.xfer.ReadPlanes(s.fd))
	for channel, plane := range s.planes {
		s.scatter(block[channel*s.sample:], plane, s.sample, n)
	}
	return n, err
}

// transferred returns how many frames the kernel has copied; EAGAIN means none.
func (s *pcmHandle) transferred(err error) (int, error) {
	n := int(s.xfer.Result)
	s.xfer.Buf = nil
	if errors.Is(err, syscall.EAGAIN) {
		err = nil
	}
	if err != nil {
		n = 0
	}
	s.Appl += uint64(n)
	return n, err
}
