package device

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// AutoPort is the auto_port policy of a device: a jack that is plugged in becomes the port in use,
// and pulling it brings the previous port back. Only the follower goroutine calls its methods.
type AutoPort struct {
	device   *Device
	set      func(state.Patch) error
	previous [2]audio.Ports // of each side, the port in use before
}

// NewAutoPort returns the policy of d, which sets the state of d through set.
func NewAutoPort(d *Device, set func(state.Patch) error) *AutoPort {
	return &AutoPort{device: d, set: set}
}

// Begin selects what is already plugged in. The error names each port it could not select.
func (a *AutoPort) Begin() (err error) {
	hw := a.device.controls()
	if hw == (absent{}) {
		return nil // a card that arrives later gets the saved ports back
	}
	for n, d := range audio.Directions() {
		before := a.device.Info()
		before.Side(d).AvailPorts &^= hw.Ports(d).Jacked
		err = errors.Join(err, a.follow(n, &before))
	}
	return err
}

// Follow selects a port plugged in on side d since before, or the previous one if its port was
// pulled.
func (a *AutoPort) Follow(d audio.Direction, before *state.Info) error {
	return a.follow(d.Index(), before)
}

func (a *AutoPort) follow(n int, before *state.Info) error {
	d := audio.Directions()[n]
	i := a.device.Info()
	was, now := before.Side(d), i.Side(d)
	port := choosePort(d, was.Port, a.previous[n], was.AvailPorts, now.AvailPorts, now.ModPorts)
	if port == 0 || port == now.Port {
		return nil
	}
	a.previous[n] = was.Port
	var p state.Patch
	err := p.Set(state.PlayPort.On(d), uint32(port))
	if err == nil {
		err = a.set(p)
	}
	if err != nil {
		return audio.ErrIO.With("the port that was plugged in is not used: %v", err)
	}
	return nil
}

// choosePort returns the port a side should use after its avail_ports change from before to after.
// A port that was plugged in wins. If the port in use was pulled, previous comes back if it is
// available, otherwise the lowest available bit of audio(7I). previous is the port used before
// current, or 0. Ports outside mod are never chosen. It returns current if nothing has to change,
// and 0 if no port can be chosen.
func choosePort(d audio.Direction, current, previous, before, after, mod audio.Ports) audio.Ports {
	usable := after & mod
	if fresh := usable &^ before; fresh != 0 {
		for _, p := range autoOrder(d) {
			if fresh&p != 0 {
				return p
			}
		}
	}
	for _, next := range []audio.Ports{current & usable, previous & usable} {
		if next != 0 {
			return next
		}
	}
	return usable & -usable
}

// autoOrder returns which port wins if several are plugged in at once, most preferred first.
func autoOrder(d audio.Direction) []audio.Ports {
	if d == audio.Record {
		return []audio.Ports{audio.PortMicrophone, audio.PortLineIn, audio.PortSPDIFIn,
			audio.PortAux1In, audio.PortAux2In, audio.PortCD, audio.PortCodecLoopIn}
	}
	return []audio.Ports{audio.PortHeadphone, audio.PortLineOut, audio.PortSPDIFOut, audio.PortSpeaker,
		audio.PortAux1Out, audio.PortAux2Out}
}
