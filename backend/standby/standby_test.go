package standby_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/null"
	"github.com/loopbridge/loopbridge/backend/standby"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStream is the contract, on a device that stays, and on one that stands in.
func TestStream(t *testing.T) {
	open := func(wish backend.Config) (backend.Stream, error) { return null.Open(wish, null.Options{}) }
	none := func(backend.Config) (backend.Stream, error) { return nil, audio.ErrNoDevice.With("no card") }
	wish := backend.Config{Format: audio.DefaultFormat(), Period: 48, Periods: 4}
	for name, sources := range map[string][]standby.Source{
		"alone":     {{Name: "null", Open: open}},
		"first":     {{Name: "card", Open: open}, {Name: "null", Open: open}},
		"stands in": {{Name: "card", Open: none}, {Name: "null", Open: open}},
	} {
		t.Run(name, func(t *testing.T) {
			backendtest.TestStream(t, func(wish backend.Config) (backend.Stream, error) {
				return standby.Open(wish, standby.Options{Sources: sources})
			}, wish)
		})
	}
}

const period = 480

// stage is devices that a test plugs and unplugs, and an engine that plays 1000.
type stage struct {
	*testing.T
	mu      sync.Mutex
	card    *backendtest.Clock // nil: not plugged
	null    *backendtest.Clock
	plugged chan struct{}
	s       backend.Stream
	ticks   chan backend.Tick
	done    chan struct{}
	step    int // the largest that the engine recorded; after done
}

func newStage(t *testing.T) *stage {
	st := &stage{T: t, plugged: make(chan struct{}, 1), ticks: make(chan backend.Tick, 1000), done: make(chan struct{})}
	st.null = backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period})
	return st
}

// delayed has a buffer of its own.
type delayed struct{ *backendtest.Clock }

func (delayed) Delay() (play, record int) { return 2 * period, 1 }

func (st *stage) plug() {
	st.mu.Lock()
	st.card = backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period})
	st.card.Feed(func(block []byte, _ uint64) { copy(block, bytes.Repeat([]byte{0xE8, 3}, len(block)/2)) })
	st.mu.Unlock()
}

func (st *stage) open() {
	st.Helper()
	var err error
	st.s, err = standby.Open(st.null.Granted(), standby.Options{Plugged: st.plugged, Sources: []standby.Source{
		{Name: "card", Open: func(backend.Config) (backend.Stream, error) {
			st.mu.Lock()
			defer st.mu.Unlock()
			if st.card == nil {
				return nil, audio.ErrNoDevice.With("no card")
			}
			return delayed{st.card}, nil
		}},
		{Name: "null", Open: func(backend.Config) (backend.Stream, error) { return st.null, nil }},
	}})
	if err != nil {
		st.Fatal(err)
	}
	if err := st.s.Start(); err != nil {
		st.Fatal(err)
	}
	go func() {
		defer close(st.done)
		block, before := make([]byte, 4*period*4), -1
		for {
			tick, err := st.s.Wait()
			if err != nil {
				return
			}
			if _, err := st.s.Read(block[:tick.Readable*4]); err != nil {
				st.Error(err)
				return
			}
			for frame := range tick.Readable {
				now := int(int16(binary.LittleEndian.Uint16(block[4*frame:])))
				if before >= 0 {
					st.step = max(st.step, now-before, before-now)
				}
				before = now
			}
			if tick.Readable > 0 {
				last := int16(binary.LittleEndian.Uint16(block[tick.Readable*4-4:]))
				tick.Lost = uint64(last) // what was heard, for the test
			}
			sound := bytes.Repeat([]byte{0xE8, 3}, tick.Writable*2)
			if _, err := st.s.Write(sound); err != nil {
				st.Error(err)
				return
			}
			select {
			case <-st.ticks:
			default:
			}
			st.ticks <- tick
			if tick.Position >= 1<<40 {
				return
			}
		}
	}()
}

// switched expects a change.
func (st *stage) switched(from, to string, failed bool) {
	st.Helper()
	synctest.Wait()
	s, _ := backend.As[backend.Switcher](st.s)
	select {
	case c := <-s.Switches():
		if c.From != from || c.To != to || (c.Err != nil) != failed {
			st.Errorf("%+v, want from %s to %s", c, from, to)
		}
	default:
		st.Errorf("no change from %s to %s", from, to)
	}
	if s.Device() != to {
		st.Errorf("it runs on %s, want %s", s.Device(), to)
	}
}

// position is that of the last tick.
func (st *stage) position() uint64 {
	synctest.Wait()
	tick := <-st.ticks
	st.ticks <- tick
	return tick.Position
}

func TestUnplugAndReplug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t)
		st.plug()
		st.open()
		first := st.card
		first.Advance(3 * period)
		if p := st.position(); p != 3*period {
			t.Fatal(p)
		}
		for round := range 3 {
			at := st.position()
			card := st.card
			st.mu.Lock()
			st.card = nil
			st.mu.Unlock()
			card.Fail(audio.ErrGone)
			st.switched("card", "null", true)
			if !card.Closed() {
				t.Error("the card that has gone is still held")
			}
			st.null.Advance(5 * period)
			if p := st.position(); p != at+5*period {
				t.Errorf("round %d: position %d after the unplug, want %d", round, p, at+5*period)
			}
			st.plugged <- struct{}{} // something else was plugged
			synctest.Wait()
			st.plug()
			st.plugged <- struct{}{}
			st.switched("null", "card", false)
			st.card.Advance(2 * period)
			if p := st.position(); p != at+7*period {
				t.Errorf("round %d: position %d after the replug, want %d", round, p, at+7*period)
			}
			if st.null.Running() {
				t.Error("the one that stood in still runs")
			}
			ramps(t, st.card.Played())
		}
		tick := <-st.ticks
		if tick.Lost != 1000 {
			t.Errorf("%d is heard of the card", tick.Lost)
		}
		end(st)
		if st.step == 0 || st.step > 1000/period+1 {
			t.Errorf("the largest step that is recorded is %d, want %d at most", st.step, 1000/period+1)
		}
	})
}

// ramps checks that what a card plays first rises to 1000 in a period.
func ramps(t *testing.T, played []byte) {
	t.Helper()
	if len(played) < 2*period*4 {
		t.Fatalf("%d bytes were played", len(played))
	}
	sample := func(frame int) int { return int(int16(binary.LittleEndian.Uint16(played[4*frame:]))) }
	for frame := 1; frame < 2*period; frame++ {
		if step := sample(frame) - sample(frame-1); step < 0 || step > 1000/period+1 {
			t.Fatalf("frame %d jumps from %d to %d", frame, sample(frame-1), sample(frame))
		}
	}
	if sample(0) > 10 || sample(period) != 1000 {
		t.Errorf("from %d to %d", sample(0), sample(period))
	}
}

// end closes everything.
func end(st *stage) {
	st.Helper()
	s, _ := backend.As[backend.Switcher](st.s)
	st.null.Fail(audio.ErrIO)
	st.mu.Lock()
	if st.card != nil {
		st.card.Fail(audio.ErrIO)
	}
	st.card = nil
	st.mu.Unlock()
	<-st.done
	if err := st.s.Close(); err != nil {
		st.Error(err)
	}
	for range s.Switches() {
	}
	if !st.null.Closed() {
		st.Error("null is still open")
	}
}

// TestNotPluggedAtStart: it begins on what there is, and moves when the card comes.
func TestNotPluggedAtStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t)
		st.open()
		st.switched("card", "null", true)
		d, _ := backend.As[backend.Delayer](st.s)
		if play, record := d.Delay(); play != 0 || record != 0 {
			t.Errorf("delay %d and %d on null", play, record)
		}
		st.null.Advance(4 * period)
		st.plug()
		st.plugged <- struct{}{}
		st.switched("null", "card", false)
		if play, record := d.Delay(); play != 2*period || record != 1 {
			t.Errorf("delay %d and %d on the card", play, record)
		}
		st.card.Advance(period)
		if p := st.position(); p != 5*period {
			t.Error(p)
		}
		end(st)
	})
}

// TestDifferentCardDoesNotStandIn: what was granted stays.
func TestDifferentCardDoesNotStandIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t)
		st.open()
		st.switched("card", "null", true)
		st.card = backendtest.NewClock(backend.Config{Play: true, Record: true, Period: 100})
		odd := st.card
		st.plugged <- struct{}{}
		synctest.Wait()
		s, _ := backend.As[backend.Switcher](st.s)
		if s.Device() != "null" || !odd.Closed() {
			t.Errorf("it runs on %s", s.Device())
		}
		r, _ := backend.As[backend.Reporter](st.s)
		st.plugged <- struct{}{} // it is told once
		synctest.Wait()
		if n := len(r.Reports()); n != 1 {
			t.Fatalf("%d reports", n)
		}
		if err := <-r.Reports(); !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), "card is there, but cannot take over") {
			t.Error(err)
		}
		end(st)
		if _, open := <-r.Reports(); open {
			t.Error("there are more reports")
		}
	})
}

func TestNothingOpens(t *testing.T) {
	none := func(backend.Config) (backend.Stream, error) { return nil, audio.ErrNoDevice.With("no card") }
	if _, err := standby.Open(backend.Config{}, standby.Options{Sources: []standby.Source{{Name: "a", Open: none}}}); !errors.Is(err, audio.ErrNoDevice) {
		t.Error(err)
	}
	if _, err := standby.Open(backend.Config{}, standby.Options{}); !errors.Is(err, audio.ErrInvalid) {
		t.Error(err)
	}
}

// TestRequired: what has to be there is opened once, and without it nothing is.
func TestRequired(t *testing.T) {
	for _, there := range []bool{true, false} {
		var cards, nulls int
		s, err := standby.Open(backend.Config{Period: period}, standby.Options{Required: true, Sources: []standby.Source{
			{Name: "card", Open: func(wish backend.Config) (backend.Stream, error) {
				if cards++; !there {
					return nil, audio.ErrNoDevice.With("no card")
				}
				return backendtest.NewClock(wish), nil
			}},
			{Name: "null", Open: func(wish backend.Config) (backend.Stream, error) {
				nulls++
				return backendtest.NewClock(wish), nil
			}},
		}})
		if there && (err != nil || cards != 1 || nulls != 1) {
			t.Errorf("the card was opened %d times, null %d times, %v", cards, nulls, err)
		}
		if !there && (!errors.Is(err, audio.ErrNoDevice) || cards != 1 || nulls != 0) {
			t.Errorf("without the card: it was tried %d times, null was opened %d times, %v", cards, nulls, err)
		}
		if s != nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestLooksFromTimeToTime: without Plugged the card is found by looking. On the best device there
// is no look at all.
func TestLooksFromTimeToTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opens atomic.Int32
		card := backendtest.NewClock(backend.Config{Period: period})
		var failed atomic.Bool
		stand := backendtest.NewClock(backend.Config{Period: period})
		s, err := standby.Open(card.Granted(), standby.Options{Look: time.Second, Sources: []standby.Source{
			{Name: "card", Open: func(backend.Config) (backend.Stream, error) {
				if opens.Add(1); failed.Load() {
					return nil, audio.ErrIO.With("it fails")
				}
				return card, nil
			}},
			{Name: "null", Open: func(backend.Config) (backend.Stream, error) { return stand, nil }},
		}})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if n := opens.Load(); n != 1 {
			t.Errorf("%d looks at a card that is there", n-1)
		}
		failed.Store(true)
		card.Fail(audio.ErrIO)
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		s.Wake()
		if _, err := s.Wait(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if n := opens.Load(); n < 10 || n > 25 {
			t.Errorf("%d looks in ten minutes", n-1)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestBacksOffFromWhatFails: a card that opens and fails at once is tried ever less often.
func TestBacksOffFromWhatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var opens atomic.Int32
		stand := backendtest.NewClock(backend.Config{Period: period})
		s, err := standby.Open(stand.Granted(), standby.Options{Look: time.Second, Sources: []standby.Source{
			{Name: "card", Open: func(backend.Config) (backend.Stream, error) {
				opens.Add(1)
				card := backendtest.NewClock(backend.Config{Period: period})
				card.Fail(audio.ErrIO)
				return card, nil
			}},
			{Name: "null", Open: func(backend.Config) (backend.Stream, error) { return stand, nil }},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				if _, err := s.Wait(); err != nil {
					return
				}
			}
		}()
		time.Sleep(time.Hour)
		if n := opens.Load(); n < 50 || n > 75 {
			t.Errorf("opened %d times in an hour", n)
		}
		stand.Fail(audio.ErrIO)
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
