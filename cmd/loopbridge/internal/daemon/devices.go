package daemon

import (
	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/rtp/sap"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
)

// deviceSet adds and removes devices of the network while the daemon runs, and tells what is announced there.
type deviceSet struct{ *Daemon }

// Add implements server.Devices. text is a JSON object with the keys of [[device]].
func (s deviceSet) Add(text []byte) (name string, err error) {
	c, err := config.ParseDevice(text)
	if err != nil {
		return "", err
	}
	s.running.mu.Lock()
	defer s.running.mu.Unlock()
	switch {
	case s.running.closed:
		return "", audio.ErrClosed.With("the daemon ends")
	case s.running.config.Device(c.Name) != nil:
		return "", audio.ErrBusy.With("there is a device %s already", c.Name)
	}
	if _, err := s.network.options(c); err != nil { // which the stream itself would tell the log alone
		return "", err
	}
	if err := s.addDevice(c); err != nil {
		return "", err
	}
	s.nodes.changed()
	return c.Name, nil
}

// Remove implements server.Devices.
func (s deviceSet) Remove(name string) error {
	s.running.mu.Lock()
	defer s.running.mu.Unlock()
	c := s.running.config.Device(name)
	if c == nil {
		return audio.ErrNoDevice.With("there is no device %s", name)
	}
	if c.Backend != config.RTP {
		return audio.ErrInvalid.With("only devices of the backend rtp can be removed; take the others out of the configuration, and reload it")
	}
	device, err := s.bay.RemoveDevice(name)
	if err != nil {
		return err
	}
	dropLocked(&s.running.config.Devices, name, deviceName)
	s.nodes.changed()
	return device.Close()
}

// Description implements server.Devices.
func (s deviceSet) Description(name string) ([]byte, error) {
	c := s.Running()
	d := c.Device(name)
	switch {
	case d == nil:
		return nil, audio.ErrNoDevice.With("there is no device %s", name)
	case d.Send == nil:
		return nil, audio.ErrInvalid.With("the device %s sends nothing to the network", name)
	}
	stream, err := s.network.sent(*d)
	if err != nil {
		return nil, err
	}
	return sdp.Write(&stream)
}

// Streams implements server.Devices.
func (s deviceSet) Streams() api.Streams {
	all, listens := s.network.streams()
	shown := api.Streams{Listens: listens, Streams: []api.Stream{}}
	for i := range all {
		shown.Streams = append(shown.Streams, streamOf(&all[i]))
	}
	return shown
}

// streamOf returns a stream as operators see it.
func streamOf(h *sap.Heard) api.Stream {
	s := api.Stream{
		Name: h.Name, Info: h.Info, Payload: h.Payload.String(), Rate: h.Rate, Channels: h.Channels, Positions: h.Positions.String(),
		Level: sdp.Level(&h.Stream), Encrypted: h.Secure, Sender: h.From.String(), Since: h.Since, Last: h.Last, SDP: string(h.Text),
	}
	if h.Packet > 0 {
		s.Packet = 1000 * float64(h.Packet) / float64(h.Rate)
	}
	for _, p := range h.Paths {
		s.Addresses = append(s.Addresses, p.To.String())
	}
	return s
}
