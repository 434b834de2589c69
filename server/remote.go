package server

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
)

// TCP says how operators connect over the network.
type TCP struct {
	Address   netip.AddrPort
	TokenFile string // holds what they must know, of mode 0600; the daemon makes it if it is missing
	// Cert and Key are PEM files for TLS. Without them operators speak plain HTTP, on a loopback address only.
	Cert, Key string
	// Open lets everybody read who can connect, and hear. Changes still need the token.
	Open bool
	// Bound is a socket that listens there already, of a process before. nil: bind one.
	Bound *os.File
}

// Remote is the way of operators over TCP to the same Control. They need the token for each request.
//
//	connection ─▶ crowd: room ─▶ TLS ─▶ guests: rate ─▶ Host ─▶ Origin ─▶ token ─▶ audit ─▶ Control
type Remote struct {
	control  *Control
	log      zerolog.Logger
	listener net.Listener
	http     http.Server
	crowd    *crowd
	guests   guests
	open     bool // everybody may read
	token    *watched[token]
	cert     *watched[*tls.Certificate] // nil: plain HTTP
}

// ListenTCP opens a way over TCP to the Control. ErrInvalid, ErrAccess: the token or the certificate cannot be used, or the
// address is not for plain HTTP. ErrBusy: another program listens there.
func (c *Control) ListenTCP(t TCP) (*Remote, error) {
	r, err := c.newRemote(t)
	if err != nil {
		return nil, err
	}
	l, err := t.listen()
	if err != nil {
		return nil, audio.ErrBusy.With("operators cannot connect over TCP: %v; choose another address as http", err)
	}
	r.listenOn(l)
	return r, nil
}

func (t *TCP) listen() (net.Listener, error) {
	if t.Bound == nil {
		return net.Listen("tcp", t.Address.String())
	}
	defer t.Bound.Close() // the listener has a descriptor of its own
	return net.FileListener(t.Bound)
}

// State returns the socket, for a process that takes the place of this one.
func (r *Remote) State() (v SocketState, err error) {
	v.Path, v.Lock = r.listener.Addr().String(), -1
	v.File, err = Descriptor(r.listener.(strangers).Listener.(*net.TCPListener))
	return v, err
}

// newRemote reads token and certificate.
func (c *Control) newRemote(t TCP) (*Remote, error) {
	r := &Remote{control: c, log: c.log, open: t.Open}
	if t.Cert == "" && !t.Address.Addr().Unmap().IsLoopback() {
		return nil, audio.ErrInvalid.With("plain HTTP on %v would show the token to the network: "+
			"set tls_cert and tls_key, or listen on 127.0.0.1", t.Address)
	}
	r.token = watchToken(t.TokenFile, r.tellToken)
	if _, err := r.token.get(); err != nil {
		return nil, err
	}
	serve(&r.http, r.admit(c.answers), c.log)
	if t.Cert != "" {
		r.cert = watchCertificate(t.Cert, t.Key, r.tellCertificate)
		if _, err := r.cert.get(); err != nil {
			return nil, err
		}
		r.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: r.certificate}
	}
	return r, nil
}

func (r *Remote) listenOn(l net.Listener) {
	if r.crowd = r.control.remote.Load(); r.crowd == nil { // else counts go on, after a reload
		r.crowd = newCrowd("tcp")
		r.control.remote.Store(r.crowd)
	}
	r.listener = strangers{l, r.crowd, r.log}
}

// Address returns where the Remote listens.
func (r *Remote) Address() netip.AddrPort { return r.listener.Addr().(*net.TCPAddr).AddrPort() }

// Serve answers requests until Close, and then returns nil.
func (r *Remote) Serve() error {
	var err error
	if r.cert != nil {
		err = r.http.ServeTLS(r.listener, "", "")
	} else {
		err = r.http.Serve(r.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close gives requests a moment to finish, and disconnects everyone who came over TCP.
func (r *Remote) Close() error {
	err := shutDown(&r.http)
	if closed := r.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

// strangers accepts connections of whom nothing is known yet.
type strangers struct {
	net.Listener
	crowd *crowd
	log   zerolog.Logger
}

// Accept implements net.Listener.
func (s strangers) Accept() (net.Conn, error) {
	for {
		conn, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		o := &operator{Conn: conn}
		if s.crowd.enter(o) {
			return o, nil
		}
		s.log.Warn().Stringer("from", conn.RemoteAddr()).Msg(tooMany)
		hangUp(conn, "503 Service Unavailable", tooMany)
	}
}
