package rtp_test

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/rtp"
)

// FuzzDatagrams throws datagrams at a stream between those of its sender, at any time. It may begin anew by that, but it goes on, and
// what was recorded and lost adds up to its position.
func FuzzDatagrams(f *testing.F) {
	f.Add([]byte{0x80, 98, 0, 1, 0, 0, 0, 2, 0, 0, 0xab, 0xcd, 1, 2, 3, 4}, uint16(3))
	f.Add([]byte{0x80, 98, 255, 1, 255, 0, 0, 2, 0, 0, 0xab, 0xcd, 1, 2, 3, 4}, uint16(1))
	f.Fuzz(func(t *testing.T, d []byte, every uint16) {
		s := newSender(8000, 2, 8, audio.S16BE)
		n := newNetwork(s)
		s.begin = n.now
		e := start(t, s.recording(8, 8), n, rtp.Options{Receive: s.described()})
		for p := uint64(8); p < 8*300; p += 8 * (1 + uint64(every%16)) {
			d := append([]byte(nil), d...)
			if len(d) > 8 {
				d[3] += byte(p / 8) // in sequence
			}
			n.deliver(rtp.Datagram{Data: d, At: n.now, From: s.from})
			e.run(p)
		}
		e.run(8 * 400)
		if at := e.ticks[len(e.ticks)-1].Position; uint64(len(e.heard)/4)+e.lost != at {
			t.Errorf("%d frames were heard, %d lost, up to position %d", len(e.heard)/4, e.lost, at)
		}
		if h, err := backend.HandOver(e.s); err != nil || !h.Running {
			t.Errorf("%+v, %v", h, err)
		} else if _, err := rtp.Resume(h, rtp.Options{Receive: s.described(), Net: n}); err != nil {
			t.Errorf("its state is refused: %v", err)
		}
	})
}
