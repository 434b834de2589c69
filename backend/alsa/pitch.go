package alsa

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// pitchKind is an element by which a driver lets the clock of a PCM be moved.
type pitchKind struct {
	name   string
	center int64 // the value at the nominal rate; a step of 1 is a part of it
	sign   int64 // 1: a larger value is faster
}

const (
	aloop = "Loopback" // the driver snd-aloop
	// leastMoved is how many periods the buffer of snd-aloop has if it is moved. Its position then runs ahead of its
	// interrupts by up to a period, so that two would be full before the program wakes up.
	leastMoved = 3
)

// pitchOf returns the element that moves one direction of a PCM of a device.
//
// snd-aloop has an element for each cable, at the device and the subdevice that record from it. It stretches the
// time of both ends: a larger value is slower. What device 0 plays device 1 records, and the reverse, so a playing
// end is moved by the element of the other device.
//
// A USB gadget sends as many frames to its host as its Playback Pitch says. Its Capture Pitch is what it asks its
// host for; it is there only if the host can be asked, and takes effect when the host obeys.
func pitchOf(driver string, play bool, device, subdevice uint32) (k pitchKind, id abi.ElemID) {
	id = abi.ElemID{Interface: abi.PCMElem, Device: device, Subdevice: subdevice}
	switch {
	case driver == aloop:
		k = pitchKind{"PCM Rate Shift 100000", 100000, -1}
		if play {
			id.Device ^= 1
		}
	case play:
		k = pitchKind{"Playback Pitch 1000000", 1000000, 1}
	default:
		k = pitchKind{"Capture Pitch 1000000", 1000000, 1}
	}
	copy(id.Name[:len(id.Name)-1], k.name)
	return k, id
}

// pitch moves the clocks of all directions of an open stream. It implements backend.Pitch.
type pitch struct {
	name string
	of   backend.PitchRange
	ids  []abi.ElemID
	kind []pitchKind

	mu    sync.Mutex // held in ioctl
	fd    int        // of the card's controls; −1: closed
	steps int        // set last
}

// openPitch returns the pitch of open handles, or nil if the clock of one of them cannot be moved: moved apart,
// the two directions of a stream would lose frames.
func openPitch(at card.Address, handles []*pcmHandle) *pitch {
	fd, err := unix.Open(card.ControlNode(at.Card), unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	p := &pitch{name: at.String(), fd: fd, of: backend.PitchRange{Least: -1 << 30, Most: 1 << 30}}
	var of abi.CardInfo
	err = of.Do(fd)
	for _, h := range handles {
		if err == nil {
			err = p.add(abi.Text(of.Driver[:]), h)
		}
	}
	if err != nil || p.of.Least >= p.of.Most {
		unix.Close(fd)
		return nil
	}
	return p
}

// add adds the element of a handle.
func (p *pitch) add(driver string, h *pcmHandle) error {
	var pcm abi.PCMInfo
	if err := pcm.Do(h.fd); err != nil {
		return err
	}
	if driver == aloop && h.buffer < leastMoved*h.period {
		return syscall.ENOTSUP
	}
	k, id := pitchOf(driver, h.play, pcm.Device, pcm.Subdevice)
	info := abi.ElemInfo{ID: id}
	if err := info.Do(p.fd); err != nil {
		return err
	}
	if info.Type != abi.Number || info.Count != 1 || info.Access&abi.Writable == 0 || hasTimer(&pcm) {
		return syscall.ENOTSUP
	}
	low, high, _ := info.Range()
	if low, high = k.sign*(low-k.center), k.sign*(high-k.center); low > high {
		low, high = high, low
	}
	p.of.Unit = 1 / float64(k.center)
	p.of.Least, p.of.Most = max(p.of.Least, int(low)), min(p.of.Most, int(high))
	p.ids, p.kind = append(p.ids, info.ID), append(p.kind, k)
	return nil
}

// hasTimer reports whether a cable of snd-aloop runs by the timer of another card (timer_source): its control then
// moves nothing.
func hasTimer(pcm *abi.PCMInfo) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/asound/card%d/cable#%d", pcm.Card, pcm.Subdevice))
	return err == nil && strings.Contains(string(text), "sound timer:")
}

// PitchRange implements backend.Pitch.
func (p *pitch) PitchRange() backend.PitchRange { return p.of }

// SetPitch implements backend.Pitch.
func (p *pitch) SetPitch(steps int) error {
	if steps < p.of.Least || steps > p.of.Most {
		return audio.ErrInvalid.With("%s: a pitch of %d steps is out of range; use %d..%d", p.name, steps, p.of.Least, p.of.Most)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd < 0 {
		return audio.ErrClosed.With("%s: the card is closed", p.name)
	}
	return p.setLocked(steps)
}

func (p *pitch) setLocked(steps int) error {
	for i, id := range p.ids {
		k := p.kind[i]
		v := abi.ElemValue{ID: id}
		v.Numbers()[0] = k.center + k.sign*int64(steps)
		if err := v.Write(p.fd); err != nil {
			return p.failure(k.name, err)
		}
	}
	p.steps = steps
	return nil
}

func (p *pitch) failure(name string, err error) error {
	switch {
	case hasGone(err):
		return audio.ErrGone.With("%s: the card has gone", p.name)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return audio.ErrPermission.With("%s: control %q cannot be set: another program has locked it", p.name, name)
	}
	return audio.ErrIO.With("%s: control %q cannot be set: %v", p.name, name, err)
}

// close moves the clock back to the centre, if it is not there.
func (p *pitch) close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fd >= 0 {
		if p.steps != 0 {
			_ = p.setLocked(0) // the card may have gone
		}
		unix.Close(p.fd)
		p.fd = -1
	}
}
