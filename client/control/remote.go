package control

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/loopbridge/loopbridge/audio"
)

// NewRemote returns a Client for a daemon that answers over TCP, at an address such as http://127.0.0.1:7070, to whoever
// has the token, which is asked for with each request. It connects on first use. All methods return ErrInvalid if the
// address has another form, ErrPermission if the token is wrong or the certificate is not trusted, and the errors of token.
func NewRemote(address string, token func() (string, error)) *Client {
	c := &Client{socket: address, base: strings.TrimSuffix(address, "/"), token: token}
	c.http.Transport = &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the token is for this daemon
	return c
}

// authorize adds the token to a request.
func (c *Client) authorize(q *http.Request) error {
	if c.token == nil {
		return nil
	}
	u, err := url.Parse(c.base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return c.wrongAddress()
	}
	token, err := c.token()
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func (c *Client) wrongAddress() error {
	return audio.ErrInvalid.With("%q is not the address of a daemon, use one such as http://127.0.0.1:7070", c.socket)
}

// unreachable returns the error of a connection over TCP that could not be made; nil: it was made, and has ended.
func (c *Client) unreachable(err error) error {
	if c.token == nil {
		return nil
	}
	if untrusted, found := errors.AsType[*tls.CertificateVerificationError](err); found {
		return audio.ErrPermission.With("the certificate of %s is not trusted: %v; let $SSL_CERT_FILE name a file with the one that signed it", c.socket, untrusted.Err)
	}
	if op, failed := errors.AsType[*net.OpError](err); failed && op.Op == "dial" {
		return audio.ErrNoDaemon.With("no daemon on %s: %v", c.socket, op.Err)
	}
	return nil
}
