package main

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loopbridge/loopbridge/server/servertest"
)

// stranger speaks SIP by hand.
type stranger struct {
	*phone
	socket *net.UDPConn
	calls  int
}

func (p *phone) stranger() *stranger {
	p.Helper()
	_, at, _ := strings.Cut(p.uri, "@")
	socket, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(at)))
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { socket.Close() })
	return &stranger{phone: p, socket: socket}
}

// dialog is what two sides know of a call.
type dialog struct {
	*stranger
	id     int
	cseq   int
	branch int
	theirs string // tag
	body   string // of the last response
}

func (s *stranger) dialog() *dialog {
	s.calls++
	return &dialog{stranger: s, id: s.calls}
}

// request writes a request with the headers that all have, then more lines, a blank one, and a body.
func (d *dialog) request(method, more, body string) string {
	local := d.socket.LocalAddr().String()
	to := "<" + d.uri + ">"
	if d.theirs != "" {
		to += ";tag=" + d.theirs
	}
	return strings.ReplaceAll(fmt.Sprintf(`%s %s SIP/2.0
Via: SIP/2.0/UDP %s;branch=z9hG4bK-%d-%d
Max-Forwards: 70
From: <sip:stranger@%s>;tag=ours%d
To: %s
Call-ID: call%d@%s
CSeq: %d %s
Contact: <sip:stranger@%s>
%sContent-Length: %d

`, method, d.uri, local, d.id, d.branch, local, d.id, to, d.id, local, d.cseq, method, local, more, len(body)), "\n", "\r\n") + body
}

// asks sends a request, and returns the code of its final response.
func (d *dialog) asks(method, more, body string) int {
	d.Helper()
	d.cseq, d.branch = d.cseq+1, d.branch+1
	d.writes(d.request(method, more, body))
	return d.final(method)
}

// final reads up to the final response of the last request, and acknowledges it if it was an INVITE.
func (d *dialog) final(method string) int {
	d.Helper()
	for {
		text := d.reads()
		if !strings.Contains(text, fmt.Sprintf("CSeq: %d %s\r\n", d.cseq, method)) {
			continue // repeated
		}
		code, _ := strconv.Atoi(strings.Fields(text)[1])
		if code < 200 {
			continue
		}
		if tag := regexp.MustCompile(`(?m)^To: .*;tag=([^;\r]+)`).FindStringSubmatch(text); tag != nil && code < 300 {
			d.theirs = tag[1]
		}
		_, d.body, _ = strings.Cut(text, "\r\n\r\n")
		if method == "INVITE" && code >= 300 {
			d.acknowledges("")
		}
		return code
	}
}

// acknowledges sends the ACK of the last INVITE.
func (d *dialog) acknowledges(body string) {
	d.Helper()
	if d.theirs != "" {
		d.branch++ // of a 200
	}
	more := ""
	if body != "" {
		more = "Content-Type: application/sdp\n"
	}
	d.writes(d.request("ACK", more, body))
}

// calls asks for a call with the sound at a port, and is answered.
func (d *dialog) invites(body string) {
	d.Helper()
	if code := d.asks("INVITE", "Content-Type: application/sdp\n", body); code != 200 {
		d.Fatalf("the INVITE is answered with %d:\n%s", code, d.text())
	}
	d.acknowledges("")
}

func (s *stranger) writes(text string) {
	s.Helper()
	if _, err := s.socket.Write([]byte(text)); err != nil {
		s.Fatal(err)
	}
}

func (s *stranger) reads() string {
	s.Helper()
	buffer := make([]byte, 1<<16)
	err := s.socket.SetReadDeadline(time.Now().Add(servertest.Hang))
	n := 0
	if err == nil {
		n, err = s.socket.Read(buffer)
	}
	if err != nil {
		s.Fatal(err)
	}
	return string(buffer[:n])
}

// sound is SDP for G.711 at a port of this machine, with more lines.
func sound(port int, more ...string) string {
	return strings.Join(append([]string{"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		fmt.Sprintf("m=audio %d RTP/AVP 0 8 101", port), "a=rtpmap:101 telephone-event/8000"}, more...), "\r\n") + "\r\n"
}

// accepts answers a request of the telephone with 200.
func (s *stranger) accepts(request string) {
	s.Helper()
	answer := "SIP/2.0 200 OK\r\n"
	for line := range strings.SplitSeq(request, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		if slices.Contains([]string{"Via", "From", "To", "Call-ID", "CSeq"}, name) {
			answer += line + "\r\n"
		}
	}
	s.writes(answer + "Content-Length: 0\r\n\r\n")
}

// isHungUp waits for the BYE of the telephone.
func (s *stranger) isHungUp() {
	s.Helper()
	text := s.reads()
	if !strings.HasPrefix(text, "BYE ") {
		s.Errorf("instead of a BYE there is\n%s", text)
	}
	s.accepts(text)
}
