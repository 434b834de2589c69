package backendtest

import (
	"github.com/loopbridge/loopbridge/backend"
)

// HandOver implements backend.Heir.
func (c *Clock) HandOver() (backend.Handed, error) { return backend.HandOver(c.Stream) }

const clockKind = "backendtest"

// clockState lets a mistaken Resume of another clock show.
type clockState struct {
	Opened   backend.Config
	Position uint64
}

// HandOver implements backend.Heir.
func (d driver) HandOver() (backend.Handed, error) {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return backend.NewHanded(clockKind, clockState{d.c.opened, d.c.position})
}

// Resume returns the engine's side of the same clock, for the engine that takes the place of the one that handed h over.
// Time may pass in between: call Pass, because Jump blocks until an engine waits. The Clock
// must not be the stream of an engine any more.
func (c *Clock) Resume(h backend.Handed) (backend.Stream, error) {
	var s clockState
	if err := h.Decode(clockKind, &s, 0, 0); err != nil {
		return nil, err
	}
	c.mu.Lock()
	opened, position := c.opened, c.position
	c.mu.Unlock()
	if want := (clockState{opened, position}); s != want {
		return nil, h.Damaged("it is %+v, and not %+v", want, s)
	}
	g, err := backend.GuardResumed(driver{c}, h, opened.Period*opened.Periods)
	if err != nil {
		return nil, err
	}
	return &resumed{g, c}, nil
}

// resumed is the engine's side of a Clock, with its abilities.
type resumed struct {
	backend.Stream
	c *Clock
}

var (
	_ backend.Heir  = (*Clock)(nil)
	_ backend.Heir  = (*resumed)(nil)
	_ backend.Pacer = (*resumed)(nil)
)

// HandOver implements backend.Heir.
func (r *resumed) HandOver() (backend.Handed, error) { return backend.HandOver(r.Stream) }

// SetPeriod implements backend.Pacer.
func (r *resumed) SetPeriod(frames int) int { return r.c.SetPeriod(frames) }
