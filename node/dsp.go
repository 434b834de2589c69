package node

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"unicode"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/node/cuse"
	"github.com/loopbridge/loopbridge/node/oss"
)

// dsp is a node that is an end of a loop, with the calls of OSS.
type dsp struct {
	bay  *loop.Patchbay
	loop string
	role pcm.Role
	list func() []oss.Audio // all devices, for calls that ask about them
	node string             // "/dev/loopbridge/loop0"
	of   string             // the device that is the server end; "": a program is
}

// engine returns the device behind the loop; ErrInvalid: there is none.
func (d *dsp) engine() (*loop.Engine, error) {
	if d.of == "" {
		return nil, audio.ErrInvalid.With("the loop %s has no volume", d.loop)
	}
	return d.bay.Device(d.of)
}

func (d *dsp) volumes() volumes { return volumes{d.engine} }

// dspFile is an open one.
type dspFile struct {
	*stream
	dsp    *dsp
	mode   audio.Direction // of open(2)
	holder pcm.Holder

	mu    sync.Mutex
	base  uint64 // engine's position at the last halt
	told  uint64 // fragments, at the last pointer call
	xruns uint64 // frames that were told
	off   bool   // by a trigger
	song  string
	label string
}

// Open implements cuse.Device.
func (d *dsp) Open(ctx context.Context, by cuse.Caller, flags int) (cuse.File, error) {
	mode, err := modeOf(flags)
	if err != nil {
		return nil, err
	}
	o := pcm.Options{Role: d.role, Direction: mode, Nonblock: flags&syscall.O_NONBLOCK != 0, Holder: holderOf(by)}
	if d.role == pcm.Client { // a wrong direction fails at the first read or write
		o.Direction = pcm.Read | pcm.Write
	}
	s, err := openStream(ctx, d.bay, d.loop, o)
	if err != nil {
		return nil, err
	}
	return &dspFile{stream: s, dsp: d, mode: mode, holder: o.Holder}, nil
}

// modeOf returns the directions of an open.
func modeOf(flags int) (audio.Direction, error) {
	switch flags & syscall.O_ACCMODE {
	case syscall.O_RDONLY:
		return pcm.Read, nil
	case syscall.O_WRONLY:
		return pcm.Write, nil
	case syscall.O_RDWR:
		return pcm.Read | pcm.Write, nil
	}
	return 0, audio.ErrInvalid
}

// holderOf names the program of a caller.
func holderOf(by cuse.Caller) pcm.Holder {
	h := pcm.Holder{PID: int(by.PID), UID: int(by.UID), Program: "?"}
	if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", by.PID)); err == nil && by.PID != 0 {
		h.Program = strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return '?'
			}
			return r
		}, strings.TrimSuffix(string(comm), "\n"))
	}
	return h
}

// Transfer implements cuse.File.
func (f *dspFile) Transfer(t *cuse.Transfer) bool {
	f.mu.Lock()
	held := f.off && t.Writes
	f.mu.Unlock()
	return f.stream.transfer(t, held || t.Flags&syscall.O_NONBLOCK != 0, 0)
}

// Interrupt implements cuse.File.
func (f *dspFile) Interrupt(t *cuse.Transfer) { f.stream.interrupt(t) }

func (f *dspFile) streams() []*stream { return []*stream{f.stream} }

// Poll implements cuse.File.
func (f *dspFile) Poll(events uint32, wake func()) uint32 { return f.stream.poll(events, wake) }

// Release implements cuse.File.
func (f *dspFile) Release(ctx context.Context) error { return f.stream.close(ctx) }

// Forget implements cuse.File: the rest is played all the same.
func (f *dspFile) Forget() { f.stream.forget() }

// Sizes implements cuse.File.
func (f *dspFile) Sizes(cmd uint32, _ bool) (in, out int, err error) {
	l, ok := oss.Find(cmd)
	if !ok {
		return 0, 0, audio.ErrInvalid
	}
	return l.Takes, l.Gives, nil
}

// Ioctl implements cuse.File.
func (f *dspFile) Ioctl(ctx context.Context, cmd uint32, _ bool, in, out []byte) (int32, error) {
	l, ok := oss.Find(cmd)
	switch {
	case !ok:
		return 0, audio.ErrInvalid
	case f.orphaned():
		return 0, audio.ErrGone
	case l.Takes == 4 && l.Gives == 4:
		v, err := f.exchange(ctx, l.Op, oss.Int(in))
		oss.PutInt(out, v)
		return 0, err
	case l.Takes == 4:
		return 0, f.tell(ctx, l.Op, oss.Int(in))
	case l.Gives == 4:
		v, err := f.ask(l.Op)
		oss.PutInt(out, v)
		return 0, err
	case l.Takes == 0 && l.Gives == 0:
		return 0, f.do(ctx, l.Op)
	}
	return 0, f.structure(l.Op, in, out)
}

// orphaned reports whether the server of this client has closed.
func (f *dspFile) orphaned() bool { return f.pcm.State() == ring.Ended && f.end.Orphaned() }
