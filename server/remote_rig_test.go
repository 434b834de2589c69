package server_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// secret is the token of a remote.
const secret = "open-sesame-open-sesame-open"

// remote is a daemon with a way over TCP.
type remote struct {
	*testing.T
	*servertest.Daemon
	file string // of the token
	log  lines
	http http.Client
	base string // of addresses
}

// lines is a log. Any goroutine may use it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// with returns the objects in the log with a message.
func (l *lines) with(message string) (all []object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.text.Bytes()) {
		var o object
		if json.Unmarshal(line, &o) == nil && strings.HasPrefix(o["message"].(string), message) {
			all = append(all, o)
		}
	}
	return all
}

// newRemote is a remote for plain HTTP if there are no files of a certificate.
func newRemote(t *testing.T, cert, key string) *remote {
	t.Helper()
	return newRemoteOf(t, server.TCP{Cert: cert, Key: key})
}

func newRemoteOf(t *testing.T, at server.TCP) *remote {
	t.Helper()
	noLeaks(t)
	r := &remote{T: t, file: tokenFile(t, secret)}
	at.Address, at.TokenFile = netip.MustParseAddrPort("127.0.0.1:0"), r.file
	r.Daemon = servertest.Start(t, servertest.Options{TCP: at, Log: &r.log})
	r.base = "http://" + r.Remote.Address().String()
	transport := &http.Transport{}
	if at.Cert != "" {
		r.base = "https://" + r.Remote.Address().String()
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	}
	r.http.Transport = transport
	t.Cleanup(transport.CloseIdleConnections)
	return r
}

// tokenFile is a file that nobody else may read.
func tokenFile(t *testing.T, token string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// request is one to the remote, with the right token.
func (r *remote) request(method, path, body string) *http.Request {
	r.Helper()
	q, err := http.NewRequestWithContext(servertest.Guard(r), method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+secret)
	return q
}

// do makes a request; the reply must be as it is described.
func (r *remote) do(q *http.Request) (*http.Response, string) {
	r.Helper()
	a, err := r.http.Do(q)
	if err != nil {
		r.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		r.Fatal(err)
	}
	describe(r.T, q.Method, q.URL.Path, a.StatusCode, text)
	return a, string(text)
}

// get is a request with another header; it returns the status.
func (r *remote) get(header, value string) (int, string) {
	r.Helper()
	q := r.request(http.MethodGet, "/v1/devices", "")
	switch {
	case header == "Host":
		q.Host = value
	case value == "":
		q.Header.Del(header)
	case header != "":
		q.Header.Set(header, value)
	}
	a, text := r.do(q)
	return a.StatusCode, text
}
