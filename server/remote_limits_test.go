package server_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/client/control"
	"github.com/loopbridge/loopbridge/server"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// pipes is a listener for connections in this process, which work in a synctest bubble.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	end   chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.end:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.end) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// dial connects to the server of the listener.
func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// inBubble runs a test with a remote in virtual time.
func inBubble(t *testing.T, test func(t *testing.T, p *pipes)) {
	t.Helper()
	file, c := tokenFile(t, secret), controlOf(t)
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{conns: make(chan net.Conn), end: make(chan struct{})}
		r, err := c.RemoteOn(p, file)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error)
		go func() { served <- r.Serve() }()
		test(t, p)
		if err := errors.Join(r.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
}

// asks is the beginning of a request with a token.
func asks(token string) string {
	return "GET /v1/openapi.yaml HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token + "\r\n"
}

// closes returns when a connection is closed by the other side.
func closes(t *testing.T, c net.Conn, after time.Duration, what string) {
	t.Helper()
	defer c.Close()
	began := time.Now()
	if _, err := io.Copy(io.Discard, c); err != nil || time.Since(began) != after {
		t.Errorf("%s is disconnected after %v, want %v (%v)", what, time.Since(began), after, err)
	}
}

// Nobody keeps the daemon waiting for a token, for the rest of a request, for the next one, or for the end of a reply.
func TestRemoteSlowOperators(t *testing.T) {
	inBubble(t, func(t *testing.T, p *pipes) {
		closes(t, p.dial(), 5*time.Second, "who says nothing")

		slow := p.dial()
		go func() {
			for _, b := range []byte(asks(secret)) { // the token comes by the second
				if _, err := slow.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		closes(t, slow, 5*time.Second, "who says it slowly")

		c := p.dial()
		if _, err := io.WriteString(c, strings.Replace(asks(secret), "GET /v1/openapi.yaml", "POST /v1/loops", 1)+"Content-Length: 100\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || r.StatusCode != 400 || time.Since(began) != 10*time.Second {
			t.Errorf("%v %v after %v", err, r, time.Since(began))
		}
		c.Close()

		c = p.dial()
		if _, err := io.WriteString(c, asks(secret)+"\r\n"); err != nil {
			t.Fatal(err)
		}
		r, err = http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || r.StatusCode != 200 {
			t.Fatal(err, r)
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Fatal(err)
		}
		closes(t, c, time.Minute, "who asks for nothing more")

		c = p.dial()
		if _, err := io.WriteString(c, asks(secret)+"\r\n"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Second + 1) // and does not read
		n, err := io.Copy(io.Discard, c)
		if err != nil || n > 0 {
			t.Errorf("%d bytes and %v for who does not read", n, err)
		}
		c.Close()
	})
}

// Requests and wrong tokens are limited for each address, and after a while they are not.
func TestRemoteRates(t *testing.T) {
	inBubble(t, func(t *testing.T, p *pipes) {
		status := func(c net.Conn, token string) int {
			t.Helper()
			go func() { _, _ = io.WriteString(c, asks(token)+"\r\n") }()
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Fatal(err)
			}
			if retry := r.Header.Get("Retry-After"); (r.StatusCode == 429) != (retry != "") {
				t.Errorf("%d, come back after %q", r.StatusCode, retry)
			}
			return r.StatusCode
		}
		known, stranger := p.dial(), p.dial()
		defer known.Close()
		defer stranger.Close()
		if code := status(known, secret); code != 200 {
			t.Fatal(code)
		}
		for range 10 {
			if code := status(stranger, "x"+secret); code != 401 {
				t.Fatal(code)
			}
		}
		for _, token := range []string{"x" + secret, secret} { // no more guesses, and nobody learns whether they are right
			if code := status(stranger, token); code != 429 {
				t.Errorf("%d after ten wrong tokens", code)
			}
		}
		if code := status(known, secret); code != 200 {
			t.Errorf("%d for who was here before", code)
		}
		time.Sleep(5 * time.Second)
		if code := status(stranger, secret); code != 200 {
			t.Errorf("%d after a while", code)
		}
		time.Sleep(10 * time.Second)
		for n := 0; ; n++ {
			if code := status(known, secret); code == 429 && n == 200 {
				break
			} else if code != 200 || n > 200 {
				t.Fatalf("%d for request %d", code, n)
			}
		}
		time.Sleep(time.Second)
		if code := status(known, secret); code != 200 {
			t.Errorf("%d a second later", code)
		}
	})
}

// However many addresses come, only so many are remembered.
func TestRemoteForgetsAddresses(t *testing.T) {
	var all []net.Addr
	for i := range uint32(100_000) {
		ip := make(net.IP, 4)
		binary.BigEndian.PutUint32(ip, i)
		all = append(all, &net.TCPAddr{IP: ip})
		network := make(net.IP, 16)
		binary.BigEndian.PutUint32(network[2:], i)
		all = append(all, &net.TCPAddr{IP: network})
	}
	if n := server.Remembers(all); n < server.MaxGuests/2 || n > server.MaxGuests {
		t.Errorf("%d are remembered", n)
	}
	all = nil
	for i := range byte(100) {
		all = append(all, &net.TCPAddr{IP: net.IP{0x20, 1, 0, 0, 0, 0, 0, 0, i, i, i, i, i, i, i, i}, Zone: "eth0"})
	}
	if n := server.Remembers(all); n != 1 {
		t.Errorf("%d for one network", n)
	}
}

// A thousand connections over TCP that say nothing take nothing from others: neither the descriptors of programs, nor
// the place of an operator who has a token, nor that of one who comes.
func TestRemoteIdleConnections(t *testing.T) {
	r := newRemote(t, "", "")
	if code, text := r.get("", ""); code != 200 {
		t.Fatal(code, text)
	}
	before := measure(t).descriptors
	var idle []net.Conn
	defer func() {
		for _, c := range idle {
			c.Close()
		}
	}()
	for range 1000 {
		c, err := net.Dial("tcp", r.Remote.Address().String())
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, c)
	}
	for _, c := range idle[:800] { // the oldest make room
		_ = c.SetReadDeadline(time.Now().Add(hang))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !isReset(err) {
			t.Fatal(err)
		}
	}
	if n := measure(t).descriptors - before - len(idle); n > 140 {
		t.Errorf("the daemon has %d descriptors more", n)
	}
	if code, text := r.get("", ""); code != 200 {
		t.Errorf("%d %s over the connection that is known", code, text)
	}
	r.http.CloseIdleConnections()
	if code, text := r.get("", ""); code != 200 {
		t.Errorf("%d %s over a new one", code, text)
	}
	if _, err := control.New(r.Path).Devices(servertest.Guard(t)); err != nil {
		t.Error(err)
	}
	if err := servertest.Answers(servertest.Guard(t), r.Path); err != nil {
		t.Error(err)
	}
}

func isReset(err error) bool { return err != nil && strings.Contains(err.Error(), "connection reset") }

// Who asks for nothing makes room for others, the oldest first; when all are busy, the next one is told so.
func TestOperatorsFillTheRoom(t *testing.T) {
	r := newRemote(t, "", "")
	const room = 128
	var all []net.Conn
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("unix", control.Socket(r.Path))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
		return c
	}
	defer func() {
		for _, c := range all {
			c.Close()
		}
	}()
	asks := func(c net.Conn, path string) int {
		t.Helper()
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		a, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.StatusCode
	}
	for range room + 1 {
		if code := asks(dial(), "/v1/devices/null"); code != http.StatusOK {
			t.Fatal(code)
		}
	}
	_ = all[0].SetReadDeadline(time.Now().Add(hang))
	if _, err := io.Copy(io.Discard, all[0]); err != nil {
		t.Errorf("the oldest is not disconnected: %v", err)
	}
	for _, c := range all[1:] {
		if code := asks(c, "/v1/events"); code != http.StatusOK {
			t.Fatal(code)
		}
	}
	a, err := http.ReadResponse(bufio.NewReader(dial()), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(text), "too many operators") {
		t.Errorf("%v, %d %s", err, a.StatusCode, text)
	}
	all[5].Close()
	servertest.Until(t, "there is room again", func() bool {
		_, err := control.New(r.Path).Devices(servertest.Guard(t))
		return err == nil
	})
}

// A program that connects anew for each question does not use up the room.
func TestOperatorsThatLeaveConnections(t *testing.T) {
	r := newRemote(t, "", "")
	for range 500 {
		if _, err := control.New(r.Path).Devices(servertest.Guard(t)); err != nil {
			t.Fatal(err)
		}
	}
}
