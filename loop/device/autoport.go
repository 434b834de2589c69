package device

import (
	"errors"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
)

// AutoPort is the policy auto_port of a device: what is plugged in takes over, and gives way
// when it is pulled. Its methods are for the goroutine that follows the hardware.
type AutoPort struct {
	device   *Device
	set      func(state.Patch) error
	previous [2]audio.Ports // what was in use before, of each side
}

// NewAutoPort returns the policy of d; set is how it sets the state of d.
func NewAutoPort(d *Device, set func(state.Patch) error) *AutoPort {
	return &AutoPort{device: d, set: set}
}

// Begin uses what is plugged in already. The error says what is not used, and why.
func (a *AutoPort) Begin() (err error) {
	hw := a.device.hw()
	if hw == (absent{}) {
		return nil // what comes later is set as it was
	}
	for n, d := range audio.Directions() {
		before := a.device.Info()
		before.Side(d).AvailPorts &^= hw.Ports(d).Jacked
		err = errors.Join(err, a.follow(n, &before))
	}
	return err
}

// Follow uses what was plugged in on a side since before, and goes back when it was pulled.
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

// choosePort decides what a side should use when its avail_ports change from before to after:
// what was plugged in takes over; when what was in use is pulled, the port in use before it
// comes back, if it can, or else the first of the audio(7I) order. previous is what was in use
// before current, or 0. Ports that are not mod cannot be chosen and are left out. It is current
// where nothing has to change; 0 if there is nothing to choose.
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

// autoOrder is which of several jacks wins that are plugged in at the same time.
func autoOrder(d audio.Direction) []audio.Ports {
	if d == audio.Record {
		return []audio.Ports{audio.PortMicrophone, audio.PortLineIn, audio.PortSPDIFIn, audio.PortAux1In, audio.PortAux2In, audio.PortCD, audio.PortCodecLoopIn}
	}
	return []audio.Ports{audio.PortHeadphone, audio.PortLineOut, audio.PortSPDIFOut, audio.PortSpeaker, audio.PortAux1Out, audio.PortAux2Out}
}
