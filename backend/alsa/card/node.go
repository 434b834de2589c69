package card

import (
	"errors"
	"strconv"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
)

// ControlNode returns the path of the control device of a card.
func ControlNode(card int) string { return "/dev/snd/controlC" + strconv.Itoa(card) }

// NodeError explains why a device node cannot be opened. It returns audio.ErrNoDevice,
// audio.ErrPermission or audio.ErrIO.
func NodeError(node string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return audio.ErrNoDevice.With("%s is not there: the sound card was unplugged, "+
			"or its driver is not loaded (cat /proc/asound/cards)", node)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return audio.ErrPermission.With("no permission on %s: add the user that runs loopbridge to the group audio "+
			"(usermod -aG audio USER) and start it again", node)
	}
	return audio.ErrIO.With("%s cannot be opened: %v", node, err)
}
