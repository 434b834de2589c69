package backendtest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
)

// engine is the smallest one there is: it copies what is recorded to what is
// played, notes the ticks, and does what it is asked between two cycles.
type engine struct {
	s     backend.Stream
	asked chan func()
	done  chan error
	ticks []backend.Tick // read after Advance, Jump or Settle
	waits int
}

func startEngine(s backend.Stream) *engine {
	e := &engine{s: s, asked: make(chan func(), 10), done: make(chan error, 1)}
	go func() { e.done <- e.run() }()
	return e
}

func (e *engine) run() error {
	g := e.s.Granted()
	frame := g.Format.FrameBytes()
	block := make([]byte, g.Period*g.Periods*frame)
	for {
		t, err := e.s.Wait()
		e.waits++
		if errors.Is(err, audio.ErrClosed) {
			return nil
		}
		if err != nil {
			return errors.Join(err, e.s.Close())
		}
		if len(e.ticks) == 0 || t.Position != e.ticks[len(e.ticks)-1].Position {
			e.ticks = append(e.ticks, t)
		}
		if n := t.Readable * frame; n > 0 {
			if _, err := e.s.Read(block[:n]); err != nil {
				return err
			}
		}
		if n := t.Writable * frame; n > 0 {
			if _, err := e.s.Write(block[:n]); err != nil {
				return err
			}
		}
		select {
		case f := <-e.asked:
			f()
		default:
		}
	}
}

// do has the engine run f between two cycles.
func (e *engine) do(c *Clock, f func()) {
	e.asked <- f
	c.Wake()
	c.Settle()
}

func (e *engine) positions() (p []uint64) {
	for _, t := range e.ticks {
		p = append(p, t.Position)
	}
	return p
}

// everywhere runs a test in a bubble of synctest and outside of one.
func everywhere(t *testing.T, test func(t *testing.T)) {
	t.Run("plain", test)
	t.Run("synctest", func(t *testing.T) { synctest.Test(t, test) })
}

func duplex() backend.Config {
	return backend.Config{Play: true, Record: true, Period: 100, Periods: 4}
}

func TestClockAdvance(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		c := NewClock(duplex())
		e := startEngine(c)
		c.Advance(1000) // stopped: time, no tick
		e.do(c, func() { _ = c.Start() })
		if !c.Running() || !c.Idle() {
			t.Fatalf("running %v, idle %v", c.Running(), c.Idle())
		}
		c.Advance(99)
		if got := e.positions(); !slices.Equal(got, []uint64{0}) {
			t.Fatalf("positions %d before the first period has passed", got)
		}
		c.Advance(1)
		c.Advance(250)
		c.Advance(50)
		if got := e.positions(); !slices.Equal(got, []uint64{0, 100, 200, 300, 400}) {
			t.Fatalf("positions %d", got)
		}
		c.Jump(350)
		c.Advance(50)
		if got := e.positions()[5:]; !slices.Equal(got, []uint64{700, 800}) {
			t.Fatalf("positions %d after a jump", got)
		}
		if got := e.ticks[5]; got.Readable != 300 || got.Lost != 0 {
			t.Fatalf("late tick %+v", got)
		}
		// 1000 frames passed before Start.
		if got, want := e.ticks[6].Time, int64(1_000_000_000+1800*1_000_000_000/48000); got != want {
			t.Fatalf("time %d at position 800, want %d", got, want)
		}
		if c.Now() != e.ticks[6].Time {
			t.Fatalf("now %d, tick at %d", c.Now(), e.ticks[6].Time)
		}
		waits := e.waits
		e.do(c, func() { _ = c.Stop() })
		c.Advance(100_000)
		if e.waits != waits+1 {
			t.Fatalf("%d Waits on a stopped stream", e.waits-waits)
		}
		e.do(c, func() { _ = c.Close() })
		if err := <-e.done; err != nil || !c.Closed() {
			t.Fatal(err)
		}
		c.Advance(100) // does not hang
	})
}

func TestClockLoss(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		c := NewClock(duplex())
		c.SetFreewheel(true)
		e := startEngine(c)
		e.do(c, func() { _ = c.Start() })
		c.Jump(1000) // the buffer has 400
		if got := e.ticks[1]; got.Lost != 600 || got.Readable != 400 || got.Writable != 400 || !got.Freewheel {
			t.Errorf("tick %+v", got)
		}
		c.Lose(30)
		c.Advance(100)
		if got := e.ticks[2]; got.Lost != 30 || got.Readable != 70 || got.Writable != 70 {
			t.Errorf("tick %+v", got)
		}
		c.Fail(audio.ErrGone)
		if err := <-e.done; !errors.Is(err, audio.ErrGone) || !c.Closed() {
			t.Errorf("engine ended with %v, closed %v", err, c.Closed())
		}
	})
}

func TestClockPeriod(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		c := NewClock(duplex())
		e := startEngine(c)
		e.do(c, func() { _ = c.Start() })
		c.Advance(150)
		e.do(c, func() { c.SetPeriod(20) }) // 50 frames have passed: a tick is due at once
		c.Advance(30)
		e.do(c, func() { c.SetPeriod(1000) })
		c.Advance(100)
		if got := e.positions(); !slices.Equal(got, []uint64{0, 100, 140, 160, 180, 280}) {
			t.Errorf("positions %d", got)
		}
		if period, changes := c.Period(); period != 100 || changes != 2 {
			t.Errorf("period %d after %d changes", period, changes)
		}
		e.do(c, func() { _ = c.Close() })
		<-e.done
	})
}

// TestClockBlocks: what is fed arrives, frame by frame, also over a loss.
func TestClockBlocks(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		c := NewClock(duplex())
		count := NewCounter(audio.DefaultFormat())
		c.Feed(count.Fill)
		e := startEngine(c)
		e.do(c, func() { _ = c.Start() })
		c.Advance(1000)
		if bad, err := count.Check(c.Played(), 0); err != nil || len(c.Played()) != 4000 {
			t.Fatalf("%d bytes played, frame %d: %v", len(c.Played()), bad, err)
		}
		c.Forget()
		played := uint64(0)
		c.OnPlay(func(block []byte, first uint64) {
			if _, err := count.Check(block, first); err != nil {
				t.Error(err)
			}
			played = first + uint64(len(block)/4)
		})
		c.Jump(900)
		if played != 1900 {
			t.Errorf("played up to %d", played)
		}
		if _, err := count.Check(c.Played(), 1500); err != nil || len(c.Played()) != 1600 {
			t.Errorf("%d bytes played: %v", len(c.Played()), err)
		}
		c.Advance(300_000)
		if n := len(c.Played()); n != keptBytes {
			t.Fatalf("%d bytes kept", n)
		}
		if _, err := count.Check(c.Played(), 301_900-keptBytes/4); err != nil {
			t.Error(err)
		}
		e.do(c, func() { _ = c.Close() })
		<-e.done
	})
}

// TestClockManyCranks: queries, wakes and cranking from several goroutines.
func TestClockManyCranks(t *testing.T) {
	c := NewClock(duplex())
	c.SetBase(5)
	e := startEngine(c)
	e.do(c, func() { _ = c.Start() })
	var g sync.WaitGroup
	for range 3 {
		g.Go(func() {
			for range 50 {
				c.Advance(70)
				c.Wake()
				_, _, _, _ = c.Idle(), c.Position(), c.Now(), c.Granted()
			}
		})
	}
	g.Wait()
	c.Settle()
	if got := c.Position(); got != 3*50*70/100*100 {
		t.Errorf("position %d", got)
	}
	e.do(c, func() { _ = c.Close() })
	<-e.done
}

// TestClockBubble: Wait sleeps durably, so that timers of the bubble can fire.
func TestClockBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock(backend.Config{})
		e := startEngine(c)
		e.do(c, func() { _ = c.Start() })
		time.Sleep(time.Hour)
		c.Advance(48000)
		if n := len(e.ticks); n != 101 {
			t.Errorf("%d ticks in a second of 10 ms periods", n)
		}
		e.do(c, func() { _ = c.Close() })
		synctest.Wait()
		<-e.done
	})
}

func TestNewClockPanics(t *testing.T) {
	for _, c := range []backend.Config{{Period: -1}, {Periods: 1}, {Format: audio.Format{Rate: 1}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v makes a clock", c)
				}
			}()
			NewClock(c)
		}()
	}
}
