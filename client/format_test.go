package client_test

import (
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// Two mappings of each ring: the daemon's and the program's.
const perEnd = 2

func TestD11_SetupBringsANewRing(t *testing.T) {
	r := newRig(t)
	s := r.open(pcm.Options{Role: pcm.Server, Direction: pcm.Read, Period: 480, Buffer: 4800})
	first := mappings(t)
	if len(first) != perEnd {
		t.Fatalf("%d mappings of one end", len(first))
	}
	for _, f := range []audio.Format{
		{Rate: 8000, Channels: 1, Encoding: audio.MuLaw},
		{Rate: 192000, Channels: 8, Encoding: audio.S32LE},
		{Rate: 44100},
	} {
		want := f.Or(s.Format())
		if err := s.Setup(servertest.Guard(t), pcm.Setup{Format: f}); err != nil {
			t.Fatal(err)
		}
		if s.Format() != want || s.Buffer() != want.Rate/10 || s.Position() != 0 {
			t.Errorf("the format is %s, the buffer %d frames, position %d; want %s", s.Format(), s.Buffer(), s.Position(), want)
		}
		if now := mappings(t); len(now) != perEnd {
			t.Errorf("%d mappings after Setup, there were %d:\n%s", len(now), perEnd, strings.Join(now, ""))
		}
	}
	servertest.Is(t, s.Setup(servertest.Guard(t), pcm.Setup{Format: audio.Format{Rate: 1}}), audio.ErrInvalid)
	if now := mappings(t); len(now) != perEnd {
		t.Errorf("%d mappings after a Setup that failed", len(now))
	}

	c := r.open(clientThat(pcm.Write))
	servertest.Is(t, c.Setup(servertest.Guard(t), pcm.Setup{Format: audio.Format{Rate: 1}}), audio.ErrInvalid)
	frame := c.Format().FrameBytes()
	block := make([]byte, 500*frame)
	for i := range block {
		block[i] = byte(i)
	}
	if _, err := c.Write(servertest.Guard(t), block); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(block))
	if n, err := s.Read(servertest.Guard(t), got); n != 500 || err != nil || string(got) != string(block) {
		t.Fatalf("read %d frames, %v", n, err)
	}
	servertest.Is(t, s.Setup(servertest.Guard(t), pcm.Setup{Format: audio.Format{Rate: 8000}}), audio.ErrBusy)
}

// A poll, and a Start with it, before the format is set: the new ring is started anew.
func TestD11_SetupAfterTheStart(t *testing.T) {
	r := newRig(t)
	s := r.open(serverThat(pcm.Read))
	for _, rate := range []int{8000, 96000} {
		if _, err := s.Poll(1); err != nil {
			t.Fatal(err)
		}
		if err := s.Setup(servertest.Guard(t), pcm.Setup{Format: audio.Format{Rate: rate}}); err != nil {
			t.Fatal(err)
		}
	}
	c := r.open(clientThat(pcm.Write))
	go c.Write(servertest.Guard(t), make([]byte, 4*1000))
	if n, err := s.Read(servertest.Guard(t), make([]byte, 4*960)); n != 960 || err != nil {
		t.Errorf("read %d frames, %v", n, err)
	}
}
