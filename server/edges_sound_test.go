package server_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/client"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/resample/resampletest"
	"github.com/loopbridge/loopbridge/server/servertest"
)

// fit is a tone in the last 0.2 s that were played: whole waves of 100 Hz. Its gain is
// against an amplitude of 0.5.
func (e *edges) fit(hertz float64) resampletest.Fit {
	played := e.clock.Played()
	samples := make([]float32, 2*9600)
	audio.S16LE.Decode(samples, played[len(played)-2*len(samples):])
	fit := resampletest.FitTone(samples, hertz/48000)
	fit.Gain += 20 * math.Log10(resampletest.Amplitude/0.5)
	return fit
}

// What goes into the device comes out of it at monitor_gain/255, beside what a client plays.
func TestD20MonitorGain(t *testing.T) {
	e := newEdges(t)
	e.clock.Feed(func(block []byte, first uint64) { sine(block, 1000, 0.5, first) })
	for _, gain := range []int{255, 200, 128, 64, 31} {
		want := 20 * math.Log10(float64(gain)/255)
		e.settle(fmt.Sprintf("monitor_gain=%d", gain))
		e.clock.Advance(21 * period)
		if fit := e.fit(1000); math.Abs(fit.Gain-want) > 0.01 || fit.Residual > -60 {
			t.Errorf("monitor_gain %d: %+.4f dB, want %+.4f; residual %.1f dB", gain, fit.Gain, want, fit.Residual)
		}
		p := e.open("speaker", pcm.Write)
		sound := make([]byte, 40*period*4)
		sine(sound, 3000, 0.25, 0)
		e.play(p, sound)
		e.clock.Advance(30 * period)
		if fit := e.fit(1000); math.Abs(fit.Gain-want) > 0.01 {
			t.Errorf("monitor_gain %d beside a client: %+.4f dB, want %+.4f", gain, fit.Gain, want)
		}
		if fit := e.fit(3000); math.Abs(fit.Gain+20*math.Log10(2)) > 0.01 {
			t.Errorf("the client beside monitor_gain %d: %+.4f dB", gain, fit.Gain)
		}
		p.Abandon()
		e.clock.Advance(12 * period)
		e.until("the client to be gone", holding(false, false, 0))
	}
	e.settle("monitor_gain=0")
	if e.clock.Advance(5 * period); e.clock.Running() {
		t.Error("there is nothing to do, and the device runs")
	}
}

// inverse is NetBSD's: gain and balance of two levels.
func inverse(left, right int) (gain, balance int) {
	switch {
	case left == right:
		return left, 32
	case left < right:
		return right, 64 - 32*left/right
	}
	return left, 32 * right / left
}

func TestEdge55Balance(t *testing.T) {
	e := newEdges(t)
	p := e.open("speaker", pcm.Write)
	for _, g := range []int{0, 1, 127, 254, 255} {
		for _, b := range []int{0, 1, 16, 31, 32, 33, 48, 63, 64} {
			e.play(p, level(25500, 25500, 2*period))
			e.settle(fmt.Sprintf("play.gain=%d", g), fmt.Sprintf("play.balance=%d", b))
			e.clock.Advance(period)
			left, right := g*min(64-b, 32)/32, g*min(b, 32)/32 // of both SADA and NetBSD
			if l, r := last(e.clock.Played()); int(l) != left*100 || int(r) != right*100 {
				t.Errorf("gain %d, balance %d: %d and %d, want %d and %d", g, b, l, r, left*100, right*100)
			}
			exact := g > 0 && g*min(64-b, 32)%32 == 0 && g*min(b, 32)%32 == 0
			if gain, balance := inverse(left, right); exact && (gain != g || balance != b) {
				t.Errorf("gain %d, balance %d come back as %d and %d", g, b, gain, balance)
			}
			if i := e.info(); i.Play.Gain != g || i.Play.Balance != b {
				t.Errorf("gain %d, balance %d are reported as %d and %d", g, b, i.Play.Gain, i.Play.Balance)
			}
		}
	}
	// The same on the record side, in one case.
	e.clock.Feed(func(block []byte, _ uint64) { copy(block, level(25500, 25500, len(block)/4)) })
	r := e.open("mic", pcm.Read)
	e.listen(r)
	e.settle("record.gain=200", "record.balance=16")
	e.clock.Advance(period)
	if l, r := last(e.take(r)); l != 20000 || r != 10000 {
		t.Errorf("record: %d and %d", l, r)
	}
}

// Gain 255 leaves every bit as it is, also when it comes from elsewhere.
func TestEdge56Gain255IsUnity(t *testing.T) {
	e := newEdges(t)
	p := e.open("speaker", pcm.Write)
	random := rand.New(rand.NewPCG(1, 2))
	sound := make([]byte, 20*period*4)
	for i := range sound {
		sound[i] = byte(random.Uint32())
	}
	e.settle("play.gain=254", "play.balance=7", "output_muted=1", "monitor_gain=9")
	e.play(p, sound)
	e.clock.Advance(2 * period)
	e.settle("play.gain=255", "play.balance=32", "output_muted=0", "monitor_gain=0")
	e.clock.Forget()
	from := p.Position() - uint64(p.Delay())
	e.clock.Advance(15 * period)
	if played := e.clock.Played(); !bytes.Equal(played, sound[from*4:][:len(played)]) || len(played) != 15*period*4 {
		t.Error("what is played is not what was written")
	}
}

func TestEdge57MonitorSaturates(t *testing.T) {
	square := func(block []byte) {
		for i := 0; i < len(block); i += 8 {
			copy(block[i:], level(math.MaxInt16, math.MinInt16, 1))
			copy(block[i+4:], level(math.MinInt16, math.MaxInt16, 1))
		}
	}
	e := newEdges(t)
	e.clock.Feed(func(block []byte, _ uint64) { square(block) })
	p := e.open("speaker", pcm.Write)
	sound := make([]byte, 10*period*4)
	square(sound)
	e.play(p, sound)
	e.settle("monitor_gain=255")
	e.clock.Advance(2 * period)
	e.clock.Forget()
	e.clock.Advance(4 * period)
	if played := e.clock.Played(); !bytes.Equal(played, sound[:4*period*4]) {
		t.Errorf("it begins with % x", played[:16])
	}
	levels, err := e.api.Levels(t.Context(), "card")
	if err != nil {
		t.Fatal(err)
	}
	e.clock.Advance(period)
	if levels, err = e.api.Levels(t.Context(), "card"); err != nil || levels.Play.Clipped != 2*period {
		t.Errorf("%d samples clipped, %v", levels.Play.Clipped, err)
	}
}

// All output is silent, the monitor too; everything else goes on.
func TestEdge58OutputMuted(t *testing.T) {
	e := newEdges(t)
	e.clock.Feed(func(block []byte, _ uint64) { copy(block, level(1000, 1000, len(block)/4)) })
	p := e.open("speaker", pcm.Write)
	e.play(p, level(2550, 2550, 30*period))
	e.settle("play.gain=200", "monitor_gain=255", "output_muted=1")
	before := e.info()
	e.clock.Forget()
	e.clock.Advance(4 * period)
	if played := e.clock.Played(); len(played) != 4*period*4 || !bytes.Equal(played, make([]byte, len(played))) {
		t.Errorf("muted, and it begins with % x", played[:16])
	}
	want := before
	want.Play.Samples += 4 * period
	if want.Record.Samples += 4 * period; e.info() != want {
		got := e.info()
		t.Errorf("%v", state.Changes(&want, &got))
	}
	e.settle("output_muted=0")
	e.clock.Advance(2 * period)
	if l, r := last(e.clock.Played()); l != 2784 || r != 2784 { // (2550 + 1000) * 200/255
		t.Errorf("%d and %d", l, r)
	}
}

// D4: sixteen programs over the wire, loud enough to saturate now and then.
func TestD4SixteenClientsAreSummed(t *testing.T) {
	e := newEdges(t)
	socket := servertest.Serve(t, e.bay).Path
	const frames = 10 * period
	sums := make([]int, 2*frames)
	for k := range 16 {
		p, err := client.Open(servertest.Guard(t), socket, "speaker", pcm.Options{Role: pcm.Client, Direction: pcm.Write, Buffer: 2 * frames})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Abandon()
		random := rand.New(rand.NewPCG(3, uint64(k)))
		var sound []byte
		for i := range sums {
			v := random.IntN(20001) - 10000
			if i == 0 {
				v = 100 // the first is heard
			}
			sums[i] += v
			sound = binary.LittleEndian.AppendUint16(sound, uint16(int16(v)))
		}
		e.play(p, sound)
		servertest.Until(t, "it to run", func() bool { return p.State() == ring.Running })
	}
	if i := e.info(); i.RefCount != 16 || !i.Play.Open {
		t.Errorf("%+v", i)
	}
	var l object
	if e.ask("GET", "/v1/loops/speaker", "", &l); len(l["clients"].([]any)) != 16 {
		t.Errorf("%v", l)
	}
	e.clock.Advance(12 * period)
	played := e.clock.Played()
	for len(played) > 0 && binary.LittleEndian.Uint32(played) == 0 {
		played = played[4:]
	}
	saturated := 0
	for i, sum := range sums {
		want := min(max(sum, math.MinInt16), math.MaxInt16)
		if want != sum {
			saturated++
		}
		if got := int(int16(binary.LittleEndian.Uint16(played[2*i:]))); got != want {
			t.Fatalf("frame %d, channel %d: %d, want %d", i/2, i%2, got, want)
		}
	}
	if saturated < 10 {
		t.Errorf("only %d samples saturate", saturated)
	}
}
