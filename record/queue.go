package record

import (
	"slices"
	"sync"

	"github.com/loopbridge/loopbridge/audio"
)

// queue carries frames from the reader to the writer of a recorder. Each of the two has its own methods; frames are
// copied and written without the lock. Positions count frames put since the queue was made.
//
//	released        fed            head
//	───┼── written ──┼── to write ───┼── free …
//	   └── kept until they are in the file
type queue struct {
	bell chan struct{} // rings the writer

	mu        sync.Mutex
	f         audio.Format
	frame     int // bytes
	size      uint64
	buf       []byte
	base      uint64 // position of the first byte of buf
	head      uint64
	fed       uint64
	released  uint64
	notes     []note
	losing    bool   // frames are lost until half of the queue is free
	lost      uint64 // so far, and not yet noted
	recording bool   // the writer is past a begin
	suspended bool   // the writer is to leave it alone
	saved     uint64 // position up to which the frames are in what Save wrote; 0: none
	savedAt   int64
	cutting   bool // the writer was asked to end its segment, for another format
}

// note is something that happens before a frame.
type note struct {
	At   uint64
	Kind noteKind
	Lost uint64 // frames
	Text string
}

type noteKind uint8

const (
	noteGap   noteKind = iota + 1 // Lost frames are missing
	noteQuiet                     // nothing could be heard for Lost frames
	noteMark                      // Text
	noteBegin                     // recording begins
	noteEnd                       // recording ends
	noteOver                      // the sound is over: the next frames do not follow
	noteCut                       // the segment ends, and the sound goes on
)

func newQueue() *queue { return &queue{bell: make(chan struct{}, 1)} }

// ring wakes the writer.
func (q *queue) ring() {
	select {
	case q.bell <- struct{}{}:
	default:
	}
}

// spanLocked returns the memory of frames from a position on, up to the end of buf.
func (q *queue) spanLocked(from, n uint64) []byte {
	at := (from - q.base) % q.size
	n = min(n, q.size-at)
	return q.buf[at*uint64(q.frame) : (at+n)*uint64(q.frame)]
}

// put appends whole frames, as many as there is room for; the others are lost, and counted before the next that are put.
// It returns how many were lost. The reader calls it.
func (q *queue) put(p []byte) (lost uint64) {
	frames := uint64(len(p) / q.frame)
	q.mu.Lock()
	if q.released == q.head { // what is empty begins at the front again, so that little memory is touched
		q.base = q.head
	}
	room, head := q.size-(q.head-q.released), q.head
	if q.losing && room < q.size/2 {
		room = 0
	} else if q.losing {
		q.losing = false
	}
	if q.lost > 0 && room > 0 {
		q.notes = append(q.notes, note{At: head, Kind: noteGap, Lost: q.lost})
		q.lost = 0
	}
	if frames > room {
		lost, frames, q.losing = frames-room, room, true
		q.lost += lost
	}
	a := q.spanLocked(head, frames)
	b := q.spanLocked(head+uint64(len(a)/q.frame), frames-uint64(len(a)/q.frame))
	q.mu.Unlock()
	copy(b, p[copy(a, p):frames*uint64(q.frame)])
	q.mu.Lock()
	q.head += frames
	q.mu.Unlock()
	q.ring()
	return lost
}

// note adds a note behind all frames.
func (q *queue) note(n note) {
	q.mu.Lock()
	q.noteLocked(n)
	q.mu.Unlock()
	q.ring()
}

func (q *queue) noteLocked(n note) {
	n.At = q.head
	if last := len(q.notes) - 1; last >= 0 && n.Kind == noteQuiet && q.notes[last].Kind == noteQuiet && q.notes[last].At == n.At {
		q.notes[last].Lost += n.Lost
		return
	}
	q.notes = append(q.notes, n)
}

// begin lets the writer record from its oldest frame on, or from now if it is about to end.
func (q *queue) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.ring()
	for i := len(q.notes) - 1; i >= 0; i-- {
		switch q.notes[i].Kind {
		case noteBegin:
			return
		case noteEnd:
			q.noteLocked(note{Kind: noteBegin})
			return
		}
	}
	q.recording = true
}

// end lets the writer record up to the last frame.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.noteLocked(note{Kind: noteEnd})
	q.ring()
}

// next returns what the writer does next: a note that is due, or up to n frames, or nothing. While nothing is recorded,
// it drops all but the newest keep frames.
func (q *queue) next(n, keep uint64) (frames []byte, due *note) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.suspended {
		return nil, nil
	}
	if !q.recording {
		return nil, q.forgetLocked(keep)
	}
	end := q.head
	if len(q.notes) > 0 {
		if end = q.notes[0].At; end <= q.fed {
			return nil, q.takeLocked()
		}
	}
	if n = min(n, end-q.fed); n == 0 {
		return nil, nil
	}
	return q.spanLocked(q.fed, n), nil
}

// forgetLocked drops all but keep frames before the next begin, if there is one, or else before the head. It returns a
// note that is dropped with them, or the begin.
func (q *queue) forgetLocked(keep uint64) *note {
	to := q.head
	begin := slices.IndexFunc(q.notes, func(n note) bool { return n.Kind == noteBegin })
	if begin >= 0 {
		to = q.notes[begin].At
	}
	if to-q.released > keep {
		q.released = to - keep
	}
	q.fed = q.released
	switch {
	case len(q.notes) > 0 && begin != 0 && (q.notes[0].At <= q.released || q.notes[0].Kind == noteEnd):
		return q.takeLocked()
	case begin >= 0:
		n := q.notes[begin]
		q.notes = slices.Delete(q.notes, begin, begin+1)
		q.recording = true
		return &n
	}
	return nil
}

func (q *queue) takeLocked() *note {
	n := q.notes[0]
	q.notes = q.notes[1:]
	if n.Kind == noteBegin || n.Kind == noteEnd {
		q.recording = n.Kind == noteBegin
	}
	return &n
}

// feed says that the writer has taken frames.
func (q *queue) feed(n uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fed += n
}

// release frees all but the last kept frames of what was fed: the file has the others.
func (q *queue) release(kept uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.released = max(q.released, q.fed-min(kept, q.fed))
}

// rewind lets the writer have again what was not released.
func (q *queue) rewind() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fed = q.released
}

// waits returns how many frames are not yet in a file, and how many fit.
func (q *queue) waits() (frames, size uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.head - q.released, q.size
}

// ready makes the queue fit for frames of a format, and reports whether it is: not before the writer has all that it is
// to write of another format. The reader calls it.
func (q *queue) ready(f audio.Format, frames int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.f == f && q.size == uint64(frames) {
		return true
	}
	if !q.recording && !slices.ContainsFunc(q.notes, func(n note) bool { return n.Kind == noteBegin }) {
		q.notes, q.released, q.fed = nil, q.head, q.head
	}
	if q.released != q.head {
		if !q.cutting {
			q.cutting = true
			q.noteLocked(note{Kind: noteCut})
		}
		q.ring()
		return false
	}
	q.f, q.frame, q.size = f, f.FrameBytes(), uint64(frames)
	q.buf, q.base, q.losing, q.cutting = make([]byte, frames*q.frame), q.head, false, false
	return true
}

// missing returns how many frames are lost and not yet noted.
func (q *queue) missing() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// format returns the format of the frames, and how many are not yet fed.
func (q *queue) format() (f audio.Format, frames uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.f, q.head - q.fed
}
