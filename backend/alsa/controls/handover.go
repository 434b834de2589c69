package controls

import (
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
	"github.com/loopbridge/loopbridge/mixer"
)

const kind = "alsa/controls"

// handed is the state in a backend.Handed; the stream is inside.
type handed struct {
	Card  Use       `json:"card"`
	Found []Setting `json:"found"` // to be restored; nil: nothing
}

// Use is what a Card knows of its use: plain data for another process.
type Use struct {
	Touched []ID        `json:"touched,omitempty"` // elements that it has written
	Muted   bool        `json:"muted,omitempty"`
	Kept    audio.Ports `json:"kept,omitempty"` // selected last for play
	Monitor int         `json:"monitor"`        // gain; −1: never set
}

// Use returns what c knows of its use. It allocates.
func (c *Card) Use() Use {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := Use{Muted: c.muted, Kept: c.kept, Monitor: c.monitor}
	for id := range c.touched {
		u.Touched = append(u.Touched, id)
	}
	slices.SortFunc(u.Touched, compareIDs)
	return u
}

// GoOn makes a new Card of the same hardware know what another process knew. It changes no element.
func (c *Card) GoOn(u Use) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range u.Touched {
		c.touched[id] = true
	}
	c.muted, c.kept, c.monitor = u.Muted, u.Kept, u.Monitor
}

// HandOver implements backend.Heir: the card keeps all its settings.
func (c *controlled) HandOver() (backend.Handed, error) {
	inner, err := backend.HandOver(c.Stream)
	if err != nil {
		return backend.Handed{}, err
	}
	h, err := backend.NewHanded(kind, handed{Card: c.hardware.card.Use(), Found: c.found})
	h.Inner = []backend.Handed{inner}
	h.Running, h.Readable, h.Writable = inner.Running, inner.Readable, inner.Writable
	return h, err
}

// Resume returns the stream that h describes, as Wrap would, without a change of the hardware: see backend.Heir. open resumes
// the stream inside. A stream that had no controls gets none, and one whose controls cannot be opened goes on without
// them, after a Note.
func Resume(h backend.Handed, o Options, open func(backend.Handed) (backend.Stream, card.Address, error)) (backend.Stream, error) {
	return resume(h, o, open, func(at card.Address) (*Card, error) { return Open(at, o.Names) })
}

func resume(h backend.Handed, o Options, open func(backend.Handed) (backend.Stream, card.Address, error),
	controls func(card.Address) (*Card, error)) (backend.Stream, error) {
	if h.Kind != kind {
		s, _, err := open(h)
		return s, err
	}
	var at handed
	if err := h.Decode(kind, &at, 0, 1); err != nil {
		return nil, err
	}
	if at.Card.Monitor < -1 || at.Card.Monitor > mixer.MaxGain {
		return nil, h.Damaged("a monitor gain of %d is out of range", at.Card.Monitor)
	}
	s, address, err := open(h.Inner[0])
	if err != nil {
		return nil, err
	}
	c, err := controls(address)
	if err != nil {
		o.note(audio.ErrIO.With("the card's own controls cannot be used any more: %v", err))
		return s, nil
	}
	c.GoOn(at.Card)
	return control(s, c, o, at.Found), nil
}
