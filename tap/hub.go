package tap

import (
	"slices"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/mixer"
)

// Every is how often ears are given what was heard. Whoever compares frames with a clock allows for it.
const Every = 20 * time.Millisecond

const (
	room   = 500 * time.Millisecond // of sound that a hub may be late
	relook = 50                     // turns after which it looks for its places again, whether something happened or not
)

// Bay is where places are found: a loop.Patchbay.
type Bay interface {
	// Find returns the subject of a name.
	Find(name string) (loop.Subject, error)
	// Revision returns a number that changes when a subject comes or goes, or a program at it.
	Revision() (events uint64, next <-chan struct{})
}

// Ear hears a place. The hub calls it on a goroutine of its own, which serves all ears: an ear may block for
// milliseconds, and must not call Listen or Close.
type Ear interface {
	// Begin says what the frames that follow are; its encoding means nothing. Without channels nothing can be heard for
	// now: no program holds the end, or the device has gone.
	Begin(f audio.Format)
	// Hear is given whole interleaved frames, for the time of the call; full scale is ±1. lost frames are missing
	// before or among them.
	Hear(frames []float32, lost int)
}

// Turner is an Ear that wants to know that time passes, also while nothing comes.
type Turner interface {
	// Turn is called fifty times a second, after the ear was given all that came until then. So whoever finds that nothing
	// came has not only been called late.
	Turn()
}

// Hub gives ears what they listen to. Only one hub may listen to a bay. Any goroutine but an engine's may call its
// methods; they block for milliseconds.
type Hub struct {
	bay Bay

	mu       sync.Mutex
	places   map[Place]*station
	feeds    map[*mixer.Probe]*feed // of all places; two may share one
	running  bool
	revision uint64
	turns    int
	served   sync.WaitGroup
}

// NewHub returns a hub without listeners, which costs nothing.
func NewHub(bay Bay) *Hub {
	return &Hub{bay: bay, places: make(map[Place]*station), feeds: make(map[*mixer.Probe]*feed)}
}

// Listener is an ear at a place.
type Listener struct {
	hub   *Hub
	place Place
	ear   Ear
	f     audio.Format // it was told
	begun bool
}

// Listen lets an ear hear a place from now on, whether it is there yet or not.
func (h *Hub) Listen(p Place, ear Ear) *Listener {
	l := &Listener{hub: h, place: p, ear: ear}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.places[p]
	if s == nil {
		s = &station{place: p}
		h.places[p] = s
		h.look(s)
	}
	s.listeners = append(s.listeners, l)
	if !h.running {
		h.running = true
		h.served.Go(h.run)
	}
	return l
}

// Close ends the listening. No call of the ear begins after it has returned.
func (l *Listener) Close() {
	h := l.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.places[l.place]
	if s == nil || !slices.Contains(s.listeners, l) {
		return
	}
	s.listeners = slices.DeleteFunc(s.listeners, func(o *Listener) bool { return o == l })
	if len(s.listeners) == 0 {
		delete(h.places, l.place)
		h.sweep()
	}
}

// Wait returns when the goroutine of a hub without listeners has ended.
func (h *Hub) Wait() { h.served.Wait() }

func (h *Hub) run() {
	t := time.NewTicker(Every)
	defer t.Stop()
	for range t.C {
		if !h.turn() {
			return
		}
	}
}

// turn gives all ears what there is, and reports whether there are any.
func (h *Hub) turn() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.places) == 0 {
		h.running = false
		return false
	}
	revision, _ := h.bay.Revision() // first: what ended before is read whole
	for _, f := range h.feeds {
		f.read()
	}
	for _, s := range h.places {
		s.serve()
		s.turn()
	}
	h.turns++
	if revision != h.revision || h.turns%relook == 0 {
		h.revision = revision
		for _, s := range h.places {
			h.look(s)
		}
		h.sweep()
	}
	return true
}

// look finds the streams that are heard at a place now.
func (h *Hub) look(s *station) {
	s.feeds = s.feeds[:0]
	subject, err := h.bay.Find(s.place.Subject)
	if err != nil {
		return
	}
	for _, p := range s.place.probes(subject) {
		f := h.feeds[p]
		if f == nil {
			f = &feed{probe: p}
			h.feeds[p] = f
		}
		s.feeds = append(s.feeds, f)
	}
}

// sweep closes the probes that no place needs any more.
func (h *Hub) sweep() {
	for _, f := range h.feeds {
		f.used = false
	}
	for _, s := range h.places {
		for _, f := range s.feeds {
			f.used = true
		}
	}
	for p, f := range h.feeds {
		if !f.used {
			p.Close()
			delete(h.feeds, p)
		}
	}
}
