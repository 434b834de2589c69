package cuse

import (
	"encoding/binary"
	"syscall"
)

// Transfer is a read or a write of a program. A File that keeps one owns it until it calls Done.
type Transfer struct {
	Writes bool
	// Data is what is written, or room for what is read. It is the kernel's again after Done.
	Data []byte
	// Flags are those of the file now: O_NONBLOCK may have changed since the open.
	Flags int
	// N is how many bytes were moved. Err is why no more were; the program is told of it if N is 0.
	N   int
	Err error

	call *call
	conn *Conn
}

// Done answers the program, for a File that has kept the transfer. Any goroutine may call it, once. It does not block.
func (t *Transfer) Done() { t.conn.transferred(t.call) }

// transfers begins a read or a write, on the goroutine that reads requests.
func (c *Conn) transfers(w *call) {
	r, t := &w.request, &w.Transfer
	*t = Transfer{Writes: r.op == opWrite, Flags: int(u32(r.body[32:])), call: w, conn: c}
	if t.Writes {
		t.Data = r.body[transferInBytes:]
	} else { // the answer takes the place of the request
		size := min(int(u32(r.body[16:])), MaxTransfer)
		t.Data = w.packet[outHeaderBytes : outHeaderBytes+size]
	}
	c.proceeds(w)
}

// proceeds hands a transfer to its file.
func (c *Conn) proceeds(w *call) {
	t := &w.Transfer
	if w.file == nil { // released, or never opened
		t.Err = syscall.ECONNRESET
		c.transferred(w)
		return
	}
	if w.file.Transfer(t) {
		c.transferred(w)
		return
	}
	c.mu.Lock()
	over := c.calls[w.unique] == w && w.over
	c.mu.Unlock()
	if over { // Close did not find it there
		w.file.Interrupt(t)
	}
}

// transferred answers a transfer and lets the call be used again.
func (c *Conn) transferred(w *call) {
	t := &w.Transfer
	err := t.Err
	if t.N > 0 {
		err = nil
	}
	errno := c.finish(w, err)
	answer := w.small[:outHeaderBytes]
	switch {
	case errno != 0:
	case t.Writes:
		answer = w.small[:outHeaderBytes+8]
		binary.NativeEndian.PutUint64(answer[outHeaderBytes:], 0)
		binary.NativeEndian.PutUint32(answer[outHeaderBytes:], uint32(t.N))
	default:
		answer = w.packet[:outHeaderBytes+t.N]
	}
	answerHead(answer, w.unique, errno)
	c.send(answer)
	c.mu.Lock()
	c.free = append(c.free, w)
	c.mu.Unlock()
	c.wait.Done()
}
