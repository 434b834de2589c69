package loop

import "github.com/loopbridge/loopbridge/audio"

// autoPort is the policy auto_port of a device: what is plugged in takes over, and gives way
// when it is pulled. Its methods are for the goroutine that follows the hardware.
type autoPort struct {
	engine   *Engine
	previous [2]audio.Ports // what was in use before, of each side
}

// begin uses what is plugged in already.
func (a *autoPort) begin() {
	hw := a.engine.desk.hw()
	if hw == (absent{}) {
		return // what comes later is set as it was
	}
	for n, d := range directions() {
		before := a.engine.Info()
		before.Side(d).AvailPorts &^= hw.Ports(d).Jacked
		a.follow(n, &before)
	}
}

// follow uses what was plugged in on a side since before, and goes back when it was pulled.
func (a *autoPort) follow(n int, before *audio.Info) {
	d := directions()[n]
	i := a.engine.Info()
	was, now := before.Side(d), i.Side(d)
	port := choosePort(d, was.Port, a.previous[n], was.AvailPorts, now.AvailPorts, now.ModPorts)
	if port == 0 || port == now.Port {
		return
	}
	a.previous[n] = was.Port
	var p audio.Patch
	if err := p.Set(audio.PlayPort.On(d), uint32(port)); err != nil {
		return // no port is beyond what a field holds
	}
	if _, err := a.engine.Set(p); err != nil {
		a.engine.note(audio.ErrIO.With("the port that was plugged in is not used: %v", err))
	}
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
