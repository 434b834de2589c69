package alsa

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

const (
	fakePeriod = 256
	fakeFill   = 3 * fakePeriod
	fakeTail   = 1500
)

// paramsOf is parameters as the kernel would return them.
func paramsOf(f audio.Format, buffer int) *abi.HWParams {
	p := abi.AnyParams()
	p.Mask(abi.Access).Only(abi.MmapInterleaved)
	p.Mask(abi.Format).Only(formats()[f.Encoding])
	p.Interval(abi.Channels).Only(f.Channels)
	p.Interval(abi.BufferSize).Only(buffer)
	return p
}

// fakeStream is a running stream without a card: the memory of play, and descriptors of nothing.
func fakeStream(t interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
}, f audio.Format, play, record bool) *stream {
	t.Helper()
	s := &stream{running: true, idle: !play && !record, fill: fakeFill}
	s.granted = backend.Config{Play: play, Record: record, Format: f, Period: fakePeriod, Periods: 3}
	open := func(p *pcmHandle) *pcmHandle {
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = file.Close() })
		p.fd, p.params, p.period, p.boundary = int(file.Fd()), paramsOf(f, p.buffer), fakePeriod, uint64(p.buffer)<<40
		return p
	}
	if record {
		s.record = open(&pcmHandle{format: f, frame: f.FrameBytes(), sample: f.Encoding.Bytes(), buffer: fakeFill})
	}
	if play || s.idle {
		s.play = open(fakePlay(f, fakeFill+fakeTail, fakeTail, fakePeriod, false))
	}
	s.prepare()
	s.Begun, s.Time = 1e9, 2e9
	return s
}

// again is s as the other process has it, with the memory that the card keeps.
func again(s *stream) (*stream, backend.Handed, error) {
	h, err := s.HandOver()
	if err != nil {
		return nil, h, err
	}
	h.Running = true
	var at handed
	if err := h.Decode(kind, &at, len(h.Files), 0); err != nil {
		return nil, h, err
	}
	next, err := at.stream(h)
	if err == nil && s.play != nil && s.play.memory != nil {
		next.play.memory = bytes.Clone(s.play.memory)
	}
	return next, h, err
}

// TestStateOfAStream: what is handed over is all that a stream knows; it goes on with the tail, the gap and the counts
// that it was in.
func TestStateOfAStream(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := audio.Format{Rate: 48000, Channels: rapid.IntRange(1, 3).Draw(rt, "channels")}
		f.Encoding = rapid.SampledFrom([]audio.Encoding{audio.S16LE, audio.U8, audio.S24LE3, audio.FloatLE}).Draw(rt, "encoding")
		s := fakeStream(rt, f, true, rapid.Bool().Draw(rt, "record"))
		write := func(s *stream, block []byte) {
			block = bytes.Clone(block)
			s.ramps.played.Pass(block)
			if len(block) > 0 {
				s.play.write(block)
			}
		}
		write(s, make([]byte, fakeFill*f.FrameBytes()))
		counter := backendtest.NewCounter(f)
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			next, h, err := again(s)
			if err != nil {
				rt.Fatalf("%s: %v", h.State, err)
			}
			for _, a := range []*stream{s, next} {
				if same, _, err := again(a); err != nil || !reflect.DeepEqual(same.course, a.course) {
					rt.Fatalf("%+v, %v, want %+v", same, err, a.course)
				}
			}
			twice, err := next.HandOver()
			if h.Running = false; err != nil || !reflect.DeepEqual(h, twice) {
				rt.Fatalf("%s, %v, and handed over again\n%s", h.State, err, twice.State)
			}
			n := rapid.IntRange(1, fakeFill).Draw(rt, "frames")
			gap := rapid.Bool().Draw(rt, "gap")
			block := make([]byte, n*f.FrameBytes())
			if rapid.Bool().Draw(rt, "sound") {
				counter.Fill(block, s.play.Appl)
			}
			for _, a := range []*stream{s, next} {
				a.play.HW += uint64(min(n, int(a.play.Appl-a.play.HW)))
				a.play.Raw = a.play.HW % a.play.boundary
				a.Rel = a.play.HW / fakePeriod * fakePeriod
				a.Time += 1e6
				if a.record != nil {
					a.record.HW, a.record.Appl = a.play.HW, a.Rel
				}
				if gap {
					a.Base, a.Lost, a.Starts = a.Base+fakePeriod, a.Lost+fakePeriod, a.Starts+1
					a.ramps.gap()
				}
				write(a, block[:min(len(block), a.unwritten()*f.FrameBytes())])
			}
			if s.unwritten() != next.unwritten() || s.play.progress != next.play.progress || s.play.tail.trail != next.play.tail.trail {
				rt.Fatalf("%+v, and it was %+v", next.play.progress, s.play.progress)
			}
			if !bytes.Equal(s.play.memory, next.play.memory) {
				rt.Fatal("the card would play something else")
			}
			s = next
		}
	})
}

// TestRefusesState: what cannot be is refused, with a sentence.
func TestRefusesState(t *testing.T) {
	s := fakeStream(t, audio.DefaultFormat(), true, true)
	s.play.write(make([]byte, fakeFill*4))
	h, err := s.HandOver()
	if err != nil {
		t.Fatal(err)
	}
	h.Running = true
	resume := func(h backend.Handed) (backend.Stream, error) {
		s, _, err := Resume(h)
		return s, err
	}
	backendtest.TestDamaged(t, h, resume)
	for want, change := range map[string]func(*handed){
		"is not of a card":                       func(*handed) {},
		"rate 1 Hz":                              func(a *handed) { a.Granted.Format.Rate = 1 },
		"3 periods of 0 frames":                  func(a *handed) { a.Granted.Period = 0 },
		"3 periods of 4611686018427387904":       func(a *handed) { a.Granted.Period = 1 << 62 },
		"1 periods":                              func(a *handed) { a.Granted.Periods = 1 },
		"30 periods of 256 frames do not fit":    func(a *handed) { a.Granted.Periods = 30 },
		"for 1 directions":                       func(a *handed) { a.Handles = a.Handles[:1] },
		"a direction twice":                      func(a *handed) { a.Handles[0].Play = true },
		"not those that it was opened with":      func(a *handed) { a.Granted.Record = false },
		"position 18446744073709551615":          func(a *handed) { a.Base = 1<<64 - 1 },
		"of which 1 are lost":                    func(a *handed) { a.Lost = 1 },
		"at -1 ns":                               func(a *handed) { a.Time = -1 },
		"parameters have 3 bytes":                func(a *handed) { a.Handles[0].Params = []byte("abc") },
		"0 channels":                             func(a *handed) { a.Handles[0].Params = make([]byte, len(a.Handles[0].Params)) },
		"and periods of -1":                      func(a *handed) { a.Handles[1].Period = -1 },
		"a buffer of 4294967295":                 func(a *handed) { a.Handles[1].Params = paramsOf(audio.DefaultFormat(), 1<<32-1).Bytes() },
		"does not count to 0, of 0":              func(a *handed) { a.Handles[1].Boundary = 0 },
		"does not count to 1, of 1":              func(a *handed) { a.Handles[1].Boundary, a.Handles[1].Raw = 1, 1 },
		"positions 18446744073709551615 and":     func(a *handed) { a.Handles[1].HW = 1<<64 - 1 },
		"written up to 4000, and played up to 0": func(a *handed) { a.Handles[1].Appl = 4000 },
		"played up to 1000000":                   func(a *handed) { a.Handles[1].HW = 1000000 },
		"read up to 1, and recorded up to 0":     func(a *handed) { a.Handles[0].Appl = 1 },
		"it is at 256, and the card at 0":        func(a *handed) { a.Rel = 256 },
		"a lead of -1":                           func(a *handed) { a.Lead = -1 },
		"a lead of 1 ":                           func(a *handed) { a.Lead = 1 },
		"a tail of -1":                           func(a *handed) { a.Handles[1].Tail.Length = -1 },
		"a tail of 3 frames is too short":        func(a *handed) { a.Handles[1].Tail.Length = 3 },
		"it cannot have a tail":                  func(a *handed) { a.Handles[0].Tail = &handedTail{Length: 700, Played: 100} },
		"last frames":                            func(a *handed) { a.Played.Last = nil },
	} {
		t.Run(want, func(t *testing.T) {
			var at handed
			if err := json.Unmarshal(h.State, &at); err != nil {
				t.Fatal(err)
			}
			change(&at)
			other, err := backend.NewHanded(kind, at, h.Files...)
			if err != nil {
				t.Fatal(err)
			}
			other.Running = true
			if s, err := resume(other); s != nil || !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, %v", s, err)
			}
		})
	}
}

// FuzzState: whatever is handed over, there is an error, or a stream whose frames stay within its memory.
func FuzzState(f *testing.F) {
	for _, d := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
		s := fakeStream(f, audio.DefaultFormat(), d[0], d[1])
		h, err := s.HandOver()
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(h.State), len(h.Files), true)
	}
	f.Fuzz(func(t *testing.T, state []byte, files int, running bool) {
		h := backend.Handed{Kind: kind, State: state, Running: running, Files: make([]int, min(max(0, files), 3))}
		var at handed
		if h.Decode(kind, &at, len(h.Files), 0) != nil {
			return
		}
		s, err := at.stream(h)
		if err != nil {
			return
		}
		if running && s.record != nil && s.unread() < 0 {
			t.Errorf("%d frames to read", s.unread())
		}
		if p := s.play; p != nil && p.buffer*p.frame <= 1<<20 {
			p.memory = make([]byte, p.buffer*p.frame)
			if n := s.unwritten(); n > 0 {
				p.write(make([]byte, min(n, p.buffer)*p.frame))
			}
		}
	})
}

// TestLeadAfterGap: hardware that has run dry while a program took over is started with what must wait in it, and
// not with a full buffer; whatever the lead, a period is lost at least, and the position goes on.
func TestLeadAfterGap(t *testing.T) {
	const ahead = 48000 / inCard
	for _, c := range []struct {
		what                  string
		gap                   uint64
		resumed, record, left bool
		want                  int
	}{
		{"after a handover", 20 * fakePeriod, true, false, false, fakePeriod + ahead},
		{"after a short one", 2 * fakePeriod, true, false, false, fakeFill - fakePeriod},
		{"after the shortest", fakePeriod, true, false, false, fakeFill},
		{"without a handover", 20 * fakePeriod, false, false, false, fakeFill},
		{"in both directions", 20 * fakePeriod, true, true, false, fakeFill},
		{"with frames that were not played", 20 * fakePeriod, true, false, true, fakeFill},
	} {
		s := fakeStream(t, audio.DefaultFormat(), true, c.record)
		s.play.tail.played = s.play.tail.ramp.Frames() + ahead
		s.resumed, s.play.Appl, s.play.HW = c.resumed, 1000, 1000
		if c.left {
			s.play.HW--
		}
		if got := s.leadAfter(c.gap); got != c.want {
			t.Errorf("%s: a lead of %d frames, want %d", c.what, got, c.want)
		}
	}
}

// TestBrink: a stream that was handed over, and would run dry before the next frames are there, is taken for dry at once.
func TestBrink(t *testing.T) {
	s := fakeStream(t, audio.DefaultFormat(), true, false)
	s.play.sync.State, s.resumed = abi.Running, true
	s.play.Appl = 10000
	for left, want := range map[uint64]bool{0: true, 48000/brink - 1: true, 48000 / brink: false, fakeFill: false} {
		s.play.HW = s.play.Appl - left
		if got := s.onBrink(); got != want {
			t.Errorf("with %d frames to be played it is on the brink: %v", left, got)
		}
	}
	s.play.HW = s.play.Appl
	for what, change := range map[string]func(*stream){
		"it was not handed over":  func(s *stream) { s.resumed = false },
		"the card has stopped":    func(s *stream) { s.play.sync.State = abi.XRun },
		"it records":              func(s *stream) { s.record = s.play },
		"a decay would be cut":    func(s *stream) { s.granted.Period, s.play.tail.played = 1, s.play.tail.ramp.Frames() },
		"the card plays no decay": func(s *stream) { s.play.tail = nil },
	} {
		other, play := *s, *s.play
		tail := *play.tail
		other.play, play.tail = &play, &tail
		if change(&other); other.onBrink() {
			t.Errorf("%s, and it is on the brink", what)
		}
	}
}
