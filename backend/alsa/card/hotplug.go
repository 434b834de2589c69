package card

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
)

// Event is a card that came or went. Exactly one of Added, Removed and Note is set.
type Event struct {
	Added   bool // the card can be opened
	Removed bool // Card is as it was when it was added
	Card    Card
	Note    error // for the log: why a card cannot be opened, or how cards are watched
}

// retryAfter is the time between attempts to open a card that the user may not open yet: udev
// grants permission shortly after the kernel announces the card. It is also the interval of
// reading /proc/asound/cards where uevents are refused.
const (
	retryAfter = time.Second
	retries    = 10
)

// Watch reports which cards come and go, starting with an Added for each that is there. It waits
// for the kernel's uevents. If they are refused, it sends a Note and looks once a second. Its
// goroutines end and the channel closes when ctx is done. A slow receiver delays events but loses
// none. The error is audio.ErrIO if there is no way to watch.
func Watch(ctx context.Context) (<-chan Event, error) {
	w := &watcher{
		list:   func() []Card { cards, _ := Finder{}.Cards(); return cards },
		short:  func() string { text, _ := os.ReadFile("/proc/asound/cards"); return string(text) },
		usable: usable,
		events: make(chan Event, 16),
		known:  map[int]Card{}, tries: map[int]int{},
	}
	messages, err := uevents(ctx)
	if err != nil {
		if _, err := os.ReadFile("/proc/asound/cards"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, audio.ErrIO.With("sound cards cannot be watched: %v", err)
		}
		w.note = audio.ErrIO.With("the kernel refuses its hot plug events (%v): "+
			"/proc/asound/cards is read once a second instead", err)
	}
	go w.run(ctx, messages)
	return w.events, nil
}

// usable tries to open the control device of a card.
func usable(card int) error {
	fd, err := unix.Open(ControlNode(card), unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return NodeError(ControlNode(card), err)
	}
	return unix.Close(fd)
}

// watcher turns uevents into events. It belongs to one goroutine.
type watcher struct {
	list   func() []Card
	usable func(card int) error
	events chan Event
	note   error
	known  map[int]Card // reported as added
	tries  map[int]int  // left for cards that cannot be opened yet

	short   func() string // the kernel's list, cheaper than list
	glanced bool
	text    string // at the last glance
}

// run works until ctx is done. With nil messages it looks once a second.
func (w *watcher) run(ctx context.Context, messages <-chan uevent) {
	defer close(w.events)
	if messages == nil && !w.tell(ctx, Event{Note: w.note}) {
		return
	}
	timer := time.NewTimer(0) // look at once
	defer timer.Stop()
	for {
		var removed []int
		changed := true
		select {
		case <-ctx.Done():
			return
		case u, ok := <-messages:
			if !ok {
				messages = nil
				note := audio.ErrIO.With("the kernel's hot plug events have ended: " +
					"/proc/asound/cards is read once a second instead")
				if ctx.Err() != nil || !w.tell(ctx, Event{Note: note}) {
					return
				}
			}
			switch u.action {
			case "remove":
				removed = append(removed, u.card)
			case "add":
				w.tries[u.card] = retries
			}
		case <-timer.C:
			changed = w.glance()
		}
		if changed || w.trying() {
			for _, e := range w.look(removed) {
				if !w.tell(ctx, e) {
					return
				}
			}
		}
		if messages == nil || w.trying() {
			timer.Reset(retryAfter)
		}
	}
}

// glance reports whether the kernel's list has changed since the last glance.
func (w *watcher) glance() bool {
	text := w.short()
	changed := !w.glanced || text != w.text
	w.glanced, w.text = true, text
	return changed
}

// trying reports whether a card waits for another attempt to open it.
func (w *watcher) trying() bool {
	for _, left := range w.tries {
		if left > 0 {
			return true
		}
	}
	return false
}

func (w *watcher) tell(ctx context.Context, e Event) bool {
	select {
	case w.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// look compares the cards that are there with those reported. A card in removed that is there was
// unplugged and replaced.
func (w *watcher) look(removed []int) (events []Event) {
	cards := w.list()
	for number, c := range w.known {
		i := slices.IndexFunc(cards, func(n Card) bool { return n.Number == number })
		if i >= 0 && !slices.Contains(removed, number) && sameCard(c, cards[i]) {
			continue
		}
		events = append(events, Event{Removed: true, Card: c})
		delete(w.known, number)
	}
	for number := range w.tries {
		_, known := w.known[number]
		if known || !slices.ContainsFunc(cards, func(c Card) bool { return c.Number == number }) {
			delete(w.tries, number)
		}
	}
	slices.SortFunc(events, func(a, b Event) int { return a.Card.Number - b.Card.Number })
	for _, c := range cards {
		if _, known := w.known[c.Number]; !known {
			events = append(events, w.try(c)...)
		}
	}
	return events
}

// try opens a card not yet reported. After several attempts it reports why the card cannot be
// opened; a uevent of the card starts over.
func (w *watcher) try(c Card) []Event {
	left, trying := w.tries[c.Number]
	if !trying {
		left = retries
	}
	err := w.usable(c.Number)
	switch {
	case err == nil:
		delete(w.tries, c.Number)
		w.known[c.Number] = c
		return []Event{{Added: true, Card: c}}
	case left > 0:
		w.tries[c.Number] = left - 1 // at 0, only another uevent makes it try again, silently
		if left == 1 {
			return []Event{{Note: err, Card: c}}
		}
	}
	return nil
}

// sameCard reports whether the number still belongs to the same card.
func sameCard(a, b Card) bool {
	return a.ID == b.ID && a.Path == b.Path && a.Vendor == b.Vendor && a.Product == b.Product && a.Serial == b.Serial
}
