package standby_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/standby"
)

// pair is a card that can fail and its stand-in.
type pair struct {
	card, null *backendtest.Clock
	failed     atomic.Bool
}

func (p *pair) options() standby.Options {
	return standby.Options{Sources: []standby.Source{
		{Name: "card", Resume: p.card.Resume, Open: func(backend.Config) (backend.Stream, error) {
			if p.failed.Load() {
				return nil, audio.ErrNoDevice.With("no card")
			}
			return p.card, nil
		}},
		{Name: "null", Resume: p.null.Resume, Open: func(backend.Config) (backend.Stream, error) { return p.null, nil }},
	}}
}

// TestHandedOver: on the card, and after it has failed at any moment, also between two processes.
func TestHandedOver(t *testing.T) {
	backendtest.TestHeir(t, func(t *rapid.T) (one, twin backendtest.World) {
		c := backend.Config{Play: true, Record: true, Period: 10, Periods: 3}
		c.Format = audio.Format{Rate: 1000, Channels: 2, Encoding: rapid.SampledFrom([]audio.Encoding{audio.S16LE, audio.FloatLE}).Draw(t, "encoding")}
		absent := rapid.Bool().Draw(t, "absent")
		world := func() backendtest.World {
			p := &pair{card: backendtest.NewClock(c), null: backendtest.NewClock(c)}
			p.card.Feed(backendtest.NewCounter(c.Format).Fill)
			p.failed.Store(absent)
			s, err := standby.Open(p.null.Granted(), p.options())
			if err != nil {
				t.Fatal(err)
			}
			return backendtest.World{
				Stream: s,
				Resume: func(h backend.Handed) (backend.Stream, error) { return standby.Resume(h, p.options()) },
				Pass: func(frames int) {
					if p.failed.Load() {
						p.null.Pass(frames)
					} else {
						p.card.Pass(frames)
					}
				},
				Played: func() []byte { return append(p.card.Played(), p.null.Played()...) },
				Happen: func() {
					p.failed.Store(true)
					p.card.Fail(audio.ErrGone.With("pulled"))
				},
			}
		}
		return world(), world()
	})
}

// heirless is a device that cannot be handed over.
type heirless struct{ backend.Stream }

// play makes a cycle of an engine, woken unless frames pass on a clock.
func play(t *testing.T, s backend.Stream, c *backendtest.Clock, frames int) backend.Tick {
	t.Helper()
	if c == nil {
		s.Wake()
	} else {
		c.Pass(frames)
	}
	tick, err := s.Wait()
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, tick.Readable*4)
	if _, err = s.Read(block); err == nil {
		_, err = s.Write(block[:tick.Writable*4])
	}
	if err != nil {
		t.Fatal(err)
	}
	return tick
}

// TestNoHeir: a device that cannot be handed over is opened by the new program, silence plays until then, and what has
// passed is counted once. What it had open is closed.
func TestNoHeir(t *testing.T) {
	for _, wakes := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p := &pair{card: clock(), null: clock()}
			o := p.options()
			open := o.Sources[0].Open
			o.Sources[0].Open = func(c backend.Config) (backend.Stream, error) {
				s, err := open(c)
				return heirless{s}, err
			}
			s, err := standby.Open(p.null.Granted(), o)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			last := play(t, s, p.card, 3*period)
			h, err := backendtest.HandOver(s)
			if err != nil || len(h.Inner) != 1 {
				t.Fatalf("%+v, %v", h, err)
			}
			played := len(p.card.Played())
			if tick := play(t, s, p.card, period); tick.Position != 4*period || tick.Lost > 0 || len(p.card.Played()) == played {
				t.Errorf("used on, it has %+v", tick)
			}
			again := clock() // the card, in the new process
			o.Sources[0].Open = func(backend.Config) (backend.Stream, error) {
				if !p.failed.Load() {
					return nil, audio.ErrBusy.With("the old process has it")
				}
				return again, nil
			}
			plugged := make(chan struct{})
			o.Plugged = plugged
			p.null.SetBase(last.Time + int64(10*time.Millisecond)) // 480 frames away
			next, err := standby.Resume(h, o)
			if err != nil {
				t.Fatal(err)
			}
			if on := runsOn(next); on != "null" {
				t.Fatal("it goes on with", on)
			}
			if wakes {
				if tick := play(t, next, nil, 0); tick.Position != 3*period || tick.Lost > 0 {
					t.Errorf("first %+v", tick)
				}
			}
			if tick := play(t, next, p.null, 2*period); tick.Position != 6*period || tick.Lost != period {
				t.Errorf("then %+v, want one period lost", tick)
			}
			if tick := play(t, next, p.null, period); tick.Position != 7*period || tick.Lost != 0 {
				t.Errorf("and then %+v", tick)
			}
			p.failed.Store(true)
			plugged <- struct{}{}
			synctest.Wait()
			tick := play(t, next, nil, 0)
			if on := runsOn(next); on != "card" || tick.Position != 7*period {
				t.Errorf("%+v on %s", tick, on)
			}
			if tick := play(t, next, again, period); tick.Position != 8*period || tick.Lost != 0 {
				t.Errorf("on the card again %+v", tick)
			}
			if err := errors.Join(next.Close(), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCardHasGone: a card that does not go on is closed, whatever its own package makes of it.
func TestCardHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pair{card: clock(), null: clock()}
		s, err := standby.Open(p.null.Granted(), p.options())
		if err == nil {
			err = s.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		h, err := backend.HandOver(s)
		if err != nil {
			t.Fatal(err)
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		fd, err := syscall.Dup(int(w.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		h.Inner[1].Files = []int{fd}
		p.failed.Store(true)
		next, err := standby.Resume(h, p.options()) // a Clock has no file
		if err != nil {
			t.Fatal(err)
		}
		if on := runsOn(next); on != "null" {
			t.Error("it goes on with", on)
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil { // its end: no writer is left
			t.Error("the descriptor is still open:", n, err)
		}
		sw, _ := backend.As[backend.Switcher](next)
		if change := <-sw.Switches(); change.From != "card" || change.To != "null" || !errors.Is(change.Err, audio.ErrInvalid) {
			t.Errorf("%+v", change)
		}
		if err := errors.Join(next.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
}

// TestRest: nobody is handed over while the supervisor opens a device, or while one hangs; and while a stream is handed over
// the supervisor opens none, until the engine goes on.
func TestRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		null, release, plugged := clock(), make(chan struct{}), make(chan struct{}, 1)
		var opens atomic.Int32
		s := openOn(t, null, plugged, func(backend.Config) (backend.Stream, error) {
			if opens.Add(1) == 2 {
				<-release
			}
			return nil, audio.ErrNoDevice.With("no card")
		})
		synctest.Wait()
		plugged <- struct{}{}
		synctest.Wait()
		for _, wait := range []time.Duration{0, time.Minute} { // it opens one; it has given up
			time.Sleep(wait)
			if _, err := backend.HandOver(s); !errors.Is(err, audio.ErrBusy) {
				t.Errorf("after %v: %v", wait, err)
			}
		}
		close(release)
		synctest.Wait()
		if _, err := backend.HandOver(s); err != nil {
			t.Error("when it has answered:", err)
		}
		if _, err := backend.HandOver(s); err != nil {
			t.Error("a second time:", err)
		}
		before := opens.Load()
		plugged <- struct{}{}
		time.Sleep(time.Hour)
		if opens.Load() != before {
			t.Error("a card was opened while the stream was handed over")
		}
		s.Wake()
		if _, err := s.Wait(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if opens.Load() == before {
			t.Error("no card was opened when the engine went on")
		}
		if _, err := backend.HandOver(s); err != nil {
			t.Error("before Close:", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestDamaged(t *testing.T) {
	p := &pair{card: clock(), null: clock()}
	s, err := standby.Open(p.null.Granted(), p.options())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h, err := backend.HandOver(s)
	if err != nil {
		t.Fatal(err)
	}
	resume := func(h backend.Handed) (backend.Stream, error) { return standby.Resume(h, p.options()) }
	backendtest.TestDamaged(t, h, resume)
	for old, new := range map[string]string{
		`"rate":48000`:              `"rate":1`,
		`"Period":480`:              `"Period":0`,
		`"Periods":4`:               `"Periods":1`,
		`"Periods":4}`:              `"Periods":1000000000000}`,
		`"sources":["null","card"]`: `"sources":["card"]`,
		`"reached":0`:               `"reached":18446744073709551615`,
		`"time":0`:                  `"time":-1`,
		`"played":{"last":"AAAA`:    `"played":{"left":-1,"last":"AAAA`,
		`"played":{"last":"AAAAAA`:  `"played":{"left":1,"last":"AAAAAA`,
		`"recorded":{"last":"AAAA`:  `"recorded":{"last":"`,
	} {
		other := h
		other.State = json.RawMessage(strings.Replace(string(h.State), old, new, 1))
		if string(other.State) == string(h.State) {
			t.Fatalf("%s has no %s", h.State, old)
		}
		if s, err := resume(other); s != nil || !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("%s: %v, %v", new, s, err)
		}
	}
}

// FuzzResume: whatever is handed over, there is an error, or a stream that can be used.
func FuzzResume(f *testing.F) {
	p := &pair{card: clock(), null: clock()}
	s, err := standby.Open(p.null.Granted(), p.options())
	if err != nil {
		f.Fatal(err)
	}
	h, err := backend.HandOver(s)
	if err = errors.Join(err, s.Close()); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(h.State), []byte(h.Inner[0].State), []byte(h.Inner[1].State), true, 1, 2)
	f.Fuzz(func(t *testing.T, state, null, card []byte, running bool, readable, writable int) {
		p := &pair{card: clock(), null: clock()}
		kind := h.Inner[0].Kind
		h := backend.Handed{Kind: h.Kind, State: state, Running: running, Readable: readable, Writable: writable}
		h.Inner = []backend.Handed{{Kind: kind, State: null}, {Kind: kind, State: card, Running: running}}
		s, err := standby.Resume(h, p.options())
		if err != nil {
			return
		}
		s.Wake()
		if tick, err := s.Wait(); err != nil || tick.Readable < 0 || tick.Writable < 0 {
			t.Errorf("%+v, %v", tick, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
