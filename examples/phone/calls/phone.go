// Package calls is a telephone's side of SIP (RFC 3261, over UDP): it registers, answers and places calls, one at a time, and
// says what their sound is (SDP, RFC 3264 and 8866).
//
//	           INVITE            180            200, ACK                    BYE of either side
//	idle ────────────────▶ ringing ──▶ answered ────────▶ talking ─────────────────────────────▶ idle
//	 ▲                        │ CANCEL: 487                  │ INVITE: on hold, or not
//	 └────────────────────────┘                              └─▶ talking
//
// What is not a call for us is refused: 486 while another one goes on, 488 without G.711, 481 outside of a call, 400 and 4xx
// for what is malformed.
package calls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"regexp"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/loopbridge/loopbridge/examples/phone/offer"
	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

// Options are what a telephone is told.
type Options struct {
	Listen netip.AddrPort // where SIP comes, and the address of the sound; port 0: any free one
	User   string         // the name before the @
	// Registrar is the host, or host:port, that learns where we are; "": none. Calls without a host go there.
	Registrar string
	Login     string // for digest authentication (RFC 7616); "": User
	Password  string
	Ring      time.Duration // before a call is answered
	Delay     time.Duration // of the jitter buffer
	Laws      []voice.Law   // in the order of preference; empty: both
	// Say prints a line for the person who runs the telephone. Any goroutine calls it.
	Say func(format string, values ...any)
	// Talk carries the sound of a call until ctx ends, and then returns nil; an error ends the call. It is called for one
	// call at a time.
	Talk func(ctx context.Context, sound *voice.Session) error
}

// Phone is a telephone. All its methods may be called by any goroutine.
type Phone struct {
	o       Options
	address netip.AddrPort
	socket  *net.UDPConn
	agent   *sipgo.UserAgent
	client  *sipgo.Client
	server  *sipgo.Server
	dialogs sipgo.DialogUA
	ready   chan struct{}  // closed when requests can be sent
	tasks   sync.WaitGroup // calls and the registration

	mu      sync.Mutex
	current *call // nil: idle
	closing bool  // no more calls
}

// New binds the socket. Run then serves.
func New(o Options) (*Phone, error) {
	if o.Listen.Addr().IsUnspecified() || !o.Listen.IsValid() {
		return nil, errors.New("a telephone tells others its address: listen on one that they can reach, not on all")
	}
	if !regexp.MustCompile(`^[A-Za-z0-9._+-]+$`).MatchString(o.User) {
		return nil, fmt.Errorf("%q is no name for a SIP address; use letters, digits, and . _ + -", o.User)
	}
	if len(o.Laws) == 0 {
		o.Laws = []voice.Law{voice.MuLaw, voice.ALaw}
	}
	if o.Login == "" {
		o.Login = o.User
	}
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(o.Listen))
	if err != nil {
		return nil, fmt.Errorf("cannot listen for calls: %w", err)
	}
	p := &Phone{o: o, socket: socket, address: socket.LocalAddr().(*net.UDPAddr).AddrPort(), ready: make(chan struct{})}
	if err := p.assemble(); err != nil {
		socket.Close()
		return nil, err
	}
	return p, nil
}

// assemble makes the parts of the SIP stack, which prints nothing: strangers could fill a log.
func (p *Phone) assemble() error {
	home, quiet := p.address.Addr().String(), slog.New(slog.DiscardHandler)
	if p.o.Registrar != "" {
		home = hostOf(p.o.Registrar)
	}
	var err error
	p.agent, err = sipgo.NewUA(sipgo.WithUserAgent(p.o.User), sipgo.WithUserAgentHostname(home),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {})))
	if err != nil {
		return err
	}
	if p.client, err = sipgo.NewClient(p.agent, sipgo.WithClientAddr(p.address.String()), sipgo.WithClientConnectionAddr(p.address.String()),
		sipgo.WithClientLogger(quiet)); err != nil {
		return err
	}
	if p.server, err = sipgo.NewServer(p.agent, sipgo.WithServerLogger(quiet)); err != nil {
		return err
	}
	p.dialogs = sipgo.DialogUA{Client: p.client, ContactHDR: sip.ContactHeader{Address: p.uri()}}
	p.server.OnInvite(p.onInvite)
	p.server.OnAck(p.onAck)
	p.server.OnBye(p.onBye)
	p.server.OnCancel(func(r *sip.Request, tx sip.ServerTransaction) { respond(r, tx, sip.StatusCallTransactionDoesNotExists) })
	p.server.OnOptions(p.onOptions)
	p.server.OnNoRoute(func(r *sip.Request, tx sip.ServerTransaction) {
		respond(r, tx, sip.StatusMethodNotAllowed, sip.NewHeader("Allow", methods))
	})
	return nil
}

// methods are those that we understand.
const methods = "INVITE, ACK, BYE, CANCEL, OPTIONS"

// uri is where we are.
func (p *Phone) uri() sip.Uri {
	host := p.address.Addr().String()
	if p.address.Addr().Is6() {
		host = "[" + host + "]"
	}
	return sip.Uri{Scheme: "sip", User: p.o.User, Host: host, Port: int(p.address.Port())}
}

// URI is what others call.
func (p *Phone) URI() string { u := p.uri(); return u.String() }

// Run registers, if there is a registrar, and serves until ctx ends. Then it hangs up and withdraws the registration.
func (p *Phone) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- p.server.ServeUDP(p.socket) }()
	p.awaitSocket()
	if p.o.Registrar != "" {
		p.tasks.Go(func() { p.register(ctx) })
	}
	<-ctx.Done()
	p.close()
	p.tasks.Wait()
	err := errors.Join(p.agent.Close(), p.socket.Close())
	<-served // it ends because the socket is closed
	return err
}

// close hangs up, and refuses all calls from now on.
func (p *Phone) close() {
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	p.HangUp()
}

// newOurs begins our side of a call's SDP.
func (p *Phone) newOurs(port int) offer.Ours {
	return offer.Ours{Address: netip.AddrPortFrom(p.address.Addr(), uint16(port)), ID: rand.Uint64() >> 2}
}

// respond answers a request that is not worth a dialog. Whoever asked repeats the request if it does not arrive.
func respond(r *sip.Request, tx sip.ServerTransaction, code int, headers ...sip.Header) {
	res := sip.NewResponseFromRequest(r, code, reason(code), nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	_ = tx.Respond(res)
}

// reason is the text of a code, which is for people.
func reason(code int) string {
	return map[int]string{
		200: "OK", 400: "Bad Request", 405: "Method Not Allowed", 415: "Unsupported Media Type", 420: "Bad Extension",
		480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here", 488: "Not Acceptable Here",
		500: "Server Internal Error",
	}[code]
}

// awaitSocket waits until the SIP stack knows our socket. It would bind another one for a request before that.
func (p *Phone) awaitSocket() {
	defer close(p.ready)
	for {
		if c, err := p.agent.TransportLayer().GetConnection("udp", p.address.String()); err == nil && c != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
