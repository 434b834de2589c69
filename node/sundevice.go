package node

import (
	"context"
	"slices"
	"sync"
	"syscall"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/state"
	"github.com/loopbridge/loopbridge/loop"
	"github.com/loopbridge/loopbridge/loop/pcm"
	"github.com/loopbridge/loopbridge/node/cuse"
)

// sunFormat is what both sides have when the first program opens an idle device: that of audio(7I).
func sunFormat() audio.Format { return audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw} }

// sunDevice is a device as audio(7I) has it, for all its nodes: at most one reader and one writer at a time. Those who wait
// come in their order, each as soon as all sides that it wants are free.
type sunDevice struct {
	bay  *loop.Patchbay
	name string

	mu    sync.Mutex
	sides [2]sunSide // by audio.Direction.Index
	queue []*sunWaiter
}

// sunSide is one direction.
type sunSide struct {
	file    *sunFile // that has it open; nil: nobody
	taken   bool     // it is being opened
	format  audio.Format
	samples uint32 // at the last close
	raised  bool   // waiting was set by a SETINFO
}

// sunWaiter is an open that waits.
type sunWaiter struct {
	want  audio.Direction
	ready chan struct{} // closed when all are its own
}

// newSunDevice returns a device that nobody has open.
func newSunDevice(bay *loop.Patchbay, name string) *sunDevice {
	d := &sunDevice{bay: bay, name: name}
	for i := range d.sides {
		d.sides[i].format = sunFormat()
	}
	return d
}

func (d *sunDevice) side(dir audio.Direction) *sunSide { return &d.sides[dir.Index()] }

// Open implements cuse.Device.
func (d *sunDevice) Open(ctx context.Context, by cuse.Caller, flags int) (cuse.File, error) {
	want, err := modeOf(flags)
	if err != nil {
		return nil, err
	}
	if err := d.offers(want); err != nil {
		return nil, err
	}
	if err := d.claim(ctx, want, flags&syscall.O_NONBLOCK != 0); err != nil {
		return nil, err
	}
	f := &sunFile{device: d, holder: holderOf(by), mode: want}
	for _, dir := range audio.Directions() {
		if want&dir == 0 {
			continue
		}
		o := pcm.Options{Role: pcm.Client, Direction: dir, Format: d.side(dir).format, Holder: f.holder}
		s, err := openStream(ctx, d.bay, d.name+"/"+dir.String(), o)
		if err != nil {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			for _, s := range f.streams() {
				_ = s.close(ended)
			}
			d.release(want)
			return nil, err
		}
		f.sides[dir.Index()] = s
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, dir := range audio.Directions() {
		if want&dir != 0 {
			d.side(dir).file, d.side(dir).samples = f, 0
		}
	}
	return f, nil
}

// offers returns ErrInvalid if the device lacks a direction.
func (d *sunDevice) offers(want audio.Direction) error {
	engine, err := d.bay.Device(d.name)
	if err != nil {
		return err
	}
	hw := engine.Info().HW
	if want&pcm.Write != 0 && hw&state.HWPlay == 0 || want&pcm.Read != 0 && hw&state.HWRecord == 0 {
		return audio.ErrInvalid.With("the device %s does not do both", d.name)
	}
	return nil
}

// claim takes all sides that are wanted, or waits for them.
func (d *sunDevice) claim(ctx context.Context, want audio.Direction, nonblock bool) error {
	d.mu.Lock()
	if d.freeLocked(want) && !slices.ContainsFunc(d.queue, func(w *sunWaiter) bool { return w.want&want != 0 }) {
		d.takeLocked(want)
		d.mu.Unlock()
		return nil
	}
	if nonblock {
		d.mu.Unlock()
		return audio.ErrBusy
	}
	w := &sunWaiter{want, make(chan struct{})}
	d.queue = append(d.queue, w)
	d.mu.Unlock()
	d.tell()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	d.mu.Lock()
	at := slices.Index(d.queue, w)
	if at >= 0 {
		d.queue = slices.Delete(d.queue, at, at+1)
	}
	d.mu.Unlock()
	if at < 0 { // it was its turn just now
		d.release(want)
	} else {
		d.admit()
	}
	return audio.ErrInterrupted
}

func (d *sunDevice) freeLocked(want audio.Direction) bool {
	for _, dir := range audio.Directions() {
		if want&dir != 0 && d.side(dir).taken {
			return false
		}
	}
	return true
}

// takeLocked marks sides. The first open of an idle device brings the usual format back.
func (d *sunDevice) takeLocked(want audio.Direction) {
	if d.freeLocked(pcm.Read | pcm.Write) {
		for i := range d.sides {
			d.sides[i].format = sunFormat()
		}
	}
	for _, dir := range audio.Directions() {
		if want&dir != 0 {
			d.side(dir).taken = true
		}
	}
}

// release gives sides up, and lets those who wait for them in.
func (d *sunDevice) release(sides audio.Direction) {
	d.mu.Lock()
	for _, dir := range audio.Directions() {
		if sides&dir != 0 {
			s := d.side(dir)
			s.file, s.taken, s.raised = nil, false, false
		}
	}
	d.mu.Unlock()
	d.admit()
	d.tell()
}

// admit lets in whose turn it is: nobody overtakes one that wants the same side.
func (d *sunDevice) admit() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var before audio.Direction
	d.queue = slices.DeleteFunc(d.queue, func(w *sunWaiter) bool {
		if before&w.want != 0 || !d.freeLocked(w.want) {
			before |= w.want
			return false
		}
		d.takeLocked(w.want)
		close(w.ready)
		return true
	})
}

// waitingLocked reports whether somebody waits for a side.
func (d *sunDevice) waitingLocked(dir audio.Direction) bool {
	return slices.ContainsFunc(d.queue, func(w *sunWaiter) bool { return w.want&dir != 0 })
}
