package config

import (
	"net/netip"
	"path/filepath"
)

// HTTP is how operators connect over TCP.
type HTTP struct {
	Address   string // an IP address and a port; "": they do not
	TokenFile string // holds what they must know; "": token, in the folder of the state file
	Cert, Key string // PEM files for TLS; "": plain HTTP
	Read      Readers
}

// Readers are those who may read over TCP.
type Readers int

const (
	ReadToken  Readers = iota // whoever knows the token
	ReadAnyone                // whoever can connect; changes still need the token
)

// String returns what the configuration says.
func (r Readers) String() string { return [...]string{"token", "anyone"}[r] }

// Token returns the path of the token file of a daemon whose state is in a file; "" if neither is known.
func (h *HTTP) Token(state string) string {
	if h.TokenFile != "" || state == "" {
		return h.TokenFile
	}
	return filepath.Join(filepath.Dir(state), "token")
}

// setAddress accepts an IP address and a port, or "".
func setAddress(to *string) func(any) string {
	return setText(to, "not an address, use ", `an IP address and a port such as "127.0.0.1:7070", or ""`, func(s string) bool {
		at, err := netip.ParseAddrPort(s)
		return s == "" || err == nil && at.Port() != 0 && at.Addr().Zone() == ""
	})
}

// setPath accepts an absolute path, or "" for what it says.
func setPath(to *string, otherwise string) func(any) string {
	return setText(to, "not the path of a file, use ", `an absolute path, or "" for `+otherwise, func(s string) bool { return isPath(s, "") })
}

// overTCP checks that operators can connect over TCP as they are to, and that the token stays among them.
func (b *binder) overTCP(d *Daemon) {
	h := &d.HTTP
	at, err := netip.ParseAddrPort(h.Address)
	if h.Address == "" || err != nil {
		for _, key := range []string{"http_read", "token_file", "tls_cert", "tls_key"} {
			if b.given("daemon."+key) && !b.given("daemon.http") && !b.partial {
				b.wrong("daemon."+key, `has no effect, as operators do not connect over TCP: add http = "127.0.0.1:7070", or leave it out`)
			}
		}
		return
	}
	switch {
	case h.Cert == "" && h.Key != "":
		b.wrong("daemon.tls_key", "is of no use alone, add tls_cert")
	case h.Cert != "" && h.Key == "":
		b.wrong("daemon.tls_cert", "is of no use alone, add tls_key")
	case h.Cert == "" && !at.Addr().Unmap().IsLoopback():
		b.wrong("daemon.http", "would show the token to the network, add tls_cert and tls_key, or use an address of this machine alone such as 127.0.0.1")
	}
	if d.State == NoState && h.TokenFile == "" {
		b.wrong("daemon.http", `has no folder for its token, as state is "none": add token_file`)
	}
}
