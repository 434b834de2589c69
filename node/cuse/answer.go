package cuse

import (
	"context"
	"encoding/binary"
	"syscall"
)

// answer does what a request asks, which may sleep, and answers it. It is no transfer.
func (c *Conn) answer(w *call) {
	r, ctx := &w.request, context.Context(&w.ctx)
	if r.op == opOpen {
		c.opens(w)
		return
	}
	f := c.file(u64(r.body))
	if f == nil {
		c.fail(r.unique, c.finish(w, syscall.ECONNRESET)) // released, or never opened
		return
	}
	switch r.op {
	case opIoctl:
		c.ioctl(w, f)
	case opRelease:
		err := f.Release(ctx)
		if c.shelve(w, err) {
			return
		}
		f.forget(err)
		c.mu.Lock()
		f.released = true
		delete(c.files, f.fh)
		c.mu.Unlock()
		c.finish(w, nil)
		c.fail(r.unique, 0)
	default: // a second CUSE_INIT
		c.fail(r.unique, c.finish(w, syscall.EINVAL))
	}
}

func (c *Conn) file(fh uint64) *open {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files[fh]
}

// opens answers an open. A file that nobody takes any more is released.
func (c *Conn) opens(w *call) {
	r, ctx := &w.request, &w.ctx
	file, err := c.device.Open(ctx, r.caller, int(u32(r.body)))
	if c.shelve(w, err) {
		return
	}
	if err != nil {
		c.fail(r.unique, c.finish(w, err))
		return
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		c.fail(r.unique, c.finish(w, syscall.ECONNRESET))
		end(file)
		return
	}
	c.last++
	f := &open{File: file, fh: c.last}
	c.files[f.fh] = f
	c.mu.Unlock()
	c.finish(w, nil)
	packet := make([]byte, outHeaderBytes+16)
	binary.NativeEndian.PutUint64(packet[outHeaderBytes:], f.fh)
	answerHead(packet, r.unique, 0)
	if _, err := c.kernel.Write(packet); err == nil {
		return
	}
	c.mu.Lock()
	_, there := c.files[f.fh]
	delete(c.files, f.fh)
	c.mu.Unlock()
	if there {
		end(file)
	}
}

// ioctl answers a call, or asks for it again with the memory that it is about.
func (c *Conn) ioctl(w *call, f *open) {
	r, ctx := &w.request, &w.ctx
	cmd, address := u32(r.body[12:]), u64(r.body[16:])
	compat := u32(r.body[8:])&ioctlCompat != 0
	given, room := int(u32(r.body[24:])), int(u32(r.body[28:]))
	in, out, err := f.Sizes(cmd, compat)
	if err == nil && (given < in || room < out) {
		c.finish(w, nil)
		c.send(retryAnswer(r.unique, address, in, out))
		return
	}
	var result int32
	reply := make([]byte, out)
	if err == nil {
		result, err = f.Ioctl(ctx, cmd, compat, r.body[ioctlInBytes:][:in], reply)
	}
	if c.shelve(w, err) {
		return
	}
	if errno := c.finish(w, err); errno != 0 {
		c.fail(r.unique, errno)
		return
	}
	c.send(ioctlAnswer(r.unique, result, reply))
}

// poll answers what is ready now. The kernel is told later if it wants to know.
func (c *Conn) poll(r *request) {
	f := c.file(u64(r.body))
	if f == nil {
		c.ready(r.unique, pollErr|pollHup)
		return
	}
	var wake func()
	if kh := u64(r.body[8:]); u32(r.body[16:])&pollSchedule != 0 {
		wake = func() { c.notify(kh) }
		c.mu.Lock()
		f.poll = kh
		c.mu.Unlock()
	}
	c.ready(r.unique, f.Poll(u32(r.body[20:]), wake))
}

// Events of poll(2) for a node that has no file any more.
const (
	pollErr = 0x8
	pollHup = 0x10
)

func (c *Conn) ready(unique uint64, events uint32) {
	packet := make([]byte, outHeaderBytes+8)
	binary.NativeEndian.PutUint32(packet[outHeaderBytes:], events)
	answerHead(packet, unique, 0)
	c.send(packet)
}

// notify makes the kernel poll again.
func (c *Conn) notify(kh uint64) {
	packet := make([]byte, outHeaderBytes+8)
	binary.NativeEndian.PutUint64(packet[outHeaderBytes:], kh)
	binary.NativeEndian.PutUint32(packet, uint32(len(packet)))
	binary.NativeEndian.PutUint32(packet[4:], notifyPoll) // not negative: an event, no failure
	c.send(packet)
}
