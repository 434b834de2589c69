package daemon

import (
	"net/netip"
	"os"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/config"
	"github.com/loopbridge/loopbridge/server"
)

// closeTCP ends what listenTCP began. Requests that are under way have a moment to end.
func (d *Daemon) closeTCP() error {
	if d.remote == nil {
		return nil
	}
	defer func() { d.remote = nil }()
	return d.remote.Close()
}

// listenTCP lets operators in over TCP, if the configuration says so, on a socket that is bound already, unless that is nil.
func (d *Daemon) listenTCP(c *config.Daemon, bound *os.File) error {
	h := &c.HTTP
	if h.Address == "" {
		return nil
	}
	token := h.Token(c.State)
	if token == "" {
		return audio.ErrInvalid.With("there is no folder for the token of operators over TCP: add token_file")
	}
	at, err := netip.ParseAddrPort(h.Address)
	if err != nil {
		return audio.ErrInvalid.With("http: %v", err)
	}
	remote, err := d.control.ListenTCP(server.TCP{Address: at, TokenFile: token, Cert: h.Cert, Key: h.Key, Open: h.Read == config.ReadAnyone, Bound: bound})
	if err != nil {
		return err
	}
	d.remote = remote
	d.log.Info().Stringer("http", d.remote.Address()).Str("token_file", token).Bool("tls", h.Cert != "").
		Msg("operators can connect over TCP")
	d.wait.Go(func() {
		if err := remote.Serve(); err != nil {
			d.log.Error().Err(err).Msg("no more operators can connect over TCP")
		}
	})
	return nil
}
