package record

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
)

// Handed is what a recorder knows beside its Spec and its end: plain data for another process.
type Handed struct {
	Name      string
	Order     order
	Recording bool         // the writer is past a begin
	Format    audio.Format // of the frames that wait
	Frames    []byte       // that are in no file yet
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

// handOverLocked describes what waits.
func (q *queue) handOverLocked(h *Handed) {
	h.Recording, h.Format, h.Lost = q.recording, q.f, q.lost
	h.Status.Frames -= min(h.Status.Frames, q.fed-q.released) // they are in no file, and come again
	for at := q.released; at < q.head; {
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

// resume takes over what waited in the process before.
func (q *queue) resume(h *Handed, room int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.recording, q.lost, q.notes = h.Recording, h.Lost, h.Notes
	if h.Format.FrameBytes() == 0 {
		return
	}
	q.f, q.frame, q.size = h.Format, h.Format.FrameBytes(), uint64(room)
	q.buf = make([]byte, room*q.frame)
	q.head = uint64(copy(q.buf, h.Frames) / q.frame)
}

// suspend lets the writer leave the queue alone, or go on.
func (q *queue) suspend(on bool) {
	q.mu.Lock()
	q.suspended = on
	q.mu.Unlock()
	q.ring()
}

// Resumption makes the recorders of a board go on that another process had. One goroutine uses it.
type Resumption struct {
	board     *Board
	hosts     map[int]*host // by the ID of the end
	recorders []*Recorder
}

// Resume begins to resume recorders, before Patchbay.Resume.
func (b *Board) Resume(triggers []string) *Resumption {
	for _, name := range triggers {
		b.triggers[name] = true
	}
	return &Resumption{board: b, hosts: map[int]*host{}}
}

// Host implements loop.FindHost for the ends of recorders; nil: it is of somebody else.
func (n *Resumption) Host(e *loop.EndState, bytes int) (loop.Host, []byte, error) {
	if e.Host.Kind != kind {
		return nil, nil, nil
	}
	mem := ring.Memory(bytes)
	r, err := ring.New(mem, ring.Spec{Format: e.Format, Capacity: e.Buffer, Playback: e.Direction == pcm.Write})
	if err == nil {
		err = r.SetContents(e.Host.Contents)
	}
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
	n.recorders = append(n.recorders, r)
	if was == nil {
		return nil
	}
	c := &was.Status
	r.order, r.told = was.Order, string(Stopped)
	r.status.Frames, r.status.Bytes, r.status.Segments, r.status.Gaps = c.Frames, c.Bytes, c.Segments, c.Gaps
	r.status.Missing, r.status.Silent, r.status.Removed = c.Missing, c.Silent, c.Removed
	r.status.Format = was.Format
	r.queue.resume(was, r.room(was.Format))
	if was.Hold > 0 {
		r.mu.Lock()
		r.lowerLocked(was.Hold)
		r.mu.Unlock()
	}
	for id, h := range n.hosts {
		if end := ends[id]; h.recorder == s.Name && end != nil && !end.Gone {
			h.end, h.io = end, &r.io
			r.inherit = h
		}
	}
	return nil
}

// Run lets the recorders run, after Patchbay.Run.
func (n *Resumption) Run() {
	for _, r := range n.recorders {
		r.run()
	}
}
