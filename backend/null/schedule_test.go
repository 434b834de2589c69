package null

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

const day = int64(24 * 3600 * 1e9)

func config(rate, period, periods int) backend.Config {
	return backend.Config{Format: audio.Format{Rate: rate, Channels: 2, Encoding: audio.S16LE}, Period: period, Periods: periods}
}

// exactTime is the time of a position by another arithmetic: anchor + ⌈p × 10⁹ ÷ rate⌉.
func exactTime(anchor int64, p uint64, rate int) int64 {
	n := new(big.Int).Mul(new(big.Int).SetUint64(p), big.NewInt(1e9))
	n.Add(n, big.NewInt(int64(rate-1)))
	return anchor + n.Div(n, big.NewInt(int64(rate))).Int64()
}

// TestDay: after 24 hours the position is elapsed × rate to the frame, and every
// wake-up on the way was at its exact time.
func TestDay(t *testing.T) {
	for _, rate := range []int{48000, 44100, 1000, 768000, 44101, 12347} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			period := rate / 10
			s, c := simulated(t, config(rate, period, 2), false)
			anchor := c.now
			var last backend.Tick
			for c.now < anchor+day {
				tick, err := s.Wait()
				if err != nil {
					t.Fatal(err)
				}
				if tick.Position != last.Position+uint64(period) || tick.Time != c.now {
					t.Fatalf("tick %+v at %d follows %+v", tick, c.now, last)
				}
				last = tick
			}
			// The first tick at or after the day's end.
			want := uint64(rate) * 24 * 3600
			want = (want + uint64(period) - 1) / uint64(period) * uint64(period)
			if last.Position != want || last.Time != exactTime(anchor, want, rate) {
				t.Errorf("after 24 h: position %d at %d ns, want %d at %d", last.Position, last.Time, want, exactTime(anchor, want, rate))
			}
		})
	}
}

// TestDayRandom: whatever the lateness and however often the period changes, every
// tick is where the one anchor puts it, and reports all that has passed.
func TestDayRandom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rate := rapid.OneOf(rapid.SampledFrom([]int{48000, 44100, 1000, 768000, 44101}), rapid.IntRange(audio.MinRate, audio.MaxRate)).Draw(rt, "rate")
		opened := rapid.IntRange(MinPeriod(rate), MaxPeriod(rate)).Draw(rt, "period")
		// The seed drives the many draws of a day, which would be too slow by rapid.
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))

		s, c := simulated(rt, config(rate, opened, 2), false)
		anchor := c.now
		c.late = func() int64 {
			if random.IntN(4) > 0 {
				return random.Int64N(1000) // ns
			}
			return random.Int64N(200e9)
		}
		pacer, _ := backend.As[backend.Pacer](s)
		period := uint64(opened)
		position := uint64(0)
		for c.now < anchor+day {
			if random.IntN(8) == 0 {
				period = uint64(pacer.SetPeriod(random.IntN(2 * rate)))
			}
			tick, err := s.Wait()
			if err != nil {
				rt.Fatal(err)
			}
			passed := uint64(new(big.Int).Div(new(big.Int).Mul(big.NewInt(c.now-anchor), big.NewInt(int64(rate))), big.NewInt(1e9)).Int64())
			want := position + (passed-position)/period*period
			if tick.Position != want || want+period <= passed || tick.Time != exactTime(anchor, want, rate) {
				rt.Fatalf("tick %+v at %d: want position %d of %d passed", tick, c.now-anchor, want, passed)
			}
			if tick.Lost != 0 {
				rt.Fatalf("a clock alone lost %d frames", tick.Lost)
			}
			position = want
		}
	})
}

// TestLate: one tick reports all whole periods; the rest belongs to the next, which
// is due where it would have been.
func TestLate(t *testing.T) {
	wish := config(48000, 480, 4)
	wish.Play, wish.Record = true, true
	s, c := simulated(t, wish, false)
	anchor := c.now
	check := func(late int64, want backend.Tick) {
		t.Helper()
		c.late = func() int64 { return late }
		want.Time = anchor + int64(want.Position)*1e9/48000
		if got, err := s.Wait(); err != nil || got != want {
			t.Fatalf("tick %+v, %v, want %+v", got, err, want)
		}
	}
	block := make([]byte, 1920*4)
	drain := func(frames int) {
		t.Helper()
		r, err1 := s.Read(block[:frames*4])
		w, err2 := s.Write(block[:frames*4])
		if r != frames || w != frames || err1 != nil || err2 != nil {
			t.Fatalf("read %d, %v, wrote %d, %v", r, err1, w, err2)
		}
	}
	check(0, backend.Tick{Position: 480, Readable: 480, Writable: 480})
	drain(480)
	check(15e6, backend.Tick{Position: 1440, Readable: 960, Writable: 960})
	drain(960)
	check(0, backend.Tick{Position: 1920, Readable: 480, Writable: 480})
	// Not taken: it stays, up to the buffer.
	check(20e6, backend.Tick{Position: 3360, Readable: 1920, Writable: 1920})
	check(0, backend.Tick{Position: 3840, Readable: 1920, Writable: 1920, Lost: 480})
	drain(1920)
	check(90e6, backend.Tick{Position: 8640, Readable: 1920, Writable: 1920, Lost: 2880})
	drain(1000)
	c.Wake()
	check(0, backend.Tick{Position: 8640, Readable: 920, Writable: 920})
	drain(920)
	c.Wake()
	check(0, backend.Tick{Position: 8640})
	check(0, backend.Tick{Position: 9120, Readable: 480, Writable: 480})
}

// TestStopRestart: a new run has a new anchor and position 0, and a stopped stream
// asks its clock for nothing but Wake.
func TestStopRestart(t *testing.T) {
	s, c := simulated(t, config(48000, 480, 2), false)
	for range 3 {
		if _, err := s.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	now := c.now
	s.Wake()
	if tick, err := s.Wait(); err != nil || tick.Position != 1440 || c.now != now {
		t.Fatalf("stopped: tick %+v, %v, %d ns passed", tick, err, c.now-now)
	}
	c.now += 12345
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if tick, err := s.Wait(); err != nil || tick.Position != 480 || tick.Time != now+12345+10e6 {
		t.Fatalf("restarted: tick %+v, %v", tick, err)
	}
}

// TestFreewheel: one period a Wait, whatever time it is, and none while the last
// ones were not taken.
func TestFreewheel(t *testing.T) {
	wish := config(44100, 441, 2)
	wish.Play = true
	s, c := simulated(t, wish, true)
	anchor := c.now
	block := make([]byte, 882*4)
	for i := range 1000 {
		tick, err := s.Wait()
		want := backend.Tick{Position: uint64(i+1) * 441, Time: anchor + int64(i+1)*10e6, Writable: 441, Freewheel: true}
		if err != nil || tick != want {
			t.Fatalf("tick %+v, %v, want %+v", tick, err, want)
		}
		if _, err := s.Write(block[:tick.Writable*4]); err != nil {
			t.Fatal(err)
		}
	}
	if c.sleeps != 1000 || c.now-anchor > 1000*yield {
		t.Errorf("%d sleeps, %d ns for 10 s", c.sleeps, c.now-anchor)
	}
	for i, writable := range []int{441, 882, 882, 882} {
		tick, err := s.Wait()
		if err != nil || tick.Writable != writable || tick.Lost != 0 || tick.Position != 441_000+uint64(writable) {
			t.Fatalf("Wait %d without a Write: %+v, %v", i, tick, err)
		}
	}
	if _, err := s.Write(block); err != nil {
		t.Fatal(err)
	}
	s.Wake()
	if tick, err := s.Wait(); err != nil || tick.Position != 441_882 {
		t.Fatalf("woken: %+v, %v", tick, err)
	}
	if tick, err := s.Wait(); err != nil || tick.Position != 441_882+441 {
		t.Fatalf("after the wake: %+v, %v", tick, err)
	}
}

func BenchmarkWait(b *testing.B) {
	wish := config(48000, 480, 4)
	wish.Play, wish.Record = true, true
	s, _ := simulated(b, wish, false)
	block := make([]byte, 480*4)
	b.ReportAllocs()
	for b.Loop() {
		tick, err := s.Wait()
		if err != nil {
			b.Fatal(err)
		}
		_, _ = s.Read(block[:tick.Readable*4])
		_, _ = s.Write(block[:tick.Writable*4])
	}
}

// TestAccount: whatever the engine leaves unread, every frame of the position was
// read, can be read, or is lost.
func TestAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wish := config(48000, 480, rapid.IntRange(2, 5).Draw(t, "periods"))
		wish.Record = true
		s, c := simulated(t, wish, rapid.Bool().Draw(t, "freewheel"))
		c.late = func() int64 { return rapid.Int64Range(0, 100e6).Draw(t, "late") }
		block := make([]byte, 480*5*4)
		var read, lost uint64
		for range rapid.IntRange(1, 30).Draw(t, "cycles") {
			if rapid.Bool().Draw(t, "wake") {
				s.Wake()
			}
			tick, err := s.Wait()
			if err != nil {
				t.Fatal(err)
			}
			lost += tick.Lost
			if tick.Position != read+uint64(tick.Readable)+lost || tick.Freewheel && lost > 0 {
				t.Fatalf("tick %+v with %d read, %d lost", tick, read, lost)
			}
			n, err := s.Read(block[:rapid.IntRange(0, tick.Readable).Draw(t, "read")*4])
			if err != nil {
				t.Fatal(err)
			}
			read += uint64(n)
		}
	})
}
