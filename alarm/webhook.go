package alarm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Webhook is where notices are posted as JSON.
type Webhook struct {
	URL        string        // http or https; "": nowhere
	SecretFile string        // whose content signs them; "": nothing does
	Timeout    time.Duration // of an attempt
}

// SignatureHeader has "sha256=" and, in hexadecimal, the HMAC-SHA256 (RFC 2104) of the body with the secret.
const SignatureHeader = "Loopbridge-Signature"

// CheckURL reports whether a webhook can be at an address: http or https, with a host, and without a user.
func CheckURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// post sends webhooks.
type post struct {
	client    http.Client
	transport *http.Transport
}

func newPost(dial func(ctx context.Context, network, address string) (net.Conn, error)) *post {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: dial, DisableKeepAlives: true}
	return &post{transport: t, client: http.Client{Transport: t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}} // a notice is for one address
}

func (p *post) close() { p.transport.CloseIdleConnections() }

// send posts a notice. Answers 408, 425, 429 and 5xx, and no answer, are temporary; so is a secret that cannot be read,
// as it may be about to be replaced.
func (p *post) send(ctx context.Context, w *Webhook, n *Notice) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "loopbridge")
	if w.SecretFile != "" {
		secret, err := readSecret(w.SecretFile)
		if err != nil {
			return errTemporary{err}
		}
		q.Header.Set(SignatureHeader, Sign(secret, body))
	}
	r, err := p.client.Do(q)
	if err != nil {
		return errTemporary{unreached(ctx, w, err)}
	}
	defer r.Body.Close()
	_, _ = io.CopyN(io.Discard, r.Body, 64<<10) // more is not waited for
	if r.StatusCode/100 == 2 {
		return nil
	}
	err = fmt.Errorf("%s answers %s", hostOf(w.URL), r.Status)
	switch {
	case r.StatusCode/100 == 3:
		return fmt.Errorf("%w: redirects are not followed, use the address that it leads to", err)
	case r.StatusCode/100 == 5, r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooEarly, r.StatusCode == http.StatusTooManyRequests:
		return errTemporary{err}
	}
	return err
}

// unreached says why there was no answer. The address may have secrets in its path, so only its host is shown.
func unreached(ctx context.Context, w *Webhook, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s does not answer within %v", hostOf(w.URL), w.Timeout)
	}
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("%s cannot be reached: %w", hostOf(w.URL), err)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the webhook"
	}
	return u.Host
}

// Sign returns what SignatureHeader has for a body.
func Sign(secret, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
