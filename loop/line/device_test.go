package line

import (
	"bytes"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
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

// benchCard is an engine of a device that plays n writers, and has a reader. All of them have
// format f; the device has the default one.
func benchCard(tb testing.TB, n int, f audio.Format) (e *engine, l *Loop, ends []*program) {
	config := backend.Config{Play: true, Record: true, Format: audio.DefaultFormat(), Period: 480, Periods: 4}
	e = still(tb, sponge{backendtest.NewClock(config), config.Format.FrameBytes()})
	l = &Loop{Resets: true}
	for i := range n + 1 {
		at, p := e.Played, newProgram(tb, f, false, i < n)
		if i == n {
			at = e.Recorded
		}
		ln, err := NewMember(e.owner, l, &p.End, at, audio.Positions{})
		if err != nil {
			tb.Fatal(err)
		}
		e.Add(ln, 0)
		ends = append(ends, p)
	}
	return e, l, ends
}

// turn is a cycle of 10 ms, and the programs' part of it.
func (e *engine) turn(ends []*program, tick *backend.Tick, block []byte) {
	for _, p := range ends {
		bytes := p.Format.Rate / 100 * p.Format.FrameBytes()
		if p.Source != nil {
			(ring.Writer{Ring: p.End.Ring}).Write(block[:bytes])
		} else {
			(ring.Reader{Ring: p.End.Ring}).Read(block[:bytes])
		}
	}
	tick.Position, tick.Readable, tick.Writable = tick.Position+480, 480, 480
	e.cycle(*tick)
}

// TestAttachedCycleAllocatesNothing: mixing and converting, with levels on their way.
func TestAttachedCycleAllocatesNothing(t *testing.T) {
	for _, f := range []audio.Format{audio.DefaultFormat(), {Rate: 44100, Channels: 6, Encoding: audio.FloatLE}} {
		e, l, ends := benchCard(t, 5, f)
		block, tick := make([]byte, 480*f.FrameBytes()), backend.Tick{}
		gain := 0
		if n := testing.AllocsPerRun(500, func() {
			gain = (gain + 1) % 200
			e.Played.lines.first.path.fader.Set(mixer.Setting{Gain: gain, Balance: gain % 64})
			e.turn(ends, &tick, block)
		}); n != 0 {
			t.Errorf("%s: %v allocations in a cycle", f, n)
		}
		if i := e.device.Info(); l.Frames.Load() == 0 || ends[5].Sink.Given() == 0 || i.Play.Samples == 0 || i.Record.Samples == 0 {
			t.Errorf("%s: nothing was moved", f)
		}
	}
}

// TestConvertingCycleAllocatesNothing: a client of another rate and encoding.
func TestConvertingCycleAllocatesNothing(t *testing.T) {
	usual := audio.DefaultFormat()
	six := audio.Format{Rate: 48000, Channels: 6, Encoding: audio.S16LE, Positions: wav.Positions(6)}
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
	p := e.pair(t, other, usual)
	from, to := make([]byte, other.Rate/100*other.FrameBytes()), make([]byte, 480*usual.FrameBytes())
	tick := backend.Tick{}
	if n := testing.AllocsPerRun(500, func() {
		(ring.Writer{Ring: p.writer.End.Ring}).Write(from)
		(ring.Reader{Ring: p.reader.End.Ring}).Read(to)
		tick.Position += 480
		e.cycle(tick)
	}); n != 0 {
		t.Errorf("%s to %s: %v allocations in a cycle", other, usual, n)
	}
	if p.reader.Sink.Given() < 400*480 || p.path.converter == nil {
		t.Errorf("%s to %s: only %d frames came, or they were not converted", other, usual, p.reader.Sink.Given())
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
			e, _, ends := benchCard(b, c.n, c.format)
			block, tick := make([]byte, 480*c.format.FrameBytes()), backend.Tick{}
			b.ReportAllocs()
			for b.Loop() {
				e.turn(ends, &tick, block)
			}
			ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			b.ReportMetric(ns/float64(480*c.n), "ns/frame/source")
			b.ReportMetric(ns/10e6*100, "%core")
		})
	}
}

// jar is a device that keeps what it is given.
type jar struct {
	backend.Stream
	frames []byte
}

func (j *jar) Write(block []byte) (int, error) {
	j.frames = append(j.frames, block...)
	return len(block) / 4, nil
}

// TestFramesThatWaitAreLastAfterLoss: where a device has lost frames and takes more than a program has, the frames of
// the program come last, so that there is one gap: the program's next frames follow them. A period of them is left for that.
func TestFramesThatWaitAreLastAfterLoss(t *testing.T) {
	f := audio.DefaultFormat()
	for _, c := range []struct {
		waits, takes int
		lost         uint64
		silence      int // then the frames that wait, without gap
		left         int
	}{
		{1920, 1440, 480, 0, 480},
		{1920, 1920, 480, 0, 0},
		{960, 1920, 480, 1440, 480},
		{300, 1920, 480, 1920, 300},
		{960, 1920, 0, 0, 0}, // late, but nothing was lost: the clock goes on without what is missing
	} {
		j := &jar{Stream: backendtest.NewClock(backend.Config{Play: true, Format: f, Period: 480, Periods: 4})}
		e := still(t, j)
		p := newProgram(t, f, false, true)
		ln, err := NewMember(e.owner, &Loop{}, &p.End, e.Played, audio.Positions{})
		if err != nil {
			t.Fatal(err)
		}
		e.Add(ln, 0)
		counter := backendtest.NewCounter(f)
		write := func(n int) {
			block := make([]byte, n*4)
			counter.Fill(block, p.Source.Taken()+1)
			(ring.Writer{Ring: p.End.Ring}).Write(block)
		}
		write(480)
		e.cycle(backend.Tick{Position: 480, Writable: 480}) // starts the clock
		e.cycle(backend.Tick{Position: 960, Writable: 480}) // plays them
		write(c.waits)
		j.frames = nil
		e.cycle(backend.Tick{Position: 960 + 480*10, Writable: c.takes, Lost: c.lost})
		want := make([]byte, c.takes*4)
		counter.Fill(want[c.silence*4:], 481)
		if n := (c.waits - c.left) * 4; c.silence*4+n < len(want) {
			clear(want[c.silence*4+n:])
		}
		if !bytes.Equal(j.frames, want) || int(p.Source.Taken()) != 480+c.waits-c.left {
			t.Errorf("%+v: it plays something else, or took %d frames", c, p.Source.Taken()-480)
		}
	}
}
