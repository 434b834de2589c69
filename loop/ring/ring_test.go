package ring_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/ring"
)

func newRing(t rapid.TB, f audio.Format, capacity int, playback bool) *ring.Ring {
	spec := ring.Spec{Format: f, Capacity: capacity, Playback: playback}
	r, err := ring.New(ring.Memory(spec.Bytes()), spec)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func anyFormat(t *rapid.T) audio.Format {
	return audio.Format{
		Rate: 48000, Channels: rapid.IntRange(1, 5).Draw(t, "channels"),
		Encoding: rapid.SampledFrom(audio.Encodings()).Draw(t, "encoding"),
	}
}

// TestPlaybackModel holds a playback ring against two counters: what was written
// and what was taken.
func TestPlaybackModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFormat(t)
		capacity := rapid.IntRange(1, 40).Draw(t, "capacity")
		r := newRing(t, f, capacity, true)
		w, s, c := ring.Writer{Ring: r}, ring.NewSource(r), backendtest.NewCounter(f)
		var written, taken uint64
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				block := make([]byte, rapid.IntRange(0, 50).Draw(t, "frames")*f.FrameBytes())
				c.Fill(block, written)
				n := w.Write(block)
				if want := min(len(block)/f.FrameBytes(), capacity-int(written-taken)); n != want {
					t.Fatalf("wrote %d frames, want %d", n, want)
				}
				written += uint64(n)
			},
			"take": func(t *rapid.T) {
				avail, err := s.Avail()
				if err != nil || avail != int(written-taken) {
					t.Fatalf("%d frames, %v; want %d", avail, err, written-taken)
				}
				n := rapid.IntRange(0, avail).Draw(t, "frames")
				a, b := s.Peek(n)
				if _, err := c.Check(append(append([]byte{}, a...), b...), taken); err != nil {
					t.Fatal(err)
				}
				s.Take(n)
				taken += uint64(n)
			},
			"flush": func(t *rapid.T) {
				if n := s.Flush(); n != int(written-taken) {
					t.Fatalf("flushed %d of %d", n, written-taken)
				}
				taken = written
			},
			"": func(t *rapid.T) {
				if w.Queued() != int(written-taken) || w.Room() != capacity-w.Queued() || w.Written() != written || s.Taken() != taken {
					t.Fatal(w.Queued(), w.Room(), w.Written(), s.Taken())
				}
				n := rapid.IntRange(1, capacity).Draw(t, "wake for")
				if _, needed := w.WakeFor(n); needed != (w.Room() < n) {
					t.Fatalf("room for %d, wanted %d, sleep: %v", w.Room(), n, needed)
				}
			},
		})
	})
}

// TestCaptureModel holds a capture ring against the numbers of its oldest and its
// next frame: a full one drops the oldest (D10).
func TestCaptureModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFormat(t)
		capacity := rapid.IntRange(1, 40).Draw(t, "capacity")
		r := newRing(t, f, capacity, false)
		rd, s, c := ring.Reader{Ring: r}, ring.NewSink(r), backendtest.NewCounter(f)
		var oldest, next uint64
		t.Repeat(map[string]func(*rapid.T){
			"give": func(t *rapid.T) {
				n := rapid.IntRange(0, capacity).Draw(t, "frames")
				a, b, dropped, err := s.Reserve(n)
				if err != nil {
					t.Fatal(err)
				}
				if want := max(0, int(next-oldest)+n-capacity); dropped != want {
					t.Fatalf("dropped %d, want %d", dropped, want)
				}
				oldest += uint64(dropped)
				c.Fill(a, next)
				c.Fill(b, next+uint64(len(a)/f.FrameBytes()))
				s.Give(n)
				next += uint64(n)
			},
			"read": func(t *rapid.T) {
				block := make([]byte, rapid.IntRange(0, 50).Draw(t, "frames")*f.FrameBytes())
				n := rd.Read(block)
				if want := min(len(block)/f.FrameBytes(), int(next-oldest)); n != want {
					t.Fatalf("read %d, want %d", n, want)
				}
				if _, err := c.Check(block[:n*f.FrameBytes()], oldest); err != nil {
					t.Fatal(err)
				}
				oldest += uint64(n)
			},
			"discard": func(t *rapid.T) {
				rd.Discard()
				oldest = next
			},
			"": func(t *rapid.T) {
				room, err := s.Room()
				if err != nil || rd.Avail() != int(next-oldest) || room != capacity-rd.Avail() || rd.Taken() != oldest || s.Given() != next {
					t.Fatal(rd.Avail(), room, err, rd.Taken(), s.Given())
				}
				n := rapid.IntRange(1, capacity).Draw(t, "wake for")
				if _, needed := rd.WakeFor(n); needed != (rd.Avail() < n) {
					t.Fatalf("%d there, wanted %d, sleep: %v", rd.Avail(), n, needed)
				}
			},
		})
	})
}

// TestDue: the bell rings once for each wake that is reached, not before.
func TestDue(t *testing.T) {
	r := newRing(t, audio.DefaultFormat(), 100, false)
	rd, s := ring.Reader{Ring: r}, ring.NewSink(r)
	give := func(n int) {
		if _, _, _, err := s.Reserve(n); err != nil {
			t.Fatal(err)
		}
		s.Give(n)
	}
	give(10)
	if s.Due() {
		t.Fatal("rang for nobody")
	}
	pos, needed := rd.WakeFor(20)
	if !needed || pos != 20 {
		t.Fatal(pos, needed)
	}
	rd.WakeAt(pos)
	for range 10 {
		if s.Due() {
			t.Fatal("rang too early")
		}
		give(1)
	}
	if !s.Due() {
		t.Fatal("did not ring")
	}
	if s.Due() {
		t.Fatal("rang twice")
	}
	rd.WakeAt(0)
	give(1)
	if s.Due() {
		t.Fatal("rang for nobody")
	}
}

// TestCycle: both directions say how far the engine came, and when.
func TestCycle(t *testing.T) {
	played, recorded := newRing(t, audio.DefaultFormat(), 100, true), newRing(t, audio.DefaultFormat(), 100, false)
	ring.Writer{Ring: played}.Write(make([]byte, 4*70))
	ring.NewSource(played).Take(60)
	s := ring.NewSink(recorded)
	if _, _, _, err := s.Reserve(50); err != nil {
		t.Fatal(err)
	}
	s.Give(50)
	ring.Reader{Ring: recorded}.Skip(20)
	for r, want := range map[*ring.Ring]uint64{played: 60, recorded: 50} {
		r.SetClock(12345)
		if position, ns := r.Cycle(); position != want || ns != 12345 {
			t.Errorf("%d at %d, want %d at 12345", position, ns, want)
		}
	}
}

// TestLies: positions that cannot be are found, and never followed.
func TestLies(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 1, Encoding: audio.U8}
	for name, lie := range map[string]uint64{"behind": 4, "beyond": 16, "far": 1 << 40, "wrapped": ^uint64(0) - 3} {
		t.Run(name, func(t *testing.T) {
			spec := ring.Spec{Format: f, Capacity: 10, Playback: true}
			mem := ring.Memory(spec.Bytes())
			r, _ := ring.New(mem, spec)
			w, s := ring.Writer{Ring: r}, ring.NewSource(r)
			w.Write(make([]byte, 5))
			if n, err := s.Avail(); n != 5 || err != nil {
				t.Fatal(n, err)
			}
			poke(mem, offsetProgram, lie)
			if _, err := s.Avail(); !errors.Is(err, audio.ErrProtocol) {
				t.Errorf("playback: %v", err)
			}
			spec.Playback = false
			mem = ring.Memory(spec.Bytes())
			r, _ = ring.New(mem, spec)
			rd, k := ring.Reader{Ring: r}, ring.NewSink(r)
			for range 3 {
				if _, _, _, err := k.Reserve(5); err != nil {
					t.Fatal(err)
				}
				k.Give(5)
			}
			rd.Read(make([]byte, 1)) // position 6
			if _, err := k.Room(); err != nil {
				t.Fatal(err)
			}
			poke(mem, offsetProgram, lie)
			if _, err := k.Room(); !errors.Is(err, audio.ErrProtocol) {
				t.Errorf("capture: %v", err)
			}
			if _, _, _, err := k.Reserve(1); !errors.Is(err, audio.ErrProtocol) {
				t.Errorf("capture: %v", err)
			}
		})
	}
}

// TestRestart: until a writer starts it may take back what it wrote, but not what was taken.
func TestRestart(t *testing.T) {
	spec := ring.Spec{Format: audio.Format{Rate: 48000, Channels: 1, Encoding: audio.U8}, Capacity: 10, Playback: true}
	mem := ring.Memory(spec.Bytes())
	r, _ := ring.New(mem, spec)
	w, s := ring.Writer{Ring: r}, ring.NewSource(r)
	w.Write(make([]byte, 8))
	if n, err := s.Avail(); n != 8 || err != nil {
		t.Fatal(n, err)
	}
	s.Take(3)
	for back, want := range map[uint64]int{5: 2, 3: 0} {
		s.Restart()
		poke(mem, offsetProgram, back)
		if n, err := s.Avail(); n != want || err != nil {
			t.Errorf("back at %d: %d frames, %v; want %d", back, n, err, want)
		}
	}
	s.Restart()
	poke(mem, offsetProgram, 2)
	if n, err := s.Avail(); !errors.Is(err, audio.ErrProtocol) {
		t.Errorf("back behind what was taken: %d frames, %v", n, err)
	}
}

// TestMap: a program maps what New laid out, and nothing else.
func TestMap(t *testing.T) {
	spec := ring.Spec{Format: audio.DefaultFormat(), Capacity: 100, Playback: true}
	mem := ring.Memory(spec.Bytes())
	if _, err := ring.New(mem, spec); err != nil {
		t.Fatal(err)
	}
	r, err := ring.Map(mem)
	if err != nil || r.Spec() != spec {
		t.Fatal(r, err)
	}
	if _, err := ring.Map(mem[:len(mem)-1]); !errors.Is(err, audio.ErrProtocol) {
		t.Error(err)
	}
	if _, err := ring.Map(mem[:100]); !errors.Is(err, audio.ErrProtocol) {
		t.Error(err)
	}
	for at := 0; at < 28; at += 4 { // each constant but the direction, which is two-valued
		bad := ring.Memory(len(mem))
		copy(bad, mem)
		poke32(bad, at, 0xF0000001)
		if _, err := ring.Map(bad); at != 12 && !errors.Is(err, audio.ErrProtocol) {
			t.Errorf("constant at %d: %v", at, err)
		}
	}
	for _, spec := range []ring.Spec{
		{Format: audio.DefaultFormat()}, {Capacity: 1}, {Format: audio.DefaultFormat(), Capacity: 1 << 29},
	} {
		if _, err := ring.New(mem, spec); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("%+v: %v", spec, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	p, c := newRing(t, audio.DefaultFormat(), 100, true), newRing(t, audio.DefaultFormat(), 100, false)
	w, s, k, r := ring.Writer{Ring: p}, ring.NewSource(p), ring.NewSink(c), ring.Reader{Ring: c}
	block := make([]byte, 30*4)
	if n := testing.AllocsPerRun(1000, func() {
		w.Write(block)
		n, _ := s.Avail()
		s.Peek(n)
		s.Take(n)
		_, _, _, _ = k.Reserve(n)
		k.Give(n)
		_, _ = s.Due(), k.Due()
		r.Read(block)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
