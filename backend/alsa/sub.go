package alsa

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// sub is one direction of a PCM. Positions count frames since Start, without gaps.
type sub struct {
	name   string
	fd     int
	play   bool
	format audio.Format
	params *abi.HWParams // that were installed
	period int           // frames, of these
	adapt  *adapter      // nil: the stream has the same format
	frame  int           // bytes
	buffer int           // frames
	tail   *tail         // nil: the hardware stops when it has played the last frame

	memory   []byte   // mapped; nil: frames are copied by the kernel
	areas    []area   // of each channel, where memory is not interleaved
	sample   int      // bytes
	planes   [][]byte // of each channel, where they are copied apart
	pointers []unsafe.Pointer

	boundary uint64
	sync     abi.SyncPtr
	xfer     abi.Xfer
	hw, appl uint64 // positions
	raw      uint64 // hw as the kernel counts it
}

// openSub opens, and does not wait for whoever has the card.
func openSub(at card.Address, play bool) (*sub, error) {
	direction := map[bool]string{true: "p", false: "c"}[play]
	path := fmt.Sprintf("/dev/snd/pcmC%dD%d%s", at.Card, at.Device, direction)
	s := &sub{name: at.String(), play: play}
	var err error
	if s.fd, err = unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
		return nil, openError(at, play, path, err)
	}
	_ = abi.UserVersion(s.fd) // an older kernel does not ask
	return s, nil
}

func openError(at card.Address, play bool, path string, err error) error {
	does := map[bool]string{true: "play", false: "record"}[play]
	switch {
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.EAGAIN):
		return audio.ErrBusy.With("%s: the card is in use%s; stop that program, or let it play through loopbridge", at, holderText(at, play))
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return audio.ErrNoDevice.With("%s: there is no card that can %s here; loopbridge devices shows what there is", at, does)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return audio.ErrPermission.With("%s: no permission for %s; add the user to the group audio, and log in again", at, path)
	}
	return audio.ErrIO.With("%s: cannot open %s: %v", at, path, err)
}

// holderText returns " by NAME (pid N)", as far as that is known.
func holderText(at card.Address, play bool) string {
	direction := map[bool]audio.Direction{true: audio.Play, false: audio.Record}[play]
	switch u, ok := card.Holder(at, direction); {
	case !ok:
		return ""
	case u.Command == "":
		return fmt.Sprintf(" by pid %d", u.PID)
	default:
		return fmt.Sprintf(" by %s (pid %d)", u.Command, u.PID)
	}
}

// install prepares transfers for what was negotiated.
func (s *sub) install(f audio.Format, period int, p *abi.HWParams, t *tail) error {
	s.format, s.frame, s.sample = f, f.FrameBytes(), f.Encoding.Bytes()
	s.buffer = p.Interval(abi.BufferSize).Low()
	s.params, s.period = p, period
	if s.mappable() {
		s.tail = t
	}
	if p.Mask(abi.Access).Has(abi.RWNoninterleaved) {
		for range f.Channels {
			s.planes = append(s.planes, make([]byte, s.buffer*s.sample))
			s.pointers = append(s.pointers, nil)
		}
	}
	return s.arm()
}

// arm tells the kernel when to wake up, and maps its memory.
func (s *sub) arm() (err error) {
	stop := s.buffer
	if s.tail != nil {
		stop += s.tail.stop
	}
	if s.boundary, err = wake(s.fd, s.period, stop); err != nil {
		return audio.ErrIO.With("%s: the card cannot be told when to wake up: %v", s.name, err)
	}
	if s.mappable() {
		return s.mapMemory(s.format.Channels, s.params.Mask(abi.Access).Has(abi.MmapNoninterleaved))
	}
	return nil
}

// mappable reports whether its memory can be mapped.
func (s *sub) mappable() bool {
	access := s.params.Mask(abi.Access)
	return access.Has(abi.MmapInterleaved) || access.Has(abi.MmapNoninterleaved)
}

// renew gives the hardware back and sets it up as it was, stopped.
func (s *sub) renew() error {
	s.free()
	if err := s.params.Install(s.fd); err != nil {
		return err
	}
	return s.arm()
}

// close gives everything back. The descriptor is closed last: it is what holds the card.
func (s *sub) close() error {
	s.free()
	return unix.Close(s.fd)
}

// free gives back what was set up.
func (s *sub) free() {
	if s.memory != nil {
		_ = unix.Munmap(s.memory)
		s.memory, s.areas = nil, nil
	}
	_ = abi.HWFree(s.fd)
}

// reset is for after Prepare: both sides begin at 0.
func (s *sub) reset() error {
	s.sync.Flags = abi.GetAppl | abi.GetAvailMin
	if err := s.sync.Do(s.fd); err != nil {
		return err
	}
	s.hw, s.appl, s.raw = 0, 0, s.sync.HWPtr
	return nil
}

// update looks how far the hardware is. An xrun is not an error, see the state.
func (s *sub) update() error {
	s.sync.Flags = abi.HWSync | abi.GetAppl | abi.GetAvailMin
	err := s.sync.Do(s.fd)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ESTRPIPE) {
		s.sync.Flags = abi.GetAppl | abi.GetAvailMin
		err = s.sync.Do(s.fd)
	}
	if err != nil {
		return err
	}
	step := s.sync.HWPtr - s.raw
	if s.sync.HWPtr < s.raw {
		step += s.boundary
	}
	s.raw = s.sync.HWPtr
	s.hw += step
	return nil
}

// beyond returns how many frames are in the card itself, such as in the packets of a bus; 0
// where it has stopped.
func (s *sub) beyond() int {
	var delay int64
	if abi.Delay(s.fd, &delay) != nil || s.update() != nil {
		return 0
	}
	buffered := s.buffer - s.avail()
	if !s.play {
		buffered = s.avail()
	}
	return max(0, int(delay)-buffered)
}

// avail returns how many frames can be written, or read.
func (s *sub) avail() int {
	if s.play {
		return s.buffer - int(s.appl-s.hw)
	}
	return int(s.hw - s.appl)
}

// commit tells the kernel that n frames more were written or read in its memory.
func (s *sub) commit(n int) error {
	s.appl += uint64(n)
	s.sync.Flags = abi.GetAvailMin
	s.sync.ApplPtr = (s.sync.ApplPtr + uint64(n)) % s.boundary
	return s.sync.Do(s.fd)
}
