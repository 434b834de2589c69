package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"github.com/loopbridge/loopbridge/loop"
)

// registrar wants a digest of those who register or call, and knows alice, whose password is "sesame".
type registrar struct {
	*testing.T
	address string
	code    int // 401, or 407 as a proxy does

	mu    sync.Mutex
	asked []string // the Expires of the requests with the right digest, and for INVITE its name
}

// newRegistrar listens until the test ends. It asks with a code: 401 or 407.
func newRegistrar(t *testing.T, code int) *registrar {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	agent, err := sipgo.NewUA(sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet)))
	if err != nil {
		t.Fatal(err)
	}
	server, err := sipgo.NewServer(agent, sipgo.WithServerLogger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	r := &registrar{T: t, address: socket.LocalAddr().String(), code: code}
	server.OnRegister(r.answer)
	server.OnInvite(r.answer)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.ServeUDP(socket)
	}()
	t.Cleanup(func() {
		agent.Close()
		socket.Close()
		<-served
	})
	return r
}

func (r *registrar) answer(req *sip.Request, tx sip.ServerTransaction) {
	asks, answers := "WWW-Authenticate", "Authorization"
	if r.code == 407 {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	challenge := &digest.Challenge{Realm: "exchange", Nonce: "n0", Algorithm: "SHA-256", QOP: []string{"auth"}}
	res := sip.NewResponseFromRequest(req, r.code, "Who are you", nil)
	res.AppendHeader(sip.NewHeader(asks, challenge.String()))
	if h := req.GetHeader(answers); h != nil {
		given, err := digest.ParseCredentials(h.Value())
		if err != nil {
			r.Error(err)
			return
		}
		want, err := digest.Digest(challenge, digest.Options{Method: req.Method.String(), URI: given.URI, Username: "alice", Password: "sesame", Cnonce: given.Cnonce, Count: given.Nc})
		if err != nil {
			r.Error(err)
			return
		}
		if given.Response == want.Response {
			res = r.serve(req)
		} else {
			res = sip.NewResponseFromRequest(req, 403, "Forbidden", nil)
		}
	}
	if err := tx.Respond(res); err != nil {
		r.Error(err)
	}
}

// serve answers a request of alice: at first a lease is too short, and nobody whom she calls is there.
func (r *registrar) serve(req *sip.Request) *sip.Response {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.Method == sip.INVITE {
		r.asked = append(r.asked, "INVITE "+req.Recipient.User)
		return sip.NewResponseFromRequest(req, 404, "Not Found", nil)
	}
	expires := req.GetHeader("Expires").Value()
	r.asked = append(r.asked, expires)
	if expires == "300" {
		res := sip.NewResponseFromRequest(req, 423, "Interval Too Brief", nil)
		res.AppendHeader(sip.NewHeader("Min-Expires", "3600"))
		return res
	}
	res := sip.NewResponseFromRequest(req, 200, "OK", nil)
	res.AppendHeader(sip.NewHeader("Contact", fmt.Sprintf("<%s>;expires=%s", req.Contact().Address.String(), expires)))
	return res
}

// seen is what was asked with the right digest.
func (r *registrar) seen() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.asked, ", ")
}

// A telephone registers with a digest, as long as the registrar wants, calls through it, and withdraws at the end.
func TestRegistrar(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("sesame\nand more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{401, 407} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			r := newRegistrar(t, code)
			a := newExchange(t, loop.Reset).phone("a", "-user", "alice", "-registrar", r.address, "-password-file", secret)
			a.until("registered as sip:alice@127.0.0.1")
			a.types("call bob")
			a.until("not answered: 404 Not Found")
			if err := a.hangs(); err != nil {
				t.Error(err)
			}
			if got := r.seen(); got != "300, 3600, INVITE bob, 0" {
				t.Errorf("the registrar was asked %q", got)
			}
		})
	}
	t.Run("a wrong name", func(t *testing.T) {
		r := newRegistrar(t, 401)
		newExchange(t, loop.Reset).phone("a", "-registrar", r.address, "-login", "eve", "-password-file", secret).until("not registered: the registrar says 403 Forbidden")
	})
	t.Run("no password", func(t *testing.T) {
		newExchange(t, loop.Reset).phone("a", "-registrar", newRegistrar(t, 401).address).until("not registered: the registrar wants a password")
	})
}
