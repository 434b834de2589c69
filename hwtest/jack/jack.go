// Package jack adds controls to a sound card that no hardware is behind, such as the
// 'Headphone Jack' of a card that cannot tell whether something is plugged in. To programs
// they look like the card's own, so a test can plug and unplug what it has no hands for.
//
// The kernel keeps such a control until Remove, or until the card is gone. Each method is
// one call of the kernel; a Jack belongs to one goroutine at a time.
package jack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Jack is a switch on a card: iface CARD, as the kernel has its own jacks, or MIXER.
type Jack struct {
	f  *os.File
	id [idBytes]byte
}

// Of <sound/asound.h>, where longs have 64 bits.
const (
	idBytes    = 64   // struct snd_ctl_elem_id
	infoBytes  = 272  // struct snd_ctl_elem_info
	valueBytes = 1224 // struct snd_ctl_elem_value

	nameAt  = 16 // in the id: after numid, interface, device and subdevice
	nameMax = 43 // and a zero

	ifaceCard   = 0
	ifaceMixer  = 2
	typeBoolean = 1
	accessRW    = 1 | 2
)

// Requests: _IOWR('U', number, size), and _IOW for the last one.
const (
	addElem    = 3<<30 | infoBytes<<16 | 'U'<<8 | 0x17
	writeElem  = 3<<30 | valueBytes<<16 | 'U'<<8 | 0x13
	removeElem = 3<<30 | idBytes<<16 | 'U'<<8 | 0x19
	unlockElem = 1<<30 | idBytes<<16 | 'U'<<8 | 0x15
)

// Add adds a jack with nothing in it to the card of a number. Somebody else's of the same
// name is an error (EBUSY).
func Add(card int, name string) (*Jack, error) { return add(card, ifaceCard, name) }

// AddSwitch is Add for a switch of the mixer, such as the 'Headphone Playback Switch' that a
// card lacks. Plug turns it on.
func AddSwitch(card int, name string) (*Jack, error) {
	j, err := add(card, ifaceMixer, name)
	if err != nil {
		return nil, err
	}
	id := j.id
	if err := j.call(unlockElem, id[:]); err != nil { // it is its maker's alone at first
		return nil, errors.Join(fmt.Errorf("letting others set the control %q of card %d: %w", name, card, err), j.Remove())
	}
	return j, nil
}

func add(card int, iface uint32, name string) (*Jack, error) {
	if name == "" || len(name) > nameMax {
		return nil, fmt.Errorf("a control's name has 1 to %d bytes, %q has %d", nameMax, name, len(name))
	}
	f, err := os.OpenFile(fmt.Sprintf("/dev/snd/controlC%d", card), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	j := &Jack{f: f}
	order := binary.NativeEndian
	order.PutUint32(j.id[4:], iface)
	copy(j.id[nameAt:], name)
	var info [infoBytes]byte
	copy(info[:], j.id[:])
	order.PutUint32(info[idBytes:], typeBoolean)
	order.PutUint32(info[idBytes+4:], accessRW)
	order.PutUint32(info[idBytes+8:], 1) // one value
	order.PutUint64(info[idBytes+16+8:], 1)
	if err := j.call(addElem, info[:]); err != nil {
		f.Close()
		return nil, fmt.Errorf("adding the control %q to card %d: %w", name, card, err)
	}
	copy(j.id[:], info[:idBytes])
	return j, nil
}

// Plug turns the switch on or off; whoever listens to the card's controls hears of it.
func (j *Jack) Plug(in bool) error {
	var value [valueBytes]byte
	copy(value[:], j.id[:])
	if in {
		value[idBytes+8] = 1 // of 64 bits, after the indirect bit and what pads it
	}
	return j.call(writeElem, value[:])
}

// Remove takes the control away.
func (j *Jack) Remove() error {
	defer j.f.Close()
	id := j.id
	return j.call(removeElem, id[:])
}

func (j *Jack) call(request uintptr, p []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, j.f.Fd(), request, uintptr(unsafe.Pointer(&p[0])))
	runtime.KeepAlive(j.f)
	if errno != 0 {
		return errno
	}
	return nil
}
