package route_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/loop/route"
)

// served is an engine for a joint, which can be held.
type served struct {
	*testing.T
	j        *route.Joint
	hold     atomic.Bool
	held     chan struct{}
	position uint64
	read     uint64 // frames, and those lost
	heard    []byte
}

func serve(t *testing.T, j *route.Joint) *served {
	s := &served{T: t, j: j, held: make(chan struct{})}
	go s.run()
	return s
}

func (s *served) run() {
	defer close(s.held)
	block := make([]byte, 100*period*8)
	for !s.hold.Load() {
		tick, err := s.j.Wait()
		if err != nil {
			s.Error(err)
			return
		}
		s.position = tick.Position
		n, err := s.j.Read(block[:tick.Readable*8])
		if err == nil {
			s.heard = append(s.heard, block[:n*8]...)
			_, err = s.j.Write(block[:tick.Writable*8])
		}
		if s.read += uint64(n) + tick.Lost; err != nil || s.read != s.position {
			s.Errorf("position %d with %d frames read or lost: %v", s.position, s.read, err)
			return
		}
	}
}

func (s *served) stop() {
	s.hold.Store(true)
	s.j.Wake()
	<-s.held
}

// TestJointIsHandedOver: positions go on, and what the second card records comes again soon; a joint that stays loses
// nothing.
func TestJointIsHandedOver(t *testing.T) {
	for name, cannot := range map[string]bool{"both": false, "the one that plays": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{T: t}
				play, record := w.card(backend.Config{Play: true}, -100), w.card(backend.Config{Record: true}, 100)
				record.sing()
				again := record // in the new process
				var records backend.Stream = record.Clock
				if cannot {
					again = w.card(backend.Config{Record: true}, 100)
					again.sing()
					records = struct{ backend.Stream }{record.Clock}
				}
				old, err := route.NewJoint(play.Clock, records, route.JointOptions{Name: "both"})
				if err != nil {
					t.Fatal(err)
				}
				if err := old.Start(); err != nil {
					t.Fatal(err)
				}
				s := serve(t, old)
				w.run(30)
				s.stop()
				if _, err := backend.HandOver(old); err != nil {
					t.Fatal(err)
				}
				before, frames := s.position, len(s.heard)
				s.hold.Store(false)
				s.held = make(chan struct{})
				go s.run()
				w.run(10)
				s.stop()
				if now, ok := old.Status().Servo(); !ok || now.Resyncs > 0 || old.Status().Missing.Load() > 0 || s.position < before+9*48000 {
					t.Errorf("used on: %+v, %d frames are missing, position %d", now, old.Status().Missing.Load(), s.position)
				}
				if peak := peakOf(s.heard[frames:]); peak < 0.1 {
					t.Errorf("used on, it records %v", peak)
				}
				h, err := backendtest.HandOver(old)
				if err != nil {
					t.Fatal(err)
				}
				if twice, err := backend.HandOver(old); err != nil || len(twice.Inner) != len(h.Inner) {
					t.Fatalf("again: %+v, %v", twice, err)
				}
				next, err := route.ResumeJoint(h, play.Resume, func(h *backend.Handed) (backend.Stream, error) {
					if (h == nil) != cannot {
						t.Errorf("the stream that records is %v", h)
					}
					if h == nil {
						return again.Clock, nil
					}
					return record.Resume(*h)
				}, route.JointOptions{Name: "both"})
				if err != nil {
					t.Fatal(err)
				}
				if next.Granted() != old.Granted() {
					t.Errorf("granted %+v, it was %+v", next.Granted(), old.Granted())
				}
				if cannot {
					w.cards = []*card{play, again}
					again.at = play.at
				}
				at := s.position
				s = serve(t, next)
				s.read = at
				synctest.Wait()
				w.run(30)
				s.stop()
				if s.position < at+29*48000 {
					t.Errorf("position %d, it was %d", s.position, at)
				}
				if peak := peakOf(s.heard[len(s.heard)-8*48000:]); peak < 0.1 {
					t.Errorf("at last it records %v", peak)
				}
				if err := errors.Join(next.Close(), old.Close()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// peakOf returns the largest sample of a second and more.
func peakOf(sound []byte) (peak float32) {
	x := make([]float32, len(sound)/4)
	audio.FloatLE.Decode(x, sound)
	for _, v := range x {
		peak = max(peak, v)
	}
	return peak
}

// TestDamagedJoint: what cannot be is refused, and closes what was taken over.
func TestDamagedJoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		open := func() (play, record *backendtest.Clock) {
			return backendtest.NewClock(backend.Config{Play: true}), backendtest.NewClock(backend.Config{Record: true})
		}
		play, record := open()
		j, err := route.NewJoint(play, record, route.JointOptions{Name: "both"})
		if err != nil {
			t.Fatal(err)
		}
		h, err := backendtest.HandOver(j)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		resume := func(h backend.Handed) error {
			play, record := open()
			j, err := route.ResumeJoint(h, play.Resume, func(h *backend.Handed) (backend.Stream, error) {
				return record.Resume(*h)
			}, route.JointOptions{Name: "both"})
			if err == nil {
				return j.Close()
			}
			return err
		}
		if err := resume(h); err != nil {
			t.Error("as it is:", err)
		}
		for name, change := range map[string]func(*backend.Handed){
			"kind":   func(h *backend.Handed) { h.Kind = "null" },
			"none":   func(h *backend.Handed) { h.Inner = nil },
			"three":  func(h *backend.Handed) { h.Inner = append(h.Inner, h.Inner[0]) },
			"runs":   func(h *backend.Handed) { h.Running = true },
			"left":   func(h *backend.Handed) { h.Running, h.Inner[0].Running, h.Readable = true, true, 1 },
			"half":   func(h *backend.Handed) { h.State = h.State[:9] },
			"record": func(h *backend.Handed) { h.Inner[1].Kind = "null" },
			"play":   func(h *backend.Handed) { h.Inner[0].State = nil },
			"much": func(h *backend.Handed) {
				h.Running, h.Inner[0].Running, h.Readable = true, true, 1<<40
				h.State = json.RawMessage(strings.Replace(string(h.State), `"left":0`, `"left":1099511627776`, 1))
			},
			"rate": func(h *backend.Handed) {
				h.State = json.RawMessage(strings.Replace(string(h.State), `"Nominal":48000`, `"Nominal":0`, 1))
			},
		} {
			other := h
			other.Inner = append([]backend.Handed(nil), h.Inner...)
			change(&other)
			if err := resume(other); !errors.Is(err, audio.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
