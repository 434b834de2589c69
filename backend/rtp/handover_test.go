package rtp_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/rtp"
)

// TestGoesOn: a stream that is handed over at any moment is the stream it was, on a bad network.
func TestGoesOn(t *testing.T) {
	backendtest.TestHeir(t, func(t *rapid.T) (one, twin backendtest.World) {
		seed := rapid.Uint64().Draw(t, "seed")
		packet := rapid.SampledFrom([]int{6, 48, 77}).Draw(t, "packet")
		wish := backend.Config{
			Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}, Period: 96, Periods: 4,
			Play: rapid.Bool().Draw(t, "play"), Record: rapid.Bool().Draw(t, "record"),
		}
		receive := wish.Record || rapid.Bool().Draw(t, "receive")
		return world(t, wish, seed, packet, receive), world(t, wish, seed, packet, receive)
	})
}

func world(t *rapid.T, wish backend.Config, seed uint64, packet int, receive bool) backendtest.World {
	s := newSender(48000, 2, packet, audio.S16BE)
	r := rand.New(rand.NewPCG(seed, 1))
	s.paths = 1 + int(seed/2%2)
	s.way = func(k, path int) (int64, bool) { return r.Int64N(3 * millisecond), r.IntN(20) == 0 }
	n := newNetwork(s)
	n.keep = true
	s.begin = n.now
	o := rtp.Options{Send: s.described(), Net: n, Seed: seed | 1, Adaptive: seed%3 == 0}
	if receive {
		o.Receive, o.Timeout = s.described(), time.Minute
	}
	if seed%2 == 0 {
		g := &grandmaster{network: n, ppm: 20}
		o.Net, o.PTP = g, true
		if receive {
			s.ppm, s.stamp = g.ppm, uint32(g.sample(n.now))
			o.Receive.Direct, o.Adaptive = true, false
		}
	}
	stream, err := rtp.Open(wish, o)
	if err != nil {
		t.Fatal(err)
	}
	return backendtest.World{
		Stream: stream,
		Resume: func(h backend.Handed) (backend.Stream, error) { return rtp.Resume(h, o) },
		Pass:   func(frames int) { n.now += int64(frames) * 1e9 / 48000 },
		Happen: func() { s.ssrc++ },
		Played: func() []byte {
			var all bytes.Buffer
			for path := range n.sent {
				for _, p := range n.sent[path] {
					all.Write(p.data)
				}
			}
			return all.Bytes()
		},
	}
}

// TestDamagedState: what is a little different from a state is refused, or goes on, but does no harm.
func TestDamagedState(t *testing.T) {
	s := newSender(48000, 2, 48, audio.S16BE)
	n := newNetwork(s)
	s.begin = n.now
	wish := s.recording(96, 4)
	wish.Play = true
	o := rtp.Options{Receive: s.described(), Send: s.described(), Net: n}
	e := start(t, wish, n, o)
	e.run(9600)
	h, err := backend.HandOver(e.s)
	if err != nil {
		t.Fatal(err)
	}
	resume := func(h backend.Handed) (backend.Stream, error) {
		if len(h.Files) > 0 {
			o := o
			o.Net = nil
			return rtp.Resume(h, o)
		}
		return rtp.Resume(h, o)
	}
	backendtest.TestDamaged(t, h, resume)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(h.State, &fields); err != nil {
		t.Fatal(err)
	}
	for name := range fields {
		for _, value := range []string{"-1", "9223372036854775807", "1e300", "null", "[]", "{}"} {
			damaged := h
			other := map[string]json.RawMessage{}
			for k, v := range fields {
				other[k] = v
			}
			other[name] = json.RawMessage(value)
			damaged.State, _ = json.Marshal(other)
			again, err := resume(damaged)
			if err != nil {
				continue
			}
			for range 3 {
				again.Wake()
				tick, err := again.Wait()
				if err != nil {
					break
				}
				_, _ = again.Read(make([]byte, 4*tick.Readable))
				_, _ = again.Write(make([]byte, 4*tick.Writable))
			}
		}
	}
}

// TestSocketsGoOn hands a stream over with its sockets: what comes meanwhile waits in the kernel, and nothing is lost.
func TestSocketsGoOn(t *testing.T) {
	stream := local(t, "127.0.0.1")
	wish := backend.Config{Play: true, Format: audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24BE3}, Period: 480, Periods: 100}
	stop := make(chan struct{})
	done := play(t, rtp.Options{Send: stream}, wish, stop)
	defer func() { close(stop); <-done }()
	wish.Play, wish.Record = false, true
	o := rtp.Options{Receive: stream, Latency: 500 * time.Millisecond, Timeout: 10 * time.Second}
	old, err := rtp.Open(wish, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Start(); err != nil {
		t.Fatal(err)
	}
	e := &engine{t: t, s: old, block: make([]byte, wish.Period*wish.Periods*wish.Format.FrameBytes())}
	e.run(24000)
	h, err := backendtest.HandOver(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if e.s, err = rtp.Resume(h, o); err != nil {
		t.Fatal(err)
	}
	defer e.s.Close()
	e.run(2 * 48000)
	if seen := e.seen(); seen.Late+seen.Lost+seen.Concealed+e.lost > 0 {
		t.Errorf("%+v, and %d frames of the engine", seen, e.lost)
	}
	e.whole()
}
