package controls

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

// TestHandedOver: the card keeps its settings, and gets those back that it had before the first process, when the last
// one closes it. A monitor follows the port, and a mute stays one.
func TestHandedOver(t *testing.T) {
	m, f := cardOf(t, cardAC97(), Names{})
	f.set("Headphone Playback Volume", 7, 9)
	f.set("Headphone Playback Switch", 1)
	found := f.all()
	clock := backendtest.NewClock(backend.Config{Play: true, Record: true})
	s := WrapCard(clock, m, Options{Restore: true, Volume: true, Monitor: true})
	_, gainErr := m.SetGain(play, 77, Nearest)
	if err := errors.Join(gainErr, m.Select(play, headphone), m.Select(record, lineIn), m.SetMuted(true)); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	set := f.all()
	h, err := backendtest.HandOver(s)
	if err != nil || !h.Running {
		t.Fatal(h, err)
	}
	again := &fakeCard{list: f.list, values: f.all(), events: make(chan Event, 1000), stop: make(chan struct{})}
	open := func(h backend.Handed) (backend.Stream, card.Address, error) {
		s, err := clock.Resume(h)
		return s, card.Address{Card: 3, Device: 1}, err
	}
	next, err := resume(h, Options{Volume: true}, open, func(at card.Address) (*Card, error) {
		if at.Card != 3 {
			t.Error("the controls of", at)
		}
		return New(again, Names{})
	})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(f.all(), set, slices.Equal) || len(again.writes) != 0 {
		t.Error("the card was changed")
	}
	c, ok := next.(backend.Controller)
	if !ok {
		t.Fatal("there are no controls")
	}
	ports, err := c.Controls().Selected(audio.Play)
	if muted, ok := c.Controls().(backend.Muter).Muted(); ports != headphone || err != nil || !muted || !ok {
		t.Errorf("it has %s, %v, muted %v", ports.Names(audio.Play), err, muted)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	if !maps.EqualFunc(again.all(), found, slices.Equal) {
		t.Errorf("it leaves %v, and found %v", again.all(), found)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestControlsDoNotGoOn: a stream without controls stays one, and one whose controls are lost says so.
func TestControlsDoNotGoOn(t *testing.T) {
	clock := backendtest.NewClock(backend.Config{Play: true})
	open := func(h backend.Handed) (backend.Stream, card.Address, error) {
		s, err := clock.Resume(h)
		return s, card.Address{}, err
	}
	plain, err := backend.HandOver(clock)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Resume(plain, Options{}, open)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := backend.As[backend.Controller](s); ok {
		t.Error("it has controls now")
	}
	m, _ := cardOf(t, cardAC97(), Names{})
	w := WrapCard(clock, m, Options{})
	defer w.Close()
	h, err := backend.HandOver(w)
	if err != nil {
		t.Fatal(err)
	}
	var note error
	gone := func(card.Address) (*Card, error) { return nil, audio.ErrGone.With("unplugged") }
	s, err = resume(h, Options{Note: func(err error) { note = err }}, open, gone)
	if err != nil || note == nil || !strings.Contains(note.Error(), "unplugged") {
		t.Errorf("%v, %v, note %v", s, err, note)
	}
	for want, change := range map[string]func(*backend.Handed){
		"monitor gain of 1000": func(h *backend.Handed) {
			h.State = []byte(strings.Replace(string(h.State), `"monitor":-1`, `"monitor":1000`, 1))
		},
		"is damaged":       func(h *backend.Handed) { h.State = h.State[1:] },
		"0 streams inside": func(h *backend.Handed) { h.Inner = nil },
		"backendtest":      func(h *backend.Handed) { h.Inner = []backend.Handed{*h} },
	} {
		h := h
		change(&h)
		if s, err := resume(h, Options{}, open, gone); s != nil || !errors.Is(err, audio.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, s, err)
		}
	}
}

// all returns the values of all elements.
func (f *fakeCard) all() map[ID][]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.values)
}
