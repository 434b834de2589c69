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

// pcmHandle is one open direction of a PCM. Positions count frames since Start, without gaps.
type pcmHandle struct {
	name   string
	fd     int
	play   bool
	format audio.Format
	params *abi.HWParams // as installed
	period int           // frames
	adapt  *adapter      // nil if the hardware has the stream's format
	frame  int           // bytes
	buffer int           // frames
	tail   *tail         // nil if the hardware stops after the last frame

	memory   []byte   // mapped; nil if the kernel copies frames
	areas    []area   // per channel, if the memory is not interleaved
	sample   int      // bytes
	planes   [][]byte // per channel, if the kernel copies each by itself
	pointers []unsafe.Pointer

	boundary uint64
	sync     abi.SyncPtr
	xfer     abi.Xfer
	progress
}

// progress is what evolves in a handle that runs.
type progress struct {
	HW   uint64 `json:"hw"`   // position of the hardware
	Appl uint64 `json:"appl"` // position of the program
	Raw  uint64 `json:"raw"`  // HW in the kernel's count, which wraps at boundary
}

// openHandle opens one direction of a PCM. It fails at once if another program has it open.
func openHandle(at card.Address, d audio.Direction) (*pcmHandle, error) {
	letter := map[audio.Direction]string{audio.Play: "p", audio.Record: "c"}[d]
	path := fmt.Sprintf("/dev/snd/pcmC%dD%d%s", at.Card, at.Device, letter)
	s := &pcmHandle{name: at.String(), play: d == audio.Play}
	var err error
	if s.fd, err = unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
		return nil, openError(at, d, path, err)
	}
	_ = abi.UserVersion(s.fd) // older kernels lack the call
	return s, nil
}

func openError(at card.Address, d audio.Direction, path string, err error) error {
	does := map[audio.Direction]string{audio.Play: "play", audio.Record: "record"}[d]
	switch {
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.EAGAIN):
		return audio.ErrBusy.With("%s: the card is in use%s; stop that program, or let it play through loopbridge", at,
			holderText(at, d))
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return audio.ErrNoDevice.With("%s: there is no card that can %s here; loopbridge devices shows what there is", at,
			does)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return audio.ErrPermission.With("%s: no permission for %s; add the user to the group audio, and log in again", at,
			path)
	}
	return audio.ErrIO.With("%s: cannot open %s: %v", at, path, err)
}

// holderText returns " by NAME (pid N)", or less if the kernel does not say.
func holderText(at card.Address, d audio.Direction) string {
	switch u, ok := card.Holder(at, d); {
	case !ok:
		return ""
	case u.Command == "":
		return fmt.Sprintf(" by pid %d", u.PID)
	default:
		return fmt.Sprintf(" by %s (pid %d)", u.Command, u.PID)
	}
}

// install prepares the handle for transfers with the negotiated parameters.
func (s *pcmHandle) install(f audio.Format, period int, p *abi.HWParams, t *tail) error {
	s.fit(f, period, p, t)
	return s.arm()
}

// fit makes the handle one of these parameters, which the hardware has or will have.
func (s *pcmHandle) fit(f audio.Format, period int, p *abi.HWParams, t *tail) {
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
}

// arm sets when the kernel wakes the program, and maps the card's memory.
func (s *pcmHandle) arm() (err error) {
	stop := s.buffer
	if s.tail != nil {
		stop += s.tail.stop
	}
	if s.boundary, err = wake(s.fd, s.period, stop); err != nil {
		return audio.ErrIO.With("%s: the card's wake-up parameters cannot be set: %v", s.name, err)
	}
	return s.reach()
}

// reach maps the card's memory, if that can be.
func (s *pcmHandle) reach() error {
	if !s.mappable() {
		return nil
	}
	return s.mapMemory(s.format.Channels, s.params.Mask(abi.Access).Has(abi.MmapNoninterleaved))
}

// mappable reports whether the card's memory can be mapped.
func (s *pcmHandle) mappable() bool {
	access := s.params.Mask(abi.Access)
	return access.Has(abi.MmapInterleaved) || access.Has(abi.MmapNoninterleaved)
}

// renew releases the hardware and installs the same parameters again.
func (s *pcmHandle) renew() error {
	s.free()
	if err := s.params.Install(s.fd); err != nil {
		return err
	}
	return s.arm()
}

// close releases the hardware and closes the descriptor, which gives up the card.
func (s *pcmHandle) close() error {
	s.free()
	return unix.Close(s.fd)
}

// free unmaps the memory and releases the hardware parameters.
func (s *pcmHandle) free() {
	s.unmap()
	_ = abi.HWFree(s.fd)
}

func (s *pcmHandle) unmap() {
	if s.memory != nil {
		_ = unix.Munmap(s.memory)
		s.memory, s.areas = nil, nil
	}
}

// reset zeroes both positions after Prepare.
func (s *pcmHandle) reset() error {
	s.sync.Flags = abi.GetAppl | abi.GetAvailMin
	if err := s.sync.Do(s.fd); err != nil {
		return err
	}
	s.HW, s.Appl, s.Raw = 0, 0, s.sync.HWPtr
	return nil
}

// update reads the hardware position. An xrun is no error; the state tells it.
func (s *pcmHandle) update() error {
	s.sync.Flags = abi.HWSync | abi.GetAppl | abi.GetAvailMin
	err := s.sync.Do(s.fd)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ESTRPIPE) {
		s.sync.Flags = abi.GetAppl | abi.GetAvailMin
		err = s.sync.Do(s.fd)
	}
	if err != nil {
		return err
	}
	s.advance()
	return nil
}

// instant returns the last interrupt's position, and its time in ns; 0: not known. A position that is read later
// may be old, as snd-aloop's moves with the tick of the kernel, but its time is new.
func (s *pcmHandle) instant() (hw uint64, at int64, err error) {
	s.sync.Flags = abi.GetAppl | abi.GetAvailMin
	if err := s.sync.Do(s.fd); err != nil {
		return 0, 0, err
	}
	s.advance()
	return s.HW, s.sync.Tstamp.Nanoseconds(), nil
}

// advance follows the kernel's count.
func (s *pcmHandle) advance() {
	step := s.sync.HWPtr - s.Raw
	if s.sync.HWPtr < s.Raw {
		step += s.boundary
	}
	s.Raw = s.sync.HWPtr
	s.HW += step
}

// beyond returns how many frames are inside the card, such as in USB packets. It returns 0 for
// hardware that has stopped.
func (s *pcmHandle) beyond() int {
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

// avail returns how many frames can be written or read now.
func (s *pcmHandle) avail() int {
	if s.play {
		return s.buffer - int(s.Appl-s.HW)
	}
	return int(s.HW - s.Appl)
}

// commit tells the kernel that n more frames were written to or read from mapped memory.
func (s *pcmHandle) commit(n int) error {
	s.Appl += uint64(n)
	s.sync.Flags = abi.GetAvailMin
	s.sync.ApplPtr = (s.sync.ApplPtr + uint64(n)) % s.boundary
	return s.sync.Do(s.fd)
}
