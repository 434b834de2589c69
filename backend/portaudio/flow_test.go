package portaudio

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// rig is a flow between a card and an engine that a test moves by hand. A frame's content
// is its number, in both directions, so every frame that is out of place shows.
type rig struct {
	t interface {
		Helper()
		Fatalf(format string, args ...any)
	}
	*flow
	ns            int64
	position      uint64 // of the card
	last          backend.Tick
	heard, lost   uint64 // frames that the engine has read, and that ticks told of
	quiet, played uint64 // frames that the card played: silence, others
}

// number is one sample of 32 bits.
var number = audio.Format{Rate: 48000, Channels: 1, Encoding: audio.S32LE}

func newRig(t *testing.T, period, periods int, play, record bool) *rig {
	r := &rig{t: t, ns: 1e9}
	formats := map[bool]audio.Format{true: number}
	r.flow = newFlow(number.Rate, period, periods, formats[play], formats[record])
	r.flow.seams = newSeams(period, 0, formats[play], formats[record]) // numbers stay what they are
	r.flow.reset(r.ns)
	return r
}

// pass lets time go by, as frames.
func (r *rig) pass(frames int) { r.ns += int64(frames) * 1_000_000_000 / int64(number.Rate) }

// callback is what PortAudio does.
func (r *rig) callback(frames int, what trouble) {
	r.t.Helper()
	if what&xrun != 0 && r.flow.called != 0 {
		r.position += r.flow.gap(r.ns, uint64(frames))
	}
	var in, out []byte
	if r.flow.record != nil {
		in = make([]byte, 4*frames)
		for i := range frames {
			binary.LittleEndian.PutUint32(in[4*i:], uint32(r.position)+uint32(i))
		}
	}
	if r.flow.play != nil {
		out = make([]byte, 4*frames)
	}
	r.flow.process(in, out, frames, r.ns, what)
	for i := range len(out) / 4 {
		switch n := binary.LittleEndian.Uint32(out[4*i:]); uint64(n) {
		case 0:
			r.quiet++
		case r.position + uint64(i):
			r.played++
		default:
			r.t.Fatalf("frame %d was played as number %d", n, r.position+uint64(i))
		}
	}
	r.position += uint64(frames)
	if now, _ := r.flow.now(); now != r.position {
		r.t.Fatalf("position %d, want %d", now, r.position)
	}
}

// cycle is what an engine does, with as much of a tick as it likes.
func (r *rig) cycle(woken bool, read, write float64) (t backend.Tick, ok bool) {
	r.t.Helper()
	t, ok = r.flow.tick(woken)
	if !ok {
		return t, false
	}
	period, buffer := r.flow.period, int(r.flow.buffer)
	step := t.Position - r.last.Position
	switch {
	case t.Position < r.last.Position, step%period != 0, t.Position > r.position:
		r.t.Fatalf("position %d after %d, where the card is at %d", t.Position, r.last.Position, r.position)
	case step == 0 && !woken:
		r.t.Fatalf("a tick for nothing at %d", t.Position)
	case step > 0 && t.Time <= r.last.Time, t.Time < r.last.Time:
		r.t.Fatalf("time %d after %d", t.Time, r.last.Time)
	case t.Readable < 0 || t.Readable > buffer || t.Writable < 0 || t.Writable > buffer:
		r.t.Fatalf("%d readable and %d writable of %d", t.Readable, t.Writable, buffer)
	case t.Lost > t.Position:
		r.t.Fatalf("%d frames lost of %d", t.Lost, t.Position)
	}
	r.last = t
	r.lost += t.Lost
	if n := int(float64(t.Readable) * read); n > 0 {
		block := make([]byte, 4*n)
		first := r.flow.read.Load()
		r.flow.get(block)
		for i := range n {
			if got := binary.LittleEndian.Uint32(block[4*i:]); uint64(got) != first+uint64(i) {
				r.t.Fatalf("frame %d was recorded as number %d", first+uint64(i), got)
			}
		}
		r.heard += uint64(n)
	}
	if n := int(float64(t.Writable) * write); n > 0 {
		block := make([]byte, 4*n)
		first := r.flow.written.Load()
		for i := range n {
			binary.LittleEndian.PutUint32(block[4*i:], uint32(first)+uint32(i))
		}
		r.flow.put(block)
	}
	return t, true
}

// TestFlow: an engine that comes in time loses nothing, and what it plays is heard
// Period × Periods later.
func TestFlow(t *testing.T) {
	const period, periods, rounds = 100, 3, 1000
	r := newRig(t, period, periods, true, true)
	for range rounds {
		r.pass(period)
		r.callback(period, 0)
		tick, ok := r.cycle(false, 1, 1)
		if !ok || tick.Readable != period || tick.Writable != period || tick.Position != r.position {
			t.Fatalf("%+v at %d", tick, r.position)
		}
	}
	if r.lost != 0 || r.heard != rounds*period || r.quiet != periods*period {
		t.Errorf("%d lost, %d heard, %d of silence", r.lost, r.heard, r.quiet)
	}
}

// TestFlowBursts: a device that moves more at once than the buffer holds loses nothing
// either, once it was seen.
func TestFlowBursts(t *testing.T) {
	const period, periods, burst, rounds = 100, 2, 1000, 100
	r := newRig(t, period, periods, true, true)
	for n := range rounds {
		r.pass(burst)
		for range burst / period {
			r.callback(period, 0)
		}
		ticks := 0
		for {
			if _, ok := r.cycle(false, 1, 1); !ok {
				break
			}
			ticks++
		}
		if n > 0 && ticks != burst/period/periods {
			t.Fatalf("%d ticks for a burst", ticks)
		}
		if n == 0 {
			r.lost, r.quiet, r.heard = 0, 0, 0
		}
	}
	if r.lost != 0 || r.heard != (rounds-1)*burst || r.quiet > burst {
		t.Errorf("%d lost, %d heard, %d of silence", r.lost, r.heard, r.quiet)
	}
}

// TestFlowLate: what an engine is too late for is lost, once for both directions.
func TestFlowLate(t *testing.T) {
	const period, periods = 100, 3
	r := newRig(t, period, periods, true, true)
	for range 10 {
		r.pass(period)
		r.callback(period, 0)
		r.cycle(false, 1, 1)
	}
	for range 20 { // nobody comes
		r.pass(period)
		r.callback(period, 0)
	}
	tick, ok := r.cycle(false, 1, 1)
	if want := uint64((20 - periods) * period); !ok || tick.Lost != want || tick.Position != r.position || tick.Readable != periods*period || tick.Writable != periods*period {
		t.Errorf("%+v, want %d lost and all else at %d", tick, want, r.position)
	}
	r.pass(period)
	r.callback(period, 0)
	if tick, ok := r.cycle(false, 1, 1); !ok || tick.Lost != 0 || tick.Readable != period || tick.Writable != period {
		t.Errorf("afterwards: %+v", tick)
	}
}

// TestFlowXrun: the position goes on with the time that PortAudio has lost.
func TestFlowXrun(t *testing.T) {
	const period, periods = 100, 3
	r := newRig(t, period, periods, true, true)
	for range 10 {
		r.pass(period)
		r.callback(period, 0)
		r.cycle(false, 1, 1)
	}
	r.pass(7*period + period/2)
	r.callback(period, xrun)
	tick, ok := r.cycle(false, 1, 1)
	if !ok || tick.Lost < 6*period || tick.Lost > 7*period || tick.Position != r.position || tick.Position != 17*period {
		t.Errorf("%+v at %d", tick, r.position)
	}
	for range 10 {
		r.pass(period)
		r.callback(period, 0)
		if tick, ok := r.cycle(false, 1, 1); !ok || tick.Lost != 0 || tick.Readable != period || tick.Writable != period {
			t.Fatalf("afterwards: %+v", tick)
		}
	}
}

// TestFlowAsleep: recorded frames that found no room are lost, and those after them right.
func TestFlowAsleep(t *testing.T) {
	const period, periods = 100, 2
	r := newRig(t, period, periods, false, true)
	for range 1000 {
		r.pass(period)
		r.callback(period, 0)
	}
	for range 10 {
		r.cycle(true, 1, 1)
		r.pass(period)
		r.callback(period, 0)
	}
	if r.cycle(true, 1, 1); r.heard+r.lost != r.position || r.heard < 9*period {
		t.Errorf("%d heard and %d lost of %d", r.heard, r.lost, r.position)
	}
}

// TestFlowModel: whatever the card and the engine do, frames are where they belong, and
// those that are not heard are counted.
func TestFlowModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		period, periods := rapid.IntRange(16, 300).Draw(rt, "period"), rapid.IntRange(2, 5).Draw(rt, "periods")
		play, record := rapid.Bool().Draw(rt, "play"), rapid.Bool().Draw(rt, "record")
		if !play && !record {
			play = true
		}
		r := newRig(t, period, periods, play, record)
		r.t = rt
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				r.callback(rapid.IntRange(1, 3*period).Draw(rt, "odd"), 0)
			case 1:
				r.pass(rapid.IntRange(0, 20*period).Draw(rt, "away"))
				r.callback(period, xrun)
			case 2:
				r.cycle(true, rapid.Float64Range(0, 1).Draw(rt, "read"), rapid.Float64Range(0, 1).Draw(rt, "write"))
			case 3, 4, 5:
				r.cycle(false, 1, 1)
			default:
				r.pass(period)
				r.callback(period, 0)
			}
			if !play && r.last.Position > 0 && r.heard+r.lost > r.last.Position {
				rt.Fatalf("%d heard and %d lost of %d", r.heard, r.lost, r.last.Position)
			}
		}
		for range 1000 {
			if _, ok := r.cycle(false, 1, 1); !ok {
				break
			}
		}
		r.cycle(true, 1, 1)
		if !play && r.heard+r.lost != r.last.Position {
			rt.Fatalf("%d heard and %d lost of %d", r.heard, r.lost, r.last.Position)
		}
	})
}

func TestFlowAllocates(t *testing.T) {
	const period = 64
	f := newFlow(48000, period, 3, number, number)
	f.reset(1)
	in, out, now := make([]byte, 4*period), make([]byte, 4*period), int64(1)
	if n := testing.AllocsPerRun(1000, func() {
		now += period * 1_000_000_000 / 48000
		f.process(in, out, period, now, 0)
		tick, _ := f.tick(false)
		f.get(in[:4*tick.Readable])
		f.put(out[:4*tick.Writable])
	}); n != 0 {
		t.Errorf("a callback and a cycle make %v allocations", n)
	}
}
