package daemon

import (
	"bytes"
	"encoding/base64"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
	"github.com/loopbridge/loopbridge/backend/rtp/sap"
	"github.com/loopbridge/loopbridge/backend/rtp/sdp"
	"github.com/loopbridge/loopbridge/backend/rtp/session"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/files"
)

// network opens streams on the network, tells of those that are sent, and hears of those of others.
type network struct {
	log  zerolog.Logger
	host string
	port func(listen bool) (sap.Port, error) // sap.Open, except in tests
	open func(backend.Config, rtp.Options) (backend.Stream, error)

	mu    sync.Mutex
	tells *sap.Directory // nil: nothing was announced yet
	hears *sap.Directory // nil: it does not listen
	own   map[string]int // descriptions that are announced, and for how many streams
}

func newNetwork(log zerolog.Logger) *network {
	host, err := os.Hostname()
	if err != nil {
		host = "loopbridge"
	}
	return &network{log: log, host: host, port: sap.Open, open: rtp.Open, own: map[string]int{}}
}

// discover listens to announcements, or no longer does.
func (n *network) discover(on bool) error {
	n.mu.Lock()
	was := n.hears
	if on == (was != nil) {
		n.mu.Unlock()
		return nil
	}
	if !on {
		n.hears = nil
		n.mu.Unlock()
		return was.Close()
	}
	defer n.mu.Unlock()
	port, err := n.port(true)
	if err != nil {
		return err
	}
	n.hears = sap.New(port, true)
	return nil
}

// streams returns what others announce; listens is false if nobody listens to that.
func (n *network) streams() (all []sap.Heard, listens bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hears == nil {
		return nil, false
	}
	return slices.DeleteFunc(n.hears.Streams(), func(h sap.Heard) bool { return n.own[string(h.Text)] > 0 }), true
}

// close withdraws what is announced. Devices must be closed before.
func (n *network) close() error {
	n.mu.Lock()
	tells, hears := n.tells, n.hears
	n.tells, n.hears = nil, nil
	n.mu.Unlock()
	var err error
	for _, d := range []*sap.Directory{tells, hears} {
		if d != nil {
			if closed := d.Close(); err == nil {
				err = closed
			}
		}
	}
	return err
}

// stream opens the streams of a device, and announces what it sends.
func (n *network) stream(d config.Device, wish backend.Config) (backend.Stream, error) {
	o, err := n.options(d)
	if err != nil {
		return nil, err
	}
	s, err := n.open(wish, o)
	if err != nil {
		return nil, err
	}
	return n.announced(d, s), nil
}

// resume is stream for a device that was handed over.
func (n *network) resume(d config.Device, h backend.Handed) (backend.Stream, error) {
	o, err := n.options(d)
	if err != nil {
		return nil, err
	}
	s, err := rtp.Resume(h, o)
	if err != nil {
		return nil, err
	}
	return n.announced(d, s), nil
}

// options returns what the backend wants to know of a device.
func (n *network) options(d config.Device) (o rtp.Options, err error) {
	o.Thread = true // its engine is that of backend/standby
	o.PTP = d.FollowsPTP()
	if r := d.Receive; r != nil {
		if len(r.Stream.Paths) == 0 {
			return o, audio.ErrInvalid.With("the description %s was not read", r.SDP)
		}
		s := r.Stream
		if r.Keys != "" {
			if s.Keys, err = readKey(r.Keys); err != nil {
				return o, err
			}
		}
		o.Receive, o.Latency, o.Adaptive, o.Timeout = &s, r.Latency, r.Adaptive, r.Timeout
	}
	if t := d.Send; t != nil {
		s := t.Stream
		if t.Keys != "" {
			if s.Keys, err = readKey(t.Keys); err != nil {
				return o, err
			}
		}
		o.Send = &s
	}
	return o, nil
}

// Synchronised says why the clock of this machine is not that of PTP, for people, or nil.
func Synchronised() error { return rtp.Synchronised() }

// readKey reads the key of an encrypted stream.
func readKey(name string) ([]byte, error) {
	f, err := files.Open("key", name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode()&0o007 != 0 {
		return nil, audio.ErrPermission.With("the key in %s is one that everybody can read or change: chmod o= %s", name, name)
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, audio.ErrIO.With("the key in %s cannot be read: %v", name, files.Cause(err))
	}
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != session.KeyBytes {
		return nil, audio.ErrInvalid.With("there is no key in %s, which is %d bytes in base64: head -c %d /dev/urandom | base64 makes one", name, session.KeyBytes, session.KeyBytes)
	}
	return key, nil
}

// sent returns the stream that a device sends, with what a description of it says beyond the configuration.
func (n *network) sent(d config.Device) (session.Stream, error) {
	s := d.Send.Stream
	s.Name, s.Info = d.Name+"@"+n.host, "loopbridge"
	s.Paths = slices.Clone(s.Paths)
	if d.Send.Keys != "" {
		s.Keys = make([]byte, session.KeyBytes) // that there is one, is said
	}
	var first netip.Addr
	for i := range s.Paths {
		p := &s.Paths[i]
		at, err := sap.Source(p.To.Addr(), p.Device)
		if err != nil {
			return s, err
		}
		p.From = at
		if i == 0 {
			first = at
		}
	}
	s.Reference = session.Reference{Domain: -1, Local: macOf(first)}
	if d.Send.PTP { // its grandmaster may change, and keeps TAI
		s.Reference, s.Direct = d.Send.Reference, true
		if s.Reference.PTP == "" {
			s.Reference = session.Reference{Domain: -1, PTP: "IEEE1588-2008:traceable"}
		}
	}
	return s, sdp.Identify(&s, first)
}

// macOf returns the MAC address of the interface that has an address, or one of zeros: a clock of its own is all that it says.
func macOf(at netip.Addr) string {
	none := "00-00-00-00-00-00"
	all, err := net.Interfaces()
	if err != nil {
		return none
	}
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil || len(i.HardwareAddr) != 6 {
			continue
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == at.Unmap() {
				return strings.ToUpper(strings.ReplaceAll(i.HardwareAddr.String(), ":", "-"))
			}
		}
	}
	return none
}

// announced returns a stream that is announced until it is closed, if the device says so. That it cannot be announced is no
// reason not to send it.
func (n *network) announced(d config.Device, s backend.Stream) backend.Stream {
	if d.Send == nil || !d.Send.Announce {
		return s
	}
	a, err := n.announce(d)
	if err != nil {
		n.log.Warn().Err(err).Str("device", d.Name).Msg("what it sends is not announced")
		return s
	}
	return announcedStream{s, n, a}
}

func (n *network) announce(d config.Device) (*sap.Announcement, error) {
	s, err := n.sent(d)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.tells == nil {
		port, err := n.port(false)
		if err != nil {
			return nil, err
		}
		n.tells = sap.New(port, false)
	}
	a, err := n.tells.Announce(&s)
	if err == nil {
		n.own[string(a.Text())]++
	}
	return a, err
}

// announcedStream is a stream that is announced until it is closed.
type announcedStream struct {
	backend.Stream
	network *network
	own     *sap.Announcement
}

// Unwrap implements backend.Wrapper.
func (s announcedStream) Unwrap() backend.Stream { return s.Stream }

// HandOver implements backend.Heir. The announcement stays: the process that goes on has the same.
func (s announcedStream) HandOver() (backend.Handed, error) { return backend.HandOver(s.Stream) }

// Close implements backend.Stream.
func (s announcedStream) Close() error {
	n := s.network
	n.mu.Lock()
	text := string(s.own.Text())
	if n.own[text]--; n.own[text] <= 0 {
		delete(n.own, text)
	}
	n.mu.Unlock()
	s.own.Withdraw()
	return s.Stream.Close()
}
