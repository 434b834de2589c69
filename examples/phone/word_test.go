package main

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// A client that plays before there is a call waits for it: its first frame is the first that is sent (D9), and when it closes
// all that it wrote is sent before the telephone hangs up (D13, D16).
func TestFirstAndLastWord(t *testing.T) {
	t.Parallel() // it mostly waits for the clock
	e := newExchange(t, loop.Reset)
	s := e.phone("a").stranger()
	ctx := servertest.Guard(t)
	mouth, err := client.Open(ctx, e.socket, "a-out", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Format: audio.Format{Encoding: audio.MuLaw}, Buffer: 2 * 8000})
	if err != nil {
		t.Fatal(err)
	}
	defer mouth.Abandon()
	said := make([]byte, 8000+80) // whole packets, and half of one
	for i := range said {
		said[i] = byte(i/160) | 0x80
	}
	if n, err := mouth.Write(ctx, said); n != len(said) || err != nil { // its buffer holds them
		t.Fatal(n, err)
	}
	closed := make(chan error, 1)
	go func() { closed <- mouth.Close(ctx) }()

	d, far := s.dialog(), s.packets()
	d.invites(sound(far.port()))
	want := append(said, bytes.Repeat([]byte{0xff}, 80)...) // silence
	buffer := make([]byte, 2000)
	for i := 0; i < len(want); i += 160 {
		var p rtp.Packet
		n, err := far.Read(buffer)
		if err == nil {
			err = p.Unmarshal(buffer[:n])
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.Payload, want[i:i+160]) || p.Marker != (i == 0) {
			t.Fatalf("packet %d is %+v % x … % x, want %x … %x", i/160, p.Header, p.Payload[0], p.Payload[159], want[i], want[i+159])
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	d.isHungUp()
	s.until(`ended: a client closed its end; packets: 51 sent`)
}
