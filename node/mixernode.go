package node

import (
	"context"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node/cuse"
	"github.com/loopbridge/loopbridge/node/oss"
)

// mixerNode is the mixer of a device with the calls of OSS 3: any number of programs, at any time.
type mixerNode struct {
	bay  *loop.Patchbay
	name string // of the device
}

// Open implements cuse.Device.
func (m *mixerNode) Open(_ context.Context, by cuse.Caller, _ int) (cuse.File, error) {
	return m.file(holderOf(by)), nil
}

func (m *mixerNode) file(holder pcm.Holder) *mixerFile {
	return &mixerFile{node: m, volumes: volumes{func() (*loop.Engine, error) { return m.bay.Device(m.name) }}, holder: holder}
}

// mixerFile is an open /dev/mixer. It takes no sound, and has none.
type mixerFile struct {
	volumes
	node   *mixerNode
	holder pcm.Holder
}

// Transfer implements cuse.File: as in OSS a mixer can be neither read nor written.
func (f *mixerFile) Transfer(t *cuse.Transfer) bool {
	t.Err = audio.ErrInvalid
	return true
}

// Interrupt implements cuse.File: none waits.
func (f *mixerFile) Interrupt(*cuse.Transfer) {}

// Poll implements cuse.File: nothing is ever ready.
func (f *mixerFile) Poll(uint32, func()) uint32 { return 0 }

// Release implements cuse.File.
func (f *mixerFile) Release(context.Context) error { return nil }

// Forget implements cuse.File.
func (f *mixerFile) Forget() {}

// Sizes implements cuse.File.
func (f *mixerFile) Sizes(cmd uint32, _ bool) (in, out int, err error) {
	l, ok := oss.Find(cmd)
	if !ok || l.Op>>8 != 'M' {
		return 0, 0, audio.ErrInvalid
	}
	return l.Takes, l.Gives, nil
}

// Ioctl implements cuse.File.
func (f *mixerFile) Ioctl(_ context.Context, cmd uint32, _ bool, in, out []byte) (int32, error) {
	l, _ := oss.Find(cmd)
	switch l.Op {
	case oss.MixerInfo:
		changes, _ := f.node.bay.Revision()
		oss.PutMixer(out, "loopbridge", f.node.name, int(changes&0x7FFFFFFF))
		return 0, nil
	case oss.GetVersion:
		oss.PutInt(out, oss.Version)
		return 0, nil
	}
	channel, _ := l.Mixer()
	v := 0
	if l.Takes > 0 {
		v = oss.Int(in)
	}
	v, err := f.mixer(channel, v, l.Takes > 0)
	oss.PutInt(out, v)
	return 0, err
}
