package server

import (
	"net/http"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/loop"
)

// Devices adds and removes devices of the network, and tells of the streams there. Its methods are called from any goroutine.
type Devices interface {
	// Add adds the device that a JSON object describes, with the keys of the configuration. ErrInvalid lists all that is wrong with it.
	// ErrBusy: its name is taken.
	Add(text []byte) (name string, err error)
	// Remove removes a device. ErrNoDevice: there is none. ErrBusy: a loop is on it. ErrInvalid: it is not one of the network.
	Remove(name string) error
	// Description returns the SDP of what a device sends. ErrNoDevice: there is no such device, or no way to where it sends. ErrInvalid: it
	// sends nothing.
	Description(name string) ([]byte, error)
	// Streams returns what others announce.
	Streams() api.Streams
}

// networked answers that there is no network, unless there is one.
func (c *Control) networked(w http.ResponseWriter) bool {
	if c.Devices == nil {
		answerError(w, http.StatusNotFound, "this daemon has no devices of the network")
	}
	return c.Devices != nil
}

func (c *Control) addDevice(w http.ResponseWriter, r *http.Request) {
	if !c.networked(w) {
		return
	}
	body, ok := bodyOf(w, r)
	if !ok {
		return
	}
	name, err := c.Devices.Add(body)
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	e, err := c.Bay.Device(name)
	if err != nil { // somebody has removed it
		answerError(w, status(err), err.Error())
		return
	}
	answer(w, http.StatusCreated, c.reply(e))
}

func (c *Control) removeDevice(w http.ResponseWriter, r *http.Request) {
	if c.networked(w) {
		done(w, c.Devices.Remove(r.PathValue("device")))
	}
}

// description answers with the SDP of what a device sends (RFC 8866 part 10 registers the type).
func (c *Control) description(w http.ResponseWriter, r *http.Request) {
	if !c.networked(w) {
		return
	}
	text, err := c.Devices.Description(r.PathValue("device"))
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	_, _ = w.Write(text)
}

func (c *Control) listStreams(w http.ResponseWriter, _ *http.Request) {
	if c.networked(w) {
		answer(w, http.StatusOK, c.Devices.Streams())
	}
}

// showNetwork returns what the stream of a device has seen of a network, or nil if it runs on none now.
func showNetwork(e *loop.Engine) *api.Network {
	n, ok := e.Network()
	if !ok {
		return nil
	}
	ms := func(d time.Duration) float64 { return *rounded(d.Seconds()*1e3, 3) }
	a := &api.Network{
		Receives: n.Receives, Sends: n.Sends,
		Packets: n.Packets, Lost: n.Lost, Late: n.Late, Reordered: n.Reordered, Duplicates: n.Duplicates, Recovered: n.Recovered,
		Refused: n.Refused, Concealed: n.Concealed, Restarts: n.Restarts, Paths: []api.NetworkPath{}, Sent: n.Sent, Failed: n.Failed, FarLost: n.FarLost, RoundTrip: ms(n.RoundTrip),
		Jitter: ms(n.Jitter), Latency: ms(n.Latency), Target: ms(n.Target), Sender: n.Sender, SSRC: n.SSRC, Reference: n.Reference,
	}
	for _, p := range n.Paths {
		a.Paths = append(a.Paths, api.NetworkPath(p))
	}
	return a
}
