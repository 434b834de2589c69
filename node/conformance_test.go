package node_test

import (
	"context"
	"encoding/binary"
	"io"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/looptest"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/loop/ring"
	"github.com/loopbridge/loopbridge/node"
	"github.com/loopbridge/loopbridge/node/cuse/cusetest"
	"github.com/loopbridge/loopbridge/node/oss"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// machine has nodes, and programs with numbers.
type machine struct {
	set   *node.Set
	pids  atomic.Int32
	nodes map[string]*cusetest.Kernel
}

// newMachine serves the nodes of loops.
func newMachine(t *testing.T, bay *loop.Patchbay, loops ...string) *machine {
	m := &machine{nodes: map[string]*cusetest.Kernel{}}
	m.pids.Store(1 << 24) // no process has such a number
	made := make(chan *cusetest.Kernel, 100)
	m.set = node.NewSet(bay, node.Options{Dev: "/dev", Open: func() (io.ReadWriteCloser, error) {
		k := cusetest.New()
		made <- k
		return k.Descriptor(), nil
	}})
	m.set.Follow(node.Plan(loops, func(name string) string {
		if name == "speaker" || name == "mic" {
			return "clock"
		}
		return ""
	}, nil, node.Names{}))
	for range len(made) {
		k := <-made
		m.nodes[k.Name()] = k
	}
	t.Cleanup(m.set.Close)
	return m
}

// program is an end held through a node, as package looptest wants it.
type program struct {
	*cusetest.File
	role   pcm.Role
	held   *pcm.PCM // for what no call of OSS tells
	closed atomic.Bool
}

// open opens a node and sets what was asked for, as a program would.
func (m *machine) open(ctx context.Context, name string, o pcm.Options) (looptest.End, error) {
	path := node.Folder + "/" + name
	if o.Role == pcm.Server {
		path += ".server"
	}
	k := m.nodes[path]
	if k == nil {
		if o.Role == pcm.Server {
			return nil, audio.ErrBusy // an attached loop has no node for its server
		}
		return nil, audio.ErrNoDevice
	}
	flags := map[audio.Direction]int{pcm.Read: syscall.O_RDONLY, pcm.Write: syscall.O_WRONLY}[o.Direction]
	if o.Direction == pcm.Read|pcm.Write {
		flags = syscall.O_RDWR
	}
	if o.Nonblock {
		flags |= syscall.O_NONBLOCK
	}
	pid := int(m.pids.Add(1))
	f, errno := k.Open(ctx, pid, flags)
	if errno != 0 {
		return nil, failure(errno)
	}
	p := &program{File: f, role: o.Role, held: m.set.Held(pid)}
	if err := p.Setup(ctx, pcm.Setup{Format: o.Format, Buffer: o.Buffer}); err != nil {
		p.Abandon()
		return nil, err
	}
	return p, nil
}

func failure(errno syscall.Errno) error {
	if e := audio.FromErrno(errno); e != nil {
		return e
	}
	return nil
}

// number is a call with a number.
func (p *program) number(ctx context.Context, op oss.Op, takes, gives, v int) (int, error) {
	memory := make([]byte, 4)
	binary.NativeEndian.PutUint32(memory, uint32(v))
	errno := p.Ioctl(ctx, oss.Command(op, takes, gives), memory)
	return oss.Int(memory), p.failure(errno)
}

func (p *program) plain(ctx context.Context, op oss.Op) error {
	return p.failure(p.Ioctl(ctx, oss.Command(op, 0, 0), nil))
}

func (p *program) Role() pcm.Role { return p.role }

func (p *program) Direction() audio.Direction { return p.held.Direction() }

func (p *program) Format() audio.Format {
	ctx := context.Background()
	var f audio.Format
	var err error
	var bits int
	if f.Rate, err = p.number(ctx, oss.Speed, 4, 4, 0); err == nil {
		if f.Channels, err = p.number(ctx, oss.Channels, 4, 4, 0); err == nil {
			bits, err = p.number(ctx, oss.SetFormat, 4, 4, 0)
		}
	}
	if err != nil {
		return p.held.Format()
	}
	f.Encoding, _ = oss.EncodingOf(bits)
	f.Positions = p.held.Format().Positions
	return f
}

// space is GETOSPACE or GETISPACE.
func (p *program) space() (oss.Space, bool) {
	op := oss.GetInSpace
	if p.Direction() == pcm.Write {
		op = oss.GetOutSpace
	}
	memory := make([]byte, 16)
	errno := p.Ioctl(context.Background(), oss.Command(op, 0, 16), memory)
	return oss.GetSpace(memory), errno == 0
}

func (p *program) Buffer() int { return p.held.Buffer() }

func (p *program) State() ring.State {
	if p.closed.Load() {
		return ring.Ended
	}
	return p.held.State()
}

func (p *program) Position() uint64                      { return p.held.Position() }
func (p *program) Xruns() (bursts uint32, frames uint64) { return p.held.Xruns() }

func (p *program) Delay() int {
	if p.Direction() == pcm.Read {
		return p.Avail()
	}
	bytes, err := p.number(context.Background(), oss.GetDelay, 0, 4, 0)
	if err != nil {
		return p.held.Delay()
	}
	return bytes / p.held.Format().FrameBytes()
}

func (p *program) Avail() int {
	s, ok := p.space()
	if !ok || p.Direction() == pcm.Read && p.State() == ring.Idle { // a fragment pretends to be there
		return p.held.Avail()
	}
	return s.Bytes / p.held.Format().FrameBytes()
}

func (p *program) Read(ctx context.Context, buf []byte) (int, error) {
	n, errno := p.File.Read(ctx, buf)
	return n / p.held.Format().FrameBytes(), p.transferred(errno)
}

func (p *program) Write(ctx context.Context, buf []byte) (int, error) {
	n, errno := p.File.Write(ctx, buf)
	return n / p.held.Format().FrameBytes(), p.transferred(errno)
}

// transferred is the error of a read or write.
func (p *program) transferred(errno syscall.Errno) error {
	if errno == syscall.EAGAIN {
		return audio.ErrWouldBlock
	}
	return p.failure(errno)
}

// failure is EBADF for a descriptor that was closed.
func (p *program) failure(errno syscall.Errno) error {
	if p.closed.Load() {
		return audio.ErrClosed
	}
	return failure(errno)
}

func events(bits uint32) (e pcm.Events) {
	for bit, event := range map[uint32]pcm.Events{1: pcm.Readable, 4: pcm.Writable, 0x10: pcm.Hangup} {
		if bits&bit != 0 {
			e |= event
		}
	}
	return e
}

func (p *program) Poll(int) (pcm.Events, error) { return events(p.File.Poll()), nil }

func (p *program) Wait(ctx context.Context, _ int) (pcm.Events, error) {
	bits := p.File.Wait(ctx)
	if bits == 0 {
		return 0, audio.ErrInterrupted
	}
	return events(bits), nil
}

func (p *program) Setup(ctx context.Context, s pcm.Setup) error {
	if _, err := p.number(ctx, oss.Speed, 4, 4, 0); err != nil { // a query
		return err
	}
	if s.Format.Encoding != 0 {
		bits := oss.FormatOf(s.Format.Encoding)
		if bits == 0 {
			return audio.ErrInvalid
		}
		if _, err := p.number(ctx, oss.SetFormat, 4, 4, bits); err != nil {
			return err
		}
	}
	for op, v := range map[oss.Op]int{oss.Speed: s.Format.Rate, oss.Channels: s.Format.Channels} {
		if v != 0 {
			if _, err := p.number(ctx, op, 4, 4, v); err != nil {
				return err
			}
		}
	}
	if fragment := p.held.Format().Rate / 100; s.Buffer > 0 && s.Buffer%fragment == 0 {
		_, err := p.number(ctx, oss.SetFragment, 4, 4, s.Buffer/fragment<<16|10)
		return err
	}
	return nil
}

func (p *program) Pause(ctx context.Context, on bool) error {
	bits := oss.TriggerInput | oss.TriggerOutput
	if on {
		bits = 0
	}
	_, err := p.number(ctx, oss.Trigger, 4, 0, bits)
	return err
}

func (p *program) Halt(ctx context.Context) error  { return p.plain(ctx, oss.Halt) }
func (p *program) Drain(ctx context.Context) error { return p.plain(ctx, oss.Sync) }

func (p *program) Close(ctx context.Context) error {
	if p.closed.Swap(true) {
		return audio.ErrClosed
	}
	p.File.Close(ctx)
	return nil
}

func (p *program) Abandon() {
	killed, kill := context.WithCancel(context.Background())
	kill()
	_ = p.Close(killed)
}

func TestConformance(t *testing.T) {
	looptest.Harness{
		Bubble: true,
		Connect: func(t *testing.T, bay *loop.Patchbay) looptest.Opener {
			return newMachine(t, bay, "loop0", "other", "speaker", "mic").open
		},
		Inapplicable: inapplicable(),
	}.Run(t)
}
