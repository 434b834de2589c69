package loop

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// maxMarks bounds those of an end that are not yet reached.
const maxMarks = 1024

// Mark puts an eof mark behind the frame before position: a zero-length write (D21). When
// that frame is taken, eof counts up and everybody is told; running dry there is no xrun.
// ErrInvalid: an end that reads, or a position that is not written yet. ErrBusy: too many
// marks that are not yet reached. ErrGone: the server has closed.
func (e *End) Mark(_ context.Context, position uint64) error {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := e.cannotPlay(); err != nil {
		return err
	}
	switch written := (ring.Writer{Ring: e.Ring}).Written(); {
	case position > written:
		return audio.ErrInvalid.With("%s: a mark at frame %d, and only %d were written", l.spec.Name, position, written)
	case len(e.marks) == maxMarks:
		return audio.ErrBusy.With("%s: %d marks are not yet reached; wait for some", l.spec.Name, maxMarks)
	}
	if n := len(e.marks); n > 0 {
		position = max(position, e.marks[n-1]) // a program that goes back gets them together
	}
	e.marks = append(e.marks, position)
	e.LastMark.Store(position)
	e.MarkTo.Store(e.marks[0])
	e.passMarks()
	return nil
}

// passMarks counts and tells the marks that are reached. The caller holds loop.mu.
func (e *End) passMarks() {
	moved, passed := e.Moved.Load(), 0
	for passed < len(e.marks) && e.marks[passed] <= moved {
		passed++
	}
	if passed == 0 {
		return
	}
	e.marks = e.marks[passed:]
	var next uint64
	if len(e.marks) > 0 {
		next = e.marks[0]
	}
	e.MarkTo.Store(next)
	e.eofs += uint32(passed)
	for range passed {
		e.loop.emit(event.Event{Kind: event.EOF, End: e.role, Holder: e.holder})
	}
	e.loop.deviceMarked(passed)
}

// dropMarks forgets those that are not reached. The caller holds loop.mu, and no line uses
// the ring.
func (e *End) dropMarks() {
	e.passMarks()
	e.marks = nil
	e.MarkTo.Store(0)
	e.LastMark.Store(0)
}
