package loop

import (
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
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
	return benchPorts(tb, audio.DefaultFormat(), DevicePorts{}, n, f)
}

// benchPorts is benchCard with a device of that format, and with ports.
func benchPorts(tb testing.TB, device audio.Format, p DevicePorts, n int, f audio.Format) (e *Engine, lines []*line) {
	config := backend.Config{Play: true, Record: true, Format: device, Period: 480, Periods: 4}
	stream := sponge{backendtest.NewClock(config), device.FrameBytes()}
	e = &Engine{stream: stream, desk: newDesk(config, p), rate: 48000, usual: 480, period: 480, kick: make(chan struct{}, 1)}
	frames := config.Period * config.Periods
	e.input, e.output = newMixbus(p.Record.format(device), frames), newMixbus(p.Play.format(device), frames)
	e.input.ports, e.output.ports = e.desk.ports[recording], e.desk.ports[playing]
	for i := range n + 1 {
		l := newLoop(NewPatchbay(), e, Spec{Format: audio.DefaultFormat(), Name: "speaker", Attached: PlaySide, Buffer: pcm.DefaultBuffer, Period: pcm.DefaultPeriod}, e.output)
		dir := pcm.Write
		if i == n {
			l.bus, l.spec.Attached, dir = e.input, RecordSide, pcm.Read
		}
		end, err := l.newEnd(pcm.Options{Role: pcm.Client}, dir, f, &localHost{bell: make(chan struct{}, 1)})
		if err != nil {
			tb.Fatal(err)
		}
		w, r := end.ends(nil)
		ln, err := newLine(l, w, r, nil)
		if err != nil {
			tb.Fatal(err)
		}
		ln.next, ln.listed = e.lines, true
		if e.lines != nil {
			e.lines.prev = ln
		}
		e.lines = ln
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

// TestAttachedCycleAllocatesNothing: mixing, converting, with all controls in use.
func TestAttachedCycleAllocatesNothing(t *testing.T) {
	for _, f := range []audio.Format{audio.DefaultFormat(), {Rate: 44100, Channels: 6, Encoding: audio.FloatLE}} {
		e, lines := benchCard(t, 5, f)
		block, tick := make([]byte, 480*f.FrameBytes()), backend.Tick{}
		gain := 0
		ride, hush := e.desk.newRide(playing, []float64{0, -1, -2}, 1, 0.9), e.desk.newRide(playing, []float64{0, 1}, 1, 0)
		if n := testing.AllocsPerRun(500, func() {
			gain = (gain + 1) % 200
			e.desk.play.Set(mixer.Setting{Gain: gain, Balance: gain % 64})
			e.desk.record.Set(mixer.Setting{Gain: gain, Balance: 32})
			e.desk.monitor.Set(gain)
			if e.desk.rides[playing] == nil { // the hardware's part of a gain is always on its way
				e.desk.rides[playing], e.desk.hush = ride, hush
				ride.done, hush.done = 0, 0
				ride.due.Store(0)
				hush.due.Store(0)
			}
			turnOf(e, lines, &tick, block)
		}); n != 0 {
			t.Errorf("%s: %v allocations in a cycle", f, n)
		}
		if lines[0].loop.frames.Load() == 0 || lines[5].sink.Given() == 0 || e.desk.samples[playing] == 0 {
			t.Errorf("%s: nothing was moved", f)
		}
	}
}

// TestPortsAllocateNothing: one at a time, both, and on their way.
func TestPortsAllocateNothing(t *testing.T) {
	device := audio.Format{Rate: 48000, Channels: 4, Encoding: audio.S32LE}
	pairs := PortMap{Channels: map[audio.Ports][]int{1: {1, 2}, 2: {4, 3}}}
	f := pairs.format(device)
	e, lines := benchPorts(t, device, DevicePorts{Play: pairs, Record: pairs}, 1, f)
	block, tick := make([]byte, 480*f.FrameBytes()), backend.Tick{}
	turn := 0
	if n := testing.AllocsPerRun(500, func() {
		turn++
		if turn%2 == 0 { // else at rest
			e.desk.ports[playing].use(audio.Ports(turn/2%3 + 1))
			e.desk.ports[recording].use(audio.Ports(turn/4%3 + 1))
		}
		e.desk.play.Set(mixer.Setting{Gain: 255 - turn/50%2, Balance: 32})
		turnOf(e, lines, &tick, block)
	}); n != 0 {
		t.Errorf("%v allocations in a cycle", n)
	}
	if lines[0].loop.frames.Load() == 0 || lines[1].sink.Given() == 0 {
		t.Error("nothing was moved")
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
	l := newLoop(NewPatchbay(), e, Spec{Format: audio.DefaultFormat(), Name: "loop0", Buffer: pcm.DefaultBuffer, Period: pcm.DefaultPeriod}, nil)
	host := &localHost{bell: make(chan struct{}, 1)}
	w, err := l.newEnd(pcm.Options{Role: pcm.Client}, pcm.Write, other, host)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.newEnd(pcm.Options{Role: pcm.Server}, pcm.Read, usual, host)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := newLine(l, w, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.lines, ln.listed = ln, true
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
	if ln.sink.Given() < 400*480 || ln.converter == nil {
		t.Errorf("%s to %s: only %d frames came, or they were not converted", other, usual, ln.sink.Given())
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
