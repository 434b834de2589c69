// Package jack adds controls to a sound card that no hardware is behind, such as the
// 'Headphone Jack' of a card that cannot tell whether something is plugged in. To programs
// they look like the card's own, so a test can plug and unplug what it has no hands for.
//
// The kernel keeps such a control until Remove, or until the card is gone. Each method is
// one call of the kernel; a Jack belongs to one goroutine at a time.
package jack

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Jack is a switch on a card: iface CARD, as the kernel has its own jacks.
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
	typeBoolean = 1
	accessRW    = 1 | 2
)

// request is _IOWR('U', number, size).
func request(number, size uintptr) uintptr { return 3<<30 | size<<16 | 'U'<<8 | number }

// Add adds a switch, which is off, to the card of a number. Somebody else's of the same
// name is an error (EBUSY).
func Add(card int, name string) (*Jack, error) {
	if name == "" || len(name) > nameMax {
		return nil, fmt.Errorf("a control's name has 1 to %d bytes, %q has %d", nameMax, name, len(name))
	}
	f, err := os.OpenFile(fmt.Sprintf("/dev/snd/controlC%d", card), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	j := &Jack{f: f}
	order := binary.NativeEndian
	order.PutUint32(j.id[4:], ifaceCard)
	copy(j.id[nameAt:], name)
	var info [infoBytes]byte
	copy(info[:], j.id[:])
	order.PutUint32(info[idBytes:], typeBoolean)
	order.PutUint32(info[idBytes+4:], accessRW)
	order.PutUint32(info[idBytes+8:], 1) // one value
	order.PutUint64(info[idBytes+16+8:], 1)
	if err := j.call(0x17, info[:]); err != nil {
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
	return j.call(0x13, value[:])
}

// Remove takes the control away.
func (j *Jack) Remove() error {
	defer j.f.Close()
	id := j.id
	return j.call(0x19, id[:])
}

func (j *Jack) call(number uintptr, p []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, j.f.Fd(), request(number, uintptr(len(p))), uintptr(unsafe.Pointer(&p[0])))
	runtime.KeepAlive(j.f)
	if errno != 0 {
		return errno
	}
	return nil
}
