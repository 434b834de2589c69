package server

import (
	"crypto/tls"
	"net"
	"net/netip"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// watchCertificate returns the certificate in two PEM files.
func watchCertificate(cert, key string, tell func(*tls.Certificate, error)) *watched[*tls.Certificate] {
	return &watched[*tls.Certificate]{paths: []string{cert, key}, tell: tell, load: func() (*tls.Certificate, error) {
		c, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, audio.ErrInvalid.With("the certificate for TLS cannot be used: %v; "+
				"tls_cert and tls_key must be the two PEM files of one certificate", err)
		}
		return &c, nil
	}}
}

// tellCertificate logs that the certificate has changed. One that cannot be used leaves the old one in place.
func (r *Remote) tellCertificate(c *tls.Certificate, err error) {
	if err != nil {
		r.log.Error().Err(err).Msg("the old certificate stays in use")
		return
	}
	r.log.Info().Time("expires", c.Leaf.NotAfter).Msg("the certificate has changed")
}

// certificate is for tls.Config.
func (r *Remote) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c, _ := r.cert.get() // there was a good one at the start
	return c, nil
}

// hosts are the names that the daemon has. A page of another site can make its own name mean this machine
// (DNS rebinding), but then a browser still sends that name.
type hosts struct{ certificate *tls.Certificate }

func (r *Remote) hosts() (h hosts) {
	if r.cert != nil {
		h.certificate, _ = r.cert.get()
	}
	return h
}

// has reports whether the Host of a request is a name of the daemon: any IP address, localhost, or what the certificate says.
func (h hosts) has(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(host); err == nil || strings.EqualFold(host, "localhost") {
		return true
	}
	return h.certificate != nil && h.certificate.Leaf.VerifyHostname(host) == nil
}
