package main

import (
	"errors"
	"net"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// Two telephones talk over IPv4 and IPv6: each client hears the tone that the other one plays, at its level, at any rate. When one
// hangs up, all clients get ECONNRESET (D13).
func TestTwoPhonesTalk(t *testing.T) {
	for law, at := range map[string]string{"-alaw=false": "127.0.0.1:0", "-alaw": "[::1]:0"} {
		t.Run(law, func(t *testing.T) {
			t.Parallel() // as all tests that mostly wait for the clock
			e := newExchange(t, loop.Reset)
			if socket, err := net.ListenPacket("udp", at); err != nil {
				at = "127.0.0.1:0" // a machine without IPv6
			} else {
				socket.Close()
			}
			b := e.phone("b", "-listen", at)
			a := e.phone("a", law, "-listen", at)
			mouthA, earA := e.open("a-out", audio.Play, 48000), e.open("a-in", audio.Record, 8000)
			mouthB, earB := e.open("b-out", audio.Play, 8000), e.open("b-in", audio.Record, 8000)
			saidA, saidB := e.plays(mouthA, 440, 0.5, forever), e.plays(mouthB, 1000, 0.1, forever)
			a.types("call " + b.uri)
			e.hears(earB, 440, 0.5)
			e.hears(earA, 1000, 0.1)
			a.types("hangup")
			servertest.Is(t, <-saidA, audio.ErrReset)
			servertest.Is(t, <-saidB, audio.ErrReset)
			e.isOver(earA)
			e.isOver(earB)
			a.until(`ended: we hung up; packets: \d+ sent, \d+ received, 0 lost, \d+ late, 0 refused`)
			b.until(`ended: the other side hung up; packets: \d+ sent, \d+ received, 0 lost, \d+ late, 0 refused`)
			if err := errors.Join(a.hangs(), b.hangs()); err != nil {
				t.Error(err)
			}
		})
	}
}
