package loop

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// maxMarks limits the marks of an end that are not yet reached.
const maxMarks = 1024

// Mark puts an eof mark at position, after frames that are already written: the zero-length write
// of audio(7I). When they are taken, eof counts up and an event tells; running dry there is no
// xrun. ErrInvalid: the end reads, or the position is not written yet. ErrBusy: too many marks are
// not yet reached. ErrGone: the server of this client has closed.
func (e *End) Mark(_ context.Context, position uint64) error {
	l := e.loop
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := e.checkCanPlayLocked(); err != nil {
		return err
	}
	switch written := (ring.Writer{Ring: e.Ring}).Written(); {
	case position > written:
		return audio.ErrInvalid.With("%s: a mark at frame %d, and only %d were written", l.spec.Name, position, written)
	case len(e.marks) == maxMarks:
		return audio.ErrBusy.With("%s: %d marks are not yet reached; wait for some", l.spec.Name, maxMarks)
	}
	if n := len(e.marks); n > 0 {
		position = max(position, e.marks[n-1]) // ascending, even if the program goes back
	}
	e.marks = append(e.marks, position)
	e.LastMark.Store(position)
	e.MarkTo.Store(e.marks[0])
	e.passMarksLocked()
	return nil
}

// passMarksLocked counts the marks that are reached, and sends their events.
func (e *End) passMarksLocked() {
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
	e.loop.markDeviceLocked(passed)
}

// dropMarksLocked forgets the marks that are not reached. No line may use the ring.
func (e *End) dropMarksLocked() {
	e.passMarksLocked()
	e.marks = nil
	e.MarkTo.Store(0)
	e.LastMark.Store(0)
}
