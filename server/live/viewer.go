package live

import (
	"context"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
)

// queueRoom is how many messages beside meters a viewer may be late.
const queueRoom = 256

// Viewer is somebody who looks. Any goroutine may call its methods; one calls Next.
type Viewer struct {
	own bool // the board's: its meters are its own

	wake   bell // holds one if there is something
	mu     sync.Mutex
	meters []byte   // the latest; nil: none
	queue  [][]byte // messages that must not be missed
	missed uint64   // texts that were replaced by a later one
	over   bool     // the queue was full
}

// NewViewer returns a Viewer that watches nothing.
func NewViewer() *Viewer { return &Viewer{wake: newBell()} }

// show gives the viewer a text in place of one that it has not taken.
func (w *Viewer) show(text []byte) {
	w.mu.Lock()
	if w.meters != nil {
		w.missed++
	}
	w.meters = text
	w.mu.Unlock()
	w.wake.ring()
}

// Tell gives the viewer a message after those before. It does not block: a viewer that is too late gets an error from Next.
func (w *Viewer) Tell(text []byte) {
	w.mu.Lock()
	if len(w.queue) >= queueRoom {
		w.over = true
	} else {
		w.queue = append(w.queue, text)
	}
	w.mu.Unlock()
	w.wake.ring()
}

// Missed returns how many texts of meters were replaced by a later one, because the viewer was late.
func (w *Viewer) Missed() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.missed
}

// Next blocks until there is something to show. ErrReset: the viewer has not read for so long that it missed some.
func (w *Viewer) Next(ctx context.Context) ([]byte, error) {
	for {
		text, err := w.take()
		if text != nil || err != nil {
			return text, err
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (w *Viewer) take() (text []byte, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.over:
		return nil, audio.ErrReset.With("the viewer does not read")
	case len(w.queue) > 0:
		text, w.queue = w.queue[0], w.queue[1:]
	default:
		text, w.meters = w.meters, nil
	}
	return text, nil
}
