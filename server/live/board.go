package live

import (
	"slices"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/tap"
)

// Every is how often viewers get a text at most.
const Every = 50 * time.Millisecond

// Board shows viewers the meters that they watch. Any goroutine but an engine's may call its methods; they block for
// milliseconds.
type Board struct {
	hub *tap.Hub

	mu      sync.Mutex
	views   []*view
	running bool
	over    bool // nobody may watch any more
	served  sync.WaitGroup
}

// NewBoard returns a Board without viewers, which costs nothing.
func NewBoard(hub *tap.Hub) *Board { return &Board{hub: hub} }

// Watch shows a viewer meters, in place of those that it watched before; none if there are no places. ErrInvalid: the
// request makes no sense, and the viewer watches what it watched before. ErrReset: it is too late, the Board was waited for.
func (b *Board) Watch(w *Viewer, m *api.LiveMeters) error {
	v, places, err := newView(m)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return audio.ErrReset.With("the daemon stops")
	}
	b.leaveLocked(w)
	if len(places) == 0 {
		return nil
	}
	at := slices.IndexFunc(b.views, func(o *view) bool { return o.key == v.key })
	if m.Own {
		v.key, at = "", -1
	}
	if at < 0 {
		v.begin(b.hub, places)
		at, b.views = len(b.views), append(b.views, v)
	}
	w.own = m.Own
	b.views[at].viewers = append(b.views[at].viewers, w)
	if !b.running {
		b.running = true
		b.served.Go(b.run)
	}
	return nil
}

// Reset lets loudness and maxima of a viewer's own meters begin anew. It reports whether it has some.
func (b *Board) Reset(w *Viewer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.views {
		if w.own && slices.Contains(v.viewers, w) {
			for _, g := range v.gauges {
				g.reset()
			}
			return true
		}
	}
	return false
}

// Leave ends what a viewer watches.
func (b *Board) Leave(w *Viewer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leaveLocked(w)
}

func (b *Board) leaveLocked(w *Viewer) {
	b.views = slices.DeleteFunc(b.views, func(v *view) bool {
		v.leave(w)
		if len(v.viewers) > 0 {
			return false
		}
		v.end()
		return true
	})
}

// Wait lets nobody watch any more, and returns when those who do have left.
func (b *Board) Wait() {
	b.mu.Lock()
	b.over = true
	b.mu.Unlock()
	b.served.Wait()
}

func (b *Board) run() {
	t := time.NewTicker(Every)
	defer t.Stop()
	for range t.C {
		if !b.turn() {
			return
		}
	}
}

// turn shows all views what there is, and reports whether there are any.
func (b *Board) turn() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = len(b.views) > 0
	for _, v := range b.views {
		if !v.due() {
			continue
		}
		text := v.write()
		for _, w := range v.viewers {
			w.show(text)
		}
	}
	return b.running
}
