package standby_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/standby"
)

// clock is a device of the tests.
func clock() *backendtest.Clock {
	return backendtest.NewClock(backend.Config{Play: true, Record: true, Period: period})
}

// openOn opens a stream on what card opens, with null to stand in.
func openOn(t *testing.T, null *backendtest.Clock, plugged chan struct{}, card backendtest.Opener) backend.Stream {
	t.Helper()
	s, err := standby.Open(null.Granted(), standby.Options{Plugged: plugged, Look: time.Second, Sources: []standby.Source{
		{Name: "card", Open: card},
		{Name: "null", Open: func(backend.Config) (backend.Stream, error) { return null, nil }},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve serves a stream until its stand-in fails, and keeps the position of the last tick.
func serve(t *testing.T, s backend.Stream) (position *atomic.Uint64, done chan struct{}) {
	position, done = new(atomic.Uint64), make(chan struct{})
	go func() {
		defer close(done)
		block := make([]byte, 8*period*4)
		for {
			tick, err := s.Wait()
			if err != nil {
				return
			}
			if tick.Position < position.Load() {
				t.Errorf("position %d follows %d", tick.Position, position.Load())
			}
			position.Store(tick.Position)
			if tick.Lost > 0 {
				t.Errorf("%d frames are lost", tick.Lost)
			}
			if _, err := s.Read(block[:4*tick.Readable]); err != nil {
				t.Error(err)
			}
			if _, err := s.Write(block[:4*tick.Writable]); err != nil {
				t.Error(err)
			}
		}
	}()
	return position, done
}

func runsOn(s backend.Stream) string {
	synctest.Wait()
	on, _ := backend.As[backend.Switcher](s)
	return on.Device()
}

// said are the reports until now.
func said(s backend.Stream) (all []string) {
	synctest.Wait()
	r, _ := backend.As[backend.Reporter](s)
	for len(r.Reports()) > 0 {
		all = append(all, (<-r.Reports()).Error())
	}
	return all
}

// TestStartHangsBelowAProgram: a card that is plugged in while a program plays, and whose start
// does not return, costs that program nothing. When it answers at last it is used.
func TestStartHangsBelowAProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		null, card, release := clock(), clock(), make(chan struct{})
		var there atomic.Bool
		var opens atomic.Int32
		plugged := make(chan struct{}, 1)
		s := openOn(t, null, plugged, func(backend.Config) (backend.Stream, error) {
			if !there.Load() {
				return nil, audio.ErrNoDevice.With("no card")
			}
			if opens.Add(1) == 1 {
				return backendtest.Hanging(clock(), release, "Start"), nil
			}
			return card, nil
		})
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		position, done := serve(t, s)
		there.Store(true)
		plugged <- struct{}{}
		for n := range 30 { // 12 s, past the time at which the start is given up
			time.Sleep(400 * time.Millisecond)
			null.Advance(period)
			synctest.Wait()
			if want := uint64(n+1) * period; position.Load() != want || runsOn(s) != "null" {
				t.Fatalf("position %d on %s, want %d on null", position.Load(), runsOn(s), want)
			}
		}
		if got := said(s); len(got) != 1 || !strings.Contains(got[0], "card does not answer: starting it was given up after 10s") {
			t.Errorf("it says %q", got)
		}
		if opens.Load() != 1 {
			t.Errorf("opened %d times while a call hangs", opens.Load())
		}
		close(release)
		if on := runsOn(s); on != "card" || opens.Load() != 2 {
			t.Errorf("it runs on %s after it has answered, opened %d times", on, opens.Load())
		}
		card.Advance(2 * period)
		synctest.Wait()
		if want := uint64(32 * period); position.Load() != want {
			t.Errorf("position %d, want %d", position.Load(), want)
		}
		finish(t, s, done, null, card)
	})
}

// finish breaks all devices, so that the engine ends, and closes the stream.
func finish(t *testing.T, s backend.Stream, done chan struct{}, clocks ...*backendtest.Clock) {
	t.Helper()
	for _, c := range clocks {
		c.Fail(audio.ErrIO)
	}
	<-done
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for _, c := range clocks {
		if !c.Closed() {
			t.Error("a device is still open")
		}
	}
}

// TestCallsThatHang: while nothing plays the engine waits for Start and Stop, but only for a
// limited time, and so does Close.
func TestCallsThatHang(t *testing.T) {
	for _, call := range []string{"Start", "Stop", "Close"} {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				null, release := clock(), make(chan struct{})
				card := clock()
				s := openOn(t, null, nil, func(backend.Config) (backend.Stream, error) {
					return backendtest.Hanging(card, release, call), nil
				})
				began := time.Now()
				if err := s.Start(); err != nil {
					t.Error(err)
				}
				if err := s.Stop(); err != nil {
					t.Error(err)
				}
				sw, _ := backend.As[backend.Switcher](s)
				if call != "Close" {
					change := <-sw.Switches()
					if change.To != "null" || !strings.Contains(change.Err.Error(), "was given up after 4s") {
						t.Errorf("%+v", change)
					}
				}
				err := s.Close()
				if (err != nil) != (call == "Close") {
					t.Errorf("close: %v", err)
				}
				if passed := time.Since(began); passed > 20*time.Second { // virtual time
					t.Errorf("all took %v", passed)
				}
				close(release)
				synctest.Wait()
				if !card.Closed() || !null.Closed() {
					t.Error("not all is closed when it has answered")
				}
			})
		})
	}
}

// TestOpenHangs: a device whose open does not return holds up nothing, and is used when it does.
func TestOpenHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		null, release := clock(), make(chan struct{})
		var opens atomic.Int32
		card, late := clock(), clock()
		s := openOn(t, null, nil, func(backend.Config) (backend.Stream, error) {
			if opens.Add(1) == 1 {
				<-release
				return late, nil
			}
			return card, nil
		})
		if on := runsOn(s); on != "null" {
			t.Errorf("it runs on %s", on)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		position, done := serve(t, s)
		null.Advance(3 * period)
		time.Sleep(time.Hour)
		if n := opens.Load(); n != 1 {
			t.Errorf("opened %d times while that hangs", n)
		}
		close(release)
		if on := runsOn(s); on != "card" || !late.Closed() {
			t.Errorf("it runs on %s; what came too late is closed: %v", on, late.Closed())
		}
		card.Advance(period)
		synctest.Wait()
		if position.Load() != 4*period {
			t.Errorf("position %d", position.Load())
		}
		finish(t, s, done, null, card)
	})
}
