package main

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// packets is a socket for the sound of a call.
type packets struct{ *net.UDPConn }

func (s *stranger) packets() packets {
	s.Helper()
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { socket.Close() })
	return packets{socket}
}

func (p packets) port() int { return p.LocalAddr().(*net.UDPAddr).Port }

// reads returns when a packet has come.
func (p packets) reads(s *stranger) {
	s.Helper()
	if _, err := p.Read(make([]byte, 2000)); err != nil {
		s.Fatal(err)
	}
}

// A further INVITE puts the telephone on hold, takes it off, or moves the sound; what it cannot do leaves the call as it is.
func TestOnHold(t *testing.T) {
	e := newExchange(t, loop.Reset)
	s := e.phone("a").stranger()
	e.plays(e.open("a-out", audio.Play, 8000), 440, 0.5, forever)
	d, first, second := s.dialog(), s.packets(), s.packets()
	further := func(body string, want int) {
		t.Helper()
		if got := d.asks("INVITE", "Content-Type: application/sdp\n", body); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	}
	d.invites(sound(first.port()))
	first.reads(s)

	further(sound(first.port(), "a=sendonly"), 200)
	d.acknowledges("")
	s.until("on hold")
	if !strings.Contains(d.body, "a=recvonly") {
		t.Errorf("the answer is\n%s", d.body)
	}
	further("v=0\r\n", 488)
	further(sound(second.port()), 200)
	d.acknowledges("")
	s.until("off hold")
	second.reads(s) // none is on the way from before: it is another socket
	if !strings.Contains(d.body, "a=sendrecv") || strings.Contains(s.text(), "ended") {
		t.Errorf("the answer is\n%s\nand it says\n%s", d.body, s.text())
	}
	if got := d.asks("INVITE", "", ""); got != 200 || !strings.Contains(d.body, "RTP/AVP 0 8 101") {
		t.Errorf("without an offer %d, and\n%s", got, d.body)
	}
	d.acknowledges(sound(first.port(), "a=inactive"))
	s.until("(?s)on hold.*on hold")
	if got := d.asks("BYE", "", ""); got != 200 {
		t.Errorf("the BYE: %d", got)
	}
	s.until("ended: the other side hung up")
}

// An INVITE without an offer is answered with one, and the ACK has the answer; a useless one ends the call.
func TestOfferInTheAnswer(t *testing.T) {
	e := newExchange(t, loop.Reset)
	s := e.phone("a", "-alaw").stranger()
	e.plays(e.open("a-out", audio.Play, 8000), 440, 0.5, forever)
	d, sound1 := s.dialog(), s.packets()
	if got := d.asks("INVITE", "", ""); got != 200 || !strings.Contains(d.body, "RTP/AVP 8 0 101") {
		t.Fatalf("%d, and\n%s", got, d.body)
	}
	d.acknowledges(sound(sound1.port()))
	sound1.reads(s)
	d.asks("BYE", "", "")
	s.until("ended")

	d = s.dialog()
	if got := d.asks("INVITE", "", ""); got != 200 {
		t.Fatal(got)
	}
	d.acknowledges("v=0\r\n")
	d.isHungUp()
}

// A client that closes hangs up, if the loop says so.
func TestClientHangsUp(t *testing.T) {
	for name, direction := range map[string]audio.Direction{"a-out": audio.Play, "a-in": audio.Record} {
		t.Run(name, func(t *testing.T) {
			e := newExchange(t, loop.Reset)
			s := e.phone("a").stranger()
			d := s.dialog()
			d.invites(sound(4000))
			end := e.open(name, direction, 8000)
			if direction == audio.Play {
				if err := <-e.plays(end, 440, 0.5, 0.1); err != nil {
					t.Error(err)
				}
			} else if _, err := readFloats(servertest.Guard(t), end, window); err != nil {
				t.Error(err)
			}
			end.Abandon()
			d.isHungUp()
		})
	}
}

// With on_client_close "hold" (D15) the call goes on, and the next client is heard in it.
func TestNextClientGoesOn(t *testing.T) {
	t.Parallel() // it mostly waits for the clock
	e := newExchange(t, loop.Hold)
	b := e.phone("b")
	a := e.phone("a")
	ear := e.open("b-in", audio.Record, 8000)
	a.types("call " + b.uri)
	b.until("call from sip:a@")
	if err := <-e.plays(e.open("a-out", audio.Play, 8000), 440, 0.5, 0.5); err != nil {
		t.Error(err)
	}
	e.plays(e.open("a-out", audio.Play, 8000), 1000, 0.5, forever)
	e.hears(ear, 1000, 0.5)
	if strings.Contains(a.text()+b.text(), "ended") {
		t.Errorf("%s%s", a.text(), b.text())
	}
}

// With -hold the same clients are there in the next call, and wait for it in silence.
func TestNextCallGoesOn(t *testing.T) {
	t.Parallel() // it mostly waits for the clock
	e := newExchange(t, loop.Reset)
	b := e.phone("b", "-hold")
	ear := e.open("b-in", audio.Record, 8000)
	said := e.plays(e.open("b-out", audio.Play, 8000), 1000, 0.1, forever)
	for i, hz := range []float64{440, 600} {
		a := e.phone("a")
		mouth, earA := e.open("a-out", audio.Play, 8000), e.open("a-in", audio.Record, 8000)
		e.plays(mouth, hz, 0.5, forever)
		a.types("call " + b.uri)
		e.hears(ear, hz, 0.5)
		e.hears(earA, 1000, 0.1)
		a.types("hangup")
		b.until("(?s)" + strings.Repeat("ended: the other side.*", i+1))
		e.hearsSilence(ear)
		mouth.Abandon()
		earA.Abandon()
		if err := a.hangs(); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-said:
		t.Errorf("the client that plays got %v", err)
	default:
	}
	if err := b.hangs(); err != nil {
		t.Error(err)
	}
	servertest.Is(t, <-said, audio.ErrReset)
}

// Keys that are typed in are printed at the other side, both ways, whether somebody plays or not.
func TestKeys(t *testing.T) {
	t.Parallel() // it mostly waits for the clock
	e := newExchange(t, loop.Reset)
	b := e.phone("b")
	a := e.phone("a")
	a.types("5")
	a.until("there is no call")
	a.types("call " + b.uri)
	a.until("answered by")
	e.plays(e.open("b-out", audio.Play, 8000), 440, 0.5, forever)
	a.types("42#")
	b.until("key 4\nkey 2\nkey #\n")
	b.types("D*")
	a.until("key D\nkey \\*\n")
	b.types("1x")
	b.until("'X' is no key of a telephone")
}

// Whom a person calls wrongly is told in a sentence, and the program that was to place that call ends with it.
func TestCallsThatCannotBePlaced(t *testing.T) {
	e := newExchange(t, loop.Reset)
	a := e.phone("a")
	for whom, want := range map[string]string{"bob": "there is no registrar", "sip:": "is no SIP URI", a.uri: "not answered: 486 Busy Here"} {
		a.types("call " + whom)
		a.until(want)
	}
	d := a.stranger().dialog()
	d.invites(sound(4000))
	defer d.asks("BYE", "", "")
	b := &phone{exchange: e}
	for want, args := range map[string][]string{
		"not answered: 486 Busy Here": {"call", a.uri},
		"is no address and port":      {"-listen", "here"},
		"not on all":                  {"-listen", "0.0.0.0:0"},
		"cannot listen for calls":     {"-listen", strings.TrimPrefix(a.uri, "sip:a@")},
		"usage: phone":                {"call"},
		"there is no loop z":          {"-in", "z"},
		"no such file":                {"-password-file", "/nowhere"},
		"is no name for a SIP":        {"-user", "a b"},
	} {
		args = append([]string{"-socket", e.socket, "-out", "b-out", "-in", "b-in", "-listen", "127.0.0.1:0"}, args...)
		if err := run(servertest.Guard(t), args, strings.NewReader(""), b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

// Our side gives up a call that rings, or that nobody answers: the other side stops ringing, and the program ends.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	e := newExchange(t, loop.Reset)
	b := e.phone("b", "-ring", "24h")
	a := e.phone("a")
	a.types("call " + b.uri)
	a.until("it rings")
	a.types("hangup")
	b.until("not answered: the other side has given up")
	a.until("not answered: context canceled")
	mute := a.stranger()
	a.types("call sip:mute@" + mute.packets().LocalAddr().String())
	if err := a.hangs(); err != nil {
		t.Error(err)
	}
}

// What a stranger puts into a name does not reach the terminal as it is.
func TestNamesCannotCommandATerminal(t *testing.T) {
	s := newExchange(t, loop.Reset).phone("a").stranger()
	d := s.dialog()
	d.cseq = 1
	d.writes(strings.Replace(d.request("INVITE", "Content-Type: application/sdp\n", sound(4000)), "<sip:stranger@", "<sip:\x1bX@", 1))
	s.until(`call from sip:\?X@`)
	if strings.Contains(s.text(), "\x1b") {
		t.Errorf("%q", s.text())
	}
	d.final("INVITE")
	d.acknowledges("")
	d.asks("BYE", "", "")
}
