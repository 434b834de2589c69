package loop

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/device"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/mixer"
)

// sponge is a device that takes and gives whatever it is asked for.
type sponge struct {
	backend.Stream
	frameBytes int
}

func (s sponge) Read(block []byte) (int, error)  { return len(block) / s.frameBytes, nil }
func (s sponge) Write(block []byte) (int, error) { return len(block) / s.frameBytes, nil }

// benchCard is an engine without a goroutine that plays n writers, and has a reader. All
// of them have format f; the device has the default one.
func benchCard(tb testing.TB, n int, f audio.Format) (e *Engine, lines []*line) {
	config := backend.Config{Play: true, Record: true, Format: audio.DefaultFormat(), Period: 480, Periods: 4}
	e = still(tb, sponge{backendtest.NewClock(config), config.Format.FrameBytes()}, device.Ports{})
	for i := range n + 1 {
		l, dir := benchLoop(e, Spec{Attached: PlaySide}), pcm.Write
		if l.bus = e.played; i == n {
			l.bus, l.spec.Attached, dir = e.recorded, RecordSide, pcm.Read
		}
		ln, err := newMember(l, benchEnd(tb, l, pcm.Client, dir, f), l.bus, nil)
		if err != nil {
			tb.Fatal(err)
		}
		e.holds(ln)
		lines = append(lines, ln)
	}
	return e, lines
}

// turnOf is a cycle of 10 ms, and the programs' part of it.
func turnOf(e *Engine, lines []*line, tick *backend.Tick, block []byte) {
	for _, ln := range lines {
		frames := ln.endFormat().Rate / 100 * ln.endFormat().FrameBytes()
		if ln.writer != nil {
			(ring.Writer{Ring: ln.writer.ring}).Write(block[:frames])
		} else {
			(ring.Reader{Ring: ln.reader.ring}).Read(block[:frames])
		}
	}
	tick.Position, tick.Readable, tick.Writable = tick.Position+480, 480, 480
	_ = e.cycle(*tick)
}

func (ln *line) endFormat() audio.Format {
	if ln.writer != nil {
		return ln.writer.format
	}
	return ln.reader.format
}

// TestAttachedCycleAllocatesNothing: mixing and converting.
func TestAttachedCycleAllocatesNothing(t *testing.T) {
	for _, f := range []audio.Format{audio.DefaultFormat(), {Rate: 44100, Channels: 6, Encoding: audio.FloatLE}} {
		e, lines := benchCard(t, 5, f)
		block, tick := make([]byte, 480*f.FrameBytes()), backend.Tick{}
		gain := 0
		if n := testing.AllocsPerRun(500, func() {
			gain = (gain + 1) % 200
			lines[0].path.fader.Set(mixer.Setting{Gain: gain, Balance: gain % 64})
			turnOf(e, lines, &tick, block)
		}); n != 0 {
			t.Errorf("%s: %v allocations in a cycle", f, n)
		}
		if i := e.Info(); lines[0].loop.frames.Load() == 0 || lines[5].reader.sink.Given() == 0 || i.Play.Samples == 0 || i.Record.Samples == 0 {
			t.Errorf("%s: nothing was moved", f)
		}
	}
}

// TestConvertingCycleAllocatesNothing: a client of another rate and encoding.
func TestConvertingCycleAllocatesNothing(t *testing.T) {
	usual := audio.DefaultFormat()
	six := audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE, Positions: audio.WAVPositions(6)}
	other := six
	other.Positions = audio.DefaultPositions(6)
	convertingCycle(t, audio.Format{Rate: 44100, Channels: 6, Encoding: audio.FloatLE}, usual)
	convertingCycle(t, six, usual)
	convertingCycle(t, six, other)
}

// convertingCycle is for a client of one format and a server of another.
func convertingCycle(t *testing.T, other, usual audio.Format) {
	t.Helper()
	e, _ := bench(t, 0, audio.DefaultFormat())
	l := benchLoop(e, Spec{})
	w, r := benchEnd(t, l, pcm.Client, pcm.Write, other), benchEnd(t, l, pcm.Server, pcm.Read, usual)
	ln, err := newPair(l, w, r)
	if err != nil {
		t.Fatal(err)
	}
	e.holds(ln)
	from, to := make([]byte, other.Rate/100*other.FrameBytes()), make([]byte, 480*usual.FrameBytes())
	tick := backend.Tick{}
	if n := testing.AllocsPerRun(500, func() {
		(ring.Writer{Ring: w.ring}).Write(from)
		(ring.Reader{Ring: r.ring}).Read(to)
		tick.Position += 480
		_ = e.cycle(tick)
	}); n != 0 {
		t.Errorf("%s to %s: %v allocations in a cycle", other, usual, n)
	}
	if r.sink.Given() < 400*480 || ln.path.converter == nil {
		t.Errorf("%s to %s: only %d frames came, or they were not converted", other, usual, r.sink.Given())
	}
}

// BenchmarkMix is 16 writers that a device plays, for one 10 ms cycle, and the programs'
// copies; "one" is a single one, which is not mixed.
func BenchmarkMix(b *testing.B) {
	other := audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S16LE}
	for _, c := range []struct {
		name   string
		n      int
		format audio.Format
	}{{"one", 1, audio.DefaultFormat()}, {"16", 16, audio.DefaultFormat()}, {"16 of 44100 Hz", 16, other}} {
		b.Run(c.name, func(b *testing.B) {
			e, lines := benchCard(b, c.n, c.format)
			block, tick := make([]byte, 480*c.format.FrameBytes()), backend.Tick{}
			b.ReportAllocs()
			for b.Loop() {
				turnOf(e, lines, &tick, block)
			}
			ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(ns/float64(480*c.n), "ns/frame/source")
			b.ReportMetric(ns/10e6*100, "%core")
		})
	}
}
