package cuse

import (
	"context"
	"io"
	"maps"
	"slices"
	"syscall"
	"time"
)

// Handed is a Conn on its way to another process, which has the open /dev/cuse: plain data. Programs notice nothing: what they ask
// meanwhile waits in the kernel, and calls that have no answer are answered by the other process.
type Handed struct {
	Last  uint64 // number of a file
	Files []HandedFile
	Calls []HandedCall // in their order
}

// HandedFile is an open file.
type HandedFile struct {
	FH   uint64
	Poll uint64 // what the kernel calls who polls it; 0: nobody has
}

// HandedCall is a call without an answer.
type HandedCall struct {
	Op     uint32
	Unique uint64
	Caller Caller
	Body   []byte // behind the header, of all but reads and writes

	// Of reads and writes.
	FH    uint64
	Flags int
	Size  int    // of the room
	Data  []byte // what was read, or what is written
	Moved int    // bytes
}

// longAgo is a deadline that has passed.
func longAgo() time.Time { return time.Unix(1, 0) }

// Hold makes the Conn take no more requests, which then wait in the kernel, until Resume. It returns when the last one was
// taken. ENOTSUP: the kernel is one that cannot be told. Call it from one goroutine at a time.
func (c *Conn) Hold() error {
	k, ok := c.kernel.(interface{ SetReadDeadline(time.Time) error })
	if !ok {
		return syscall.ENOTSUP
	}
	if err := k.SetReadDeadline(longAgo()); err != nil {
		return err
	}
	select {
	case <-c.parked:
	case <-c.done:
	}
	return nil
}

// mostShelving is how long a File may need to heed its context.
const mostShelving = time.Second

// Shelve waits until patience ends, and then ends all opens, ioctls and releases that still go on. They have no answer: Resume
// makes them again, or a Conn of another process does. Call it after Hold. EBUSY: one goes on all the same.
func (c *Conn) Shelve(patience context.Context) error {
	if c.rests(patience.Done()) {
		return nil
	}
	c.mu.Lock()
	for _, w := range c.calls {
		if !w.moves() && !w.signalled {
			w.shelved = true
			w.ctx.endLocked()
		}
	}
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), mostShelving)
	defer cancel()
	if !c.rests(ctx.Done()) {
		return syscall.EBUSY
	}
	return nil
}

// rests waits until no task goes on. false: until came first.
func (c *Conn) rests(until <-chan struct{}) bool {
	for {
		c.mu.Lock()
		n := c.tasks
		c.mu.Unlock()
		if n == 0 {
			return true
		}
		select {
		case <-c.fewer:
		case <-until:
			return false
		}
	}
}

// told says that a task has ended.
func (c *Conn) told() {
	select {
	case c.fewer <- struct{}{}:
	default:
	}
}

// shelve reports whether a call that was ended by Shelve is to be made again.
func (c *Conn) shelve(w *call, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.shelved = w.shelved && errnoOf(err) == syscall.EINTR && !c.closed
	return w.shelved
}

// Resume ends a Hold, and makes the calls again that Shelve has ended.
func (c *Conn) Resume() {
	c.mu.Lock()
	for _, w := range c.calls {
		if !w.moves() && w.shelved {
			w.shelved = false
			w.ctx.renewLocked()
			c.tasks++
			w.begin <- struct{}{}
		}
	}
	c.mu.Unlock()
	if k, ok := c.kernel.(interface{ SetReadDeadline(time.Time) error }); ok {
		_ = k.SetReadDeadline(time.Time{}) // fails when the node has gone
	}
	select {
	case c.goOn <- struct{}{}:
	case <-c.done:
	}
}

// HandOver describes the Conn after Shelve. Nothing may move transfers meanwhile.
func (c *Conn) HandOver() Handed {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := Handed{Last: c.last}
	for _, fh := range slices.Sorted(maps.Keys(c.files)) {
		h.Files = append(h.Files, HandedFile{fh, c.files[fh].poll})
	}
	for _, unique := range slices.Sorted(maps.Keys(c.calls)) {
		w := c.calls[unique]
		v := HandedCall{Op: w.op, Unique: unique, Caller: w.caller}
		switch {
		case !w.moves():
			v.Body = slices.Clone(w.body)
		case w.Writes:
			v.FH, v.Flags, v.Data, v.Moved = w.file.fh, w.Flags, slices.Clone(w.Data), w.N
		default:
			v.FH, v.Flags, v.Size, v.Data, v.Moved = w.file.fh, w.Flags, len(w.Data), slices.Clone(w.Data[:w.N]), w.N
		}
		h.Calls = append(h.Calls, v)
	}
	return h
}

// File returns an open file; nil: there is none of that number.
func (c *Conn) File(fh uint64) File {
	if f := c.file(fh); f != nil {
		return f.File
	}
	return nil
}

// Kernel returns what the Conn talks to.
func (c *Conn) Kernel() io.ReadWriteCloser { return c.kernel }

// Adopt returns the Conn of a node that another process has handed over, with its files by their numbers. It does nothing
// until Run.
func Adopt(kernel io.ReadWriteCloser, device Device, h *Handed, file func(fh uint64) File) *Conn {
	c := newConn(kernel, device)
	c.last = h.Last
	for _, f := range h.Files {
		if is := file(f.FH); is != nil {
			c.files[f.FH] = &open{File: is, fh: f.FH, poll: f.Poll}
		}
	}
	for i := range h.Calls {
		c.adopt(&h.Calls[i])
	}
	return c
}

// adopt makes a call of one that was handed over.
func (c *Conn) adopt(v *HandedCall) {
	w := &call{packet: make([]byte, maxPacket)}
	w.request = request{op: v.Op, unique: v.Unique, caller: v.Caller, body: v.Body}
	if !w.moves() {
		w.begin = make(chan struct{}, 1)
		c.addLocked(w)
		return
	}
	w.file = c.files[v.FH]
	w.Transfer = Transfer{Writes: v.Op == opWrite, Data: v.Data, Flags: v.Flags, N: v.Moved, call: w, conn: c}
	if !w.Writes {
		w.Data = w.packet[outHeaderBytes : outHeaderBytes+min(max(v.Size, v.Moved, 0), MaxTransfer)]
		w.N = copy(w.Data, v.Data)
	}
	c.addLocked(w)
}

// Run lets an adopted Conn begin: calls without an answer go on, those who poll look again, and requests are taken.
func (c *Conn) Run() {
	c.mu.Lock()
	var all []*call
	for _, unique := range slices.Sorted(maps.Keys(c.calls)) {
		all = append(all, c.calls[unique])
	}
	var polls []uint64
	for _, f := range c.files {
		if f.poll != 0 {
			polls = append(polls, f.poll)
		}
	}
	c.mu.Unlock()
	for _, w := range all {
		if w.moves() {
			c.proceeds(w)
			continue
		}
		go c.work(w)
		w.begin <- struct{}{}
	}
	for _, kh := range polls {
		c.notify(kh)
	}
	go c.read()
}
