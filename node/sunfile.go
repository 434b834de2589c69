package node

import (
	"context"
	"sync"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node/cuse"
	"github.com/loopbridge/loopbridge/node/sun"
)

// sunFile is an open /dev/audio.
type sunFile struct {
	device *sunDevice
	holder pcm.Holder
	mode   audio.Direction
	sides  [2]*stream // by audio.Direction.Index; nil: not this one

	// Of a release that goes on, which one call at a time does.
	gone audio.Direction // sides that are closed
	left [2]*uint32      // samples of a side when all is played; nil: it is not being closed
}

func (f *sunFile) streams() (all []*stream) {
	for _, s := range f.sides {
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}

// Transfer implements cuse.File: a read returns as soon as there is a fragment.
func (f *sunFile) Transfer(t *cuse.Transfer) bool {
	dir, least := pcm.Read, 0
	if t.Writes {
		dir = pcm.Write
	}
	s := f.sides[dir.Index()]
	if s == nil {
		t.Err = audio.ErrUnsupported
		return true
	}
	if dir == pcm.Read {
		least = s.fragment() * s.pcm.Format().FrameBytes()
	}
	return s.transfer(t, t.Flags&syscall.O_NONBLOCK != 0, least)
}

// Interrupt implements cuse.File.
func (f *sunFile) Interrupt(t *cuse.Transfer) {
	for _, s := range f.streams() {
		s.interrupt(t)
	}
}

// Poll implements cuse.File.
func (f *sunFile) Poll(events uint32, wake func()) (ready uint32) {
	for _, s := range f.streams() {
		ready |= s.poll(events, wake)
	}
	return ready
}

// Sizes implements cuse.File.
func (f *sunFile) Sizes(cmd uint32, _ bool) (in, out int, err error) { return sunSizes(cmd) }

func sunSizes(cmd uint32) (in, out int, err error) {
	switch cmd {
	case sun.GetInfo:
		return 0, sun.InfoBytes, nil
	case sun.SetInfo:
		return sun.InfoBytes, sun.InfoBytes, nil
	case sun.GetDevice:
		return 0, sun.DeviceBytes, nil
	case sun.Drain:
		return 0, 0, nil
	}
	return 0, 0, audio.ErrInvalid
}

// Ioctl implements cuse.File.
func (f *sunFile) Ioctl(ctx context.Context, cmd uint32, _ bool, in, out []byte) (int32, error) {
	if cmd == sun.Drain {
		s := f.sides[pcm.Write.Index()]
		if s == nil {
			return 0, audio.ErrInvalid
		}
		return 0, s.pcm.Drain(ctx)
	}
	return 0, f.device.ioctl(ctx, f, cmd, in, out)
}

// ioctl answers the calls that both kinds of nodes have. by: who holds sides; nil: a control node.
func (d *sunDevice) ioctl(ctx context.Context, by *sunFile, cmd uint32, in, out []byte) error {
	switch cmd {
	case sun.GetInfo:
		i, err := d.info()
		sun.Put(out, &i)
		return err
	case sun.SetInfo:
		i, err := d.set(ctx, by, in)
		sun.Put(out, &i)
		return err
	case sun.GetDevice:
		sun.PutDevice(out, "loopbridge", "1", d.name)
		return nil
	}
	return audio.ErrInvalid
}

// Release implements cuse.File: record first, then play, which drains.
func (f *sunFile) Release(ctx context.Context) error {
	for _, dir := range []audio.Direction{pcm.Read, pcm.Write} {
		s := f.sides[dir.Index()]
		if s == nil || f.gone&dir != 0 {
			continue
		}
		if f.left[dir.Index()] == nil {
			f.left[dir.Index()] = s.samplesAtEnd()
		}
		if err := s.close(ctx); err != nil {
			return err
		}
		f.leave(dir)
	}
	return nil
}

// Forget implements cuse.File: the rest is played all the same.
func (f *sunFile) Forget() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, dir := range []audio.Direction{pcm.Read, pcm.Write} {
		if f.Release(ended) == nil {
			return
		}
		if s := f.sides[dir.Index()]; s != nil {
			s.forget()
		}
		f.leave(dir)
	}
}

// leave gives a side up whose end is closed, or all but.
func (f *sunFile) leave(dir audio.Direction) {
	if s := f.sides[dir.Index()]; s == nil || f.gone&dir != 0 {
		return
	}
	f.gone |= dir
	f.device.mu.Lock()
	f.device.side(dir).samples = *f.left[dir.Index()] // until the next open
	f.device.mu.Unlock()
	f.device.release(dir)
}

// samplesAtEnd returns what samples will be when all is played.
func (s *stream) samplesAtEnd() *uint32 {
	dir := s.pcm.Direction()
	i := s.end.Controls().Info()
	n := i.Side(dir).Samples
	if dir == pcm.Write {
		n += uint32(s.pcm.Delay())
	}
	return &n
}

// sunControl is the control node of a device: any number of programs, at any time.
type sunControl struct{ device *sunDevice }

// Open implements cuse.Device.
func (c *sunControl) Open(_ context.Context, by cuse.Caller, _ int) (cuse.File, error) {
	return &sunControlFile{device: c.device, holder: holderOf(by), closed: make(chan struct{})}, nil
}

// resume returns a file that another process had.
func (c *sunControl) resume(v *HandedFile) *sunControlFile {
	f := &sunControlFile{device: c.device, holder: v.Holder, closed: make(chan struct{}), changed: v.Changed}
	if v.Watched {
		f.watched = c.device.bay.Subscribe(64)
		go f.follow(f.watched)
	}
	return f
}

// sunControlFile is an open /dev/audioctl. It takes no sound, and has none. POLLPRI says that something has changed since the
// last GETINFO or SETINFO: it stands for SIGPOLL, which CUSE cannot send.
type sunControlFile struct {
	device *sunDevice
	holder pcm.Holder
	closed chan struct{}

	mu      sync.Mutex
	watched *event.Subscription // since the first poll
	changed bool
	wake    func()
}

// Transfer implements cuse.File: a read is at the end of the file, and what is written is discarded.
func (f *sunControlFile) Transfer(t *cuse.Transfer) bool {
	if t.Writes {
		t.N = len(t.Data)
	}
	return true
}

// Interrupt implements cuse.File: none waits.
func (f *sunControlFile) Interrupt(*cuse.Transfer) {}

// Sizes implements cuse.File.
func (f *sunControlFile) Sizes(cmd uint32, _ bool) (in, out int, err error) { return sunSizes(cmd) }

// Ioctl implements cuse.File.
func (f *sunControlFile) Ioctl(ctx context.Context, cmd uint32, _ bool, in, out []byte) (int32, error) {
	if cmd == sun.GetInfo {
		f.mu.Lock()
		f.changed = false
		f.mu.Unlock()
	}
	return 0, f.device.ioctl(ctx, nil, cmd, in, out)
}

const pollPri = 0x2

// Poll implements cuse.File.
func (f *sunControlFile) Poll(_ uint32, wake func()) uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watched == nil {
		f.watched = f.device.bay.Subscribe(64)
		go f.follow(f.watched)
	}
	if wake != nil {
		f.wake = wake // also for the change after this one
	}
	if f.changed {
		return pollPri
	}
	return 0
}

// follow notes what happens to the device.
func (f *sunControlFile) follow(events *event.Subscription) {
	for {
		select {
		case ev, open := <-events.C:
			if !open {
				return
			}
			if ev.Device != f.device.name && ev.Loop != f.device.name+"/play" && ev.Loop != f.device.name+"/record" {
				continue
			}
			f.mu.Lock()
			var wake func()
			if !f.changed {
				wake, f.wake = f.wake, nil
			}
			f.changed = true
			f.mu.Unlock()
			if wake != nil {
				wake()
			}
		case <-f.closed:
			events.Cancel()
			return
		}
	}
}

// Release implements cuse.File.
func (f *sunControlFile) Release(context.Context) error {
	close(f.closed)
	return nil
}

// Forget implements cuse.File: nothing is left.
func (f *sunControlFile) Forget() {}
