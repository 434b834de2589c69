package standby_test

import (
	"testing"
	"testing/synctest"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
	"github.com/loopbridge/loopbridge/backend/standby"
)

// tuned is a card with a pitch control.
type tuned struct{ *backendtest.Clock }

func (tuned) Pitch() backend.Pitch { return control{} }

type control struct{}

func (control) PitchRange() backend.PitchRange { return backend.PitchRange{Unit: 1e-5, Most: 1} }

func (control) SetPitch(int) error { return nil }

// TestPitch is that of the card, and nil while another device stands in.
func TestPitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		card, null := backendtest.NewClock(backend.Config{Period: period}), backendtest.NewClock(backend.Config{Period: period})
		s, err := standby.Open(card.Granted(), standby.Options{Sources: []standby.Source{
			{Name: "card", Open: func(backend.Config) (backend.Stream, error) { return tuned{card}, nil }},
			{Name: "null", Open: func(backend.Config) (backend.Stream, error) { return null, nil }},
		}})
		if err != nil {
			t.Fatal(err)
		}
		p, _ := backend.As[backend.Pitcher](s)
		on, _ := backend.As[backend.Switcher](s)
		if p.Pitch() != (control{}) || on.StandsIn() {
			t.Errorf("on the card: %v, stands in: %v", p.Pitch(), on.StandsIn())
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		card.Fail(audio.ErrGone)
		s.Wake()
		if _, err := s.Wait(); err != nil {
			t.Fatal(err)
		}
		if p.Pitch() != nil || !on.StandsIn() {
			t.Errorf("on null: %v, stands in: %v", p.Pitch(), on.StandsIn())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
