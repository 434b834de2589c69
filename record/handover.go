package record

import (
	"cmp"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
)

// Handed is what a recorder knows beside its Spec and its end: plain data for another process.
type Handed struct {
	Name      string
	Order     order
	Recording bool         // the writer is past a begin
	Format    audio.Format // of the frames that wait
	Saved     uint64       // frames that are in what Board.Save has written
	SavedAt   int64        // byte at which they begin
	Frames    []byte       // behind them, that are in no file yet
	Notes     []note       // positions are counted from the first of these
	Lost      uint64
	Hold      time.Duration // until the trigger counts as lowered; 0: it is not about to
	Status    Counts
}

// Counts are the counts of a Status.
type Counts struct {
	Frames, Bytes, Segments, Gaps, Missing, Silent, Removed uint64
}

// leaving is how long all disks together have, before a handover, to end the segments. What is in no file then goes to
// the new process in memory.
const leaving = 2 * time.Second

// Suspend ends the segments of all recorders, before a handover, and lets frames wait in memory until release is called.
// It blocks as long as the disks do, for at most two seconds. Call it before Hold.
func (b *Board) Suspend() (release func()) {
	all := b.Recorders()
	var wait sync.WaitGroup
	for _, r := range all {
		wait.Go(func() { r.finish(leaving) })
	}
	wait.Wait()
	return func() {
		for _, r := range all {
			r.queue.suspend(false)
		}
	}
}

// Hold keeps all recorders as they are until release is called. Call it before Patchbay.Freeze.
func (b *Board) Hold() (release func()) {
	b.mu.Lock()
	all := b.sortedLocked()
	for _, r := range all {
		r.io.Lock()
		r.mu.Lock()
		r.queue.mu.Lock()
	}
	return func() {
		for _, r := range all {
			r.queue.mu.Unlock()
			r.mu.Unlock()
			r.io.Unlock()
		}
		b.mu.Unlock()
	}
}

// HandOver describes all recorders, by name, and which triggers are up, while the board is held and the patchbay is frozen.
func (b *Board) HandOver() (all []Handed, triggers []string) {
	for _, r := range b.recorders {
		s := &r.status
		h := Handed{Name: r.spec.Name, Order: r.order, Status: Counts{s.Frames, s.Bytes + s.segBytes, s.Segments, s.Gaps, s.Missing, s.Silent, s.Removed}}
		if r.hold != nil {
			h.Hold = max(1, time.Until(r.holds))
		}
		r.queue.handOverLocked(&h)
		all = append(all, h)
	}
	for name := range b.triggers {
		triggers = append(triggers, name)
	}
	slices.Sort(triggers)
	slices.SortFunc(all, func(x, y Handed) int { return cmp.Compare(x.Name, y.Name) })
	return all, triggers
}

// Save writes the frames that wait, of all recorders, so that only what comes later has to be described while all stands
// still: a pre-roll may be long. Call it after Suspend.
func (b *Board) Save(w io.Writer) error {
	at := int64(0)
	for _, r := range b.Recorders() {
		n, err := r.queue.save(w, at)
		if at += n; err != nil {
			for _, r := range b.Recorders() { // all of it is described
				r.queue.mu.Lock()
				r.queue.saved = 0
				r.queue.mu.Unlock()
			}
			return err
		}
	}
	return nil
}

// save writes what waits, which nobody changes while the queue is suspended. at is where w is.
func (q *queue) save(w io.Writer, at int64) (n int64, err error) {
	q.mu.Lock()
	from, to := q.released, q.head
	q.mu.Unlock()
	for from < to && err == nil {
		part := q.spanLocked(from, to-from)
		_, err = w.Write(part)
		n, from = n+int64(len(part)), from+uint64(len(part)/q.frame)
	}
	if err == nil {
		q.mu.Lock()
		q.saved, q.savedAt = to, at
		q.mu.Unlock()
	}
	return n, err
}

// handOverLocked describes what waits. A queue that is not suspended is only rehearsed: it says nothing of its frames.
func (q *queue) handOverLocked(h *Handed) {
	h.Recording, h.Format, h.Lost = q.recording, q.f, q.lost
	h.Status.Frames -= min(h.Status.Frames, q.fed-q.released) // they are in no file, and come again
	from := q.released
	if q.saved > from {
		h.Saved, h.SavedAt, from = q.saved-from, q.savedAt, q.saved
	}
	for at := from; q.suspended && at < q.head; {
		part := q.spanLocked(at, q.head-at)
		h.Frames = append(h.Frames, part...)
		at += uint64(len(part) / q.frame)
	}
	for _, n := range q.notes {
		if n.Kind != noteCut {
			n.At -= min(q.released, n.At)
			h.Notes = append(h.Notes, n)
		}
	}
}

// resume takes over what waited in the process before; saved has what Save wrote.
func (q *queue) resume(h *Handed, room int, saved io.ReaderAt) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.recording, q.lost, q.notes = h.Recording, h.Lost, h.Notes
	if h.Format.FrameBytes() == 0 {
		return
	}
	q.f, q.frame, q.size = h.Format, h.Format.FrameBytes(), uint64(room)
	q.buf = make([]byte, room*q.frame)
	n := int(h.Saved) * q.frame
	if n > 0 {
		if saved == nil || n > len(q.buf) {
			n = 0
		} else if _, err := saved.ReadAt(q.buf[:n], h.SavedAt); err != nil {
			n = 0
		}
		if n == 0 { // what is behind them follows a gap
			q.notes = []note{{Kind: noteGap, Lost: h.Saved, Text: "the handover could not bring it along"}}
		}
	}
	q.head = uint64((n + copy(q.buf[n:], h.Frames)) / q.frame)
}

// suspend lets the writer leave the queue alone, or go on.
func (q *queue) suspend(on bool) {
	q.mu.Lock()
	q.suspended = on
	if !on {
		q.saved = 0
	}
	q.mu.Unlock()
	q.ring()
}

// Resumption makes the recorders of a board go on that another process had. One goroutine uses it.
type Resumption struct {
	board     *Board
	hosts     map[int]*host // by the ID of the end
	recorders []*resumed
	saved     io.ReaderAt
}

// Resume begins to resume recorders, before Patchbay.Resume. saved has what Board.Save wrote in the process before; nil: nothing.
func (b *Board) Resume(triggers []string, saved io.ReaderAt) *Resumption {
	for _, name := range triggers {
		b.triggers[name] = true
	}
	return &Resumption{board: b, hosts: map[int]*host{}, saved: saved}
}

// Host implements loop.FindHost for the ends of recorders; nil: it is of somebody else.
func (n *Resumption) Host(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
	if e.Host.Kind != kind {
		return nil, nil, nil
	}
	mem, err := e.Memory(bytes)
	if err != nil {
		return nil, nil, err
	}
	h := newHost(e.Host.Name)
	n.hosts[e.ID] = h
	return h, mem, nil
}

// Add makes a recorder with what it knew, once Patchbay.Resume has returned the ends, and before Patchbay.Run. was is nil
// if it is new. Errors as Board.Add.
func (n *Resumption) Add(s Spec, was *Handed, ends map[int]*loop.End) error {
	r, err := n.board.add(s)
	if err != nil {
		return err
	}
	n.recorders = append(n.recorders, &resumed{r, was})
	if was == nil {
		return nil
	}
	c := &was.Status
	r.order, r.told = was.Order, string(Stopped)
	r.status.Frames, r.status.Bytes, r.status.Segments, r.status.Gaps = c.Frames, c.Bytes, c.Segments, c.Gaps
	r.status.Missing, r.status.Silent, r.status.Removed = c.Missing, c.Silent, c.Removed
	r.status.Format = was.Format
	for id, h := range n.hosts {
		if end := ends[id]; h.recorder == s.Name && end != nil && !end.Gone {
			h.end, h.io = end, &r.io
			r.inherit = h
		}
	}
	return nil
}

// resumed is a recorder that is about to go on.
type resumed struct {
	*Recorder
	was *Handed // nil: it is new
}

// Run lets the recorders run, after Patchbay.Run.
func (n *Resumption) Run() {
	for _, r := range n.recorders {
		if r.was != nil {
			r.queue.resume(r.was, r.room(r.was.Format), n.saved)
			if r.was.Hold > 0 {
				r.mu.Lock()
				r.lowerLocked(r.was.Hold)
				r.mu.Unlock()
			}
		}
		r.run()
	}
}
