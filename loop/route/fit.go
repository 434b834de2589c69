package route

import "github.com/loopbridge/loopbridge/audio"

// fits returns ErrInvalid if the route names channels that its places are known not to have. What a program
// brings is known when it is there.
func (s *Spec) fits(from, to place) error {
	in, out := audio.MaxChannels, audio.MaxChannels
	if n := from.channels(); n > 0 {
		in = n
	}
	if n := to.channels(); n > 0 {
		out = n
	}
	_, err := s.matrix(in, out)
	return err
}

// channels returns how many channels a side of a device has, 0 for what is not one.
func (p *place) channels() int {
	for _, d := range audio.Directions() {
		if p.node == p.on.Name()+"/"+d.String() {
			return p.on.Granted().Format.Channels
		}
	}
	return 0
}
