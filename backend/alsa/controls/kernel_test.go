package controls

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// pipedElements reads events from a pipe instead of a card.
func pipedElements(t *testing.T) (k *kernelElements, events int) {
	t.Helper()
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	k = &kernelElements{file: os.NewFile(uintptr(ends[0]), "pipe"), node: "/dev/snd/controlC0"}
	t.Cleanup(func() { k.Close() })
	return k, ends[1]
}

func TestEvents(t *testing.T) {
	k, fd := pipedElements(t)
	defer unix.Close(fd)
	id := ID{abi.CardElem, "Headphone Jack", 1, 2, 3}
	for _, c := range []struct {
		mask uint32
		want Event
	}{
		{abi.EventValue, Event{ID: id, Value: true}},
		{abi.EventValue | abi.EventInfo, Event{ID: id, Value: true, Other: true}},
		{abi.EventTLV, Event{ID: id, Other: true}},
		{abi.EventAdd, Event{ID: id, Other: true}},
		{abi.EventRemove, Event{ID: id, Removed: true}},
	} {
		event := abi.Event{Mask: c.mask, ID: toABI(id)}
		if _, err := unix.Write(fd, (*[unsafe.Sizeof(event)]byte)(unsafe.Pointer(&event))[:]); err != nil {
			t.Fatal(err)
		}
		if got, err := k.Next(); err != nil || got != c.want {
			t.Errorf("mask %x: %+v, %v", c.mask, got, err)
		}
	}
}

// TestCloseEndsNext: in the middle of its sleep, and before.
func TestCloseEndsNext(t *testing.T) {
	k, fd := pipedElements(t)
	defer unix.Close(fd)
	ended := make(chan error)
	go func() {
		_, err := k.Next()
		ended <- err
	}()
	if err := errors.Join(k.Close(), k.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, audio.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := k.Next(); !errors.Is(err, audio.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := k.List(); !errors.Is(err, audio.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestKernelErrors(t *testing.T) {
	k := &kernelElements{node: "/dev/snd/controlC1"}
	id := mixerID("Capture Source,1")
	for errno, want := range map[syscall.Errno]struct {
		is   error
		text string
	}{
		syscall.ENODEV: {audio.ErrGone, "the sound card of /dev/snd/controlC1 was unplugged"},
		syscall.ENOENT: {audio.ErrInvalid, `/dev/snd/controlC1 has no control "Capture Source,1"; amixer controls lists those that it has`},
		syscall.EINVAL: {audio.ErrInvalid, `control "Capture Source,1" of /dev/snd/controlC1 cannot be set: the value is out of its range`},
		syscall.EPERM:  {audio.ErrPermission, `control "Capture Source,1" of /dev/snd/controlC1 cannot be set: it is inactive, or locked by another program`},
		syscall.EIO:    {audio.ErrIO, `control "Capture Source,1" of /dev/snd/controlC1 cannot be set: input/output error`},
	} {
		if err := k.explain("be set", id, errno); !errors.Is(err, want.is) || err.Error() != want.text {
			t.Errorf("%v: %v", errno, err)
		}
	}
	for errno, want := range map[syscall.Errno]error{syscall.EACCES: audio.ErrPermission, syscall.ENOENT: audio.ErrNoDevice, syscall.ENODEV: audio.ErrNoDevice, syscall.EMFILE: audio.ErrIO} {
		if err := card.NodeError("/dev/snd/controlC1", &os.PathError{Op: "open", Path: "x", Err: errno}); !errors.Is(err, want) {
			t.Errorf("%v: %v", errno, err)
		}
	}
	if _, err := Open(card.Address{Card: 31}, Names{}); !errors.Is(err, audio.ErrNoDevice) {
		t.Errorf("got %v", err)
	}
}

func TestID(t *testing.T) {
	for _, text := range []string{"Master Playback Volume", "Master Playback Volume,10"} {
		id, err := ParseID(text)
		if err != nil || id.String() != text || fromABI(toABI(id)) != id {
			t.Errorf("%s: %+v, %v", text, id, err)
		}
	}
	long := ID{Name: "A name that is longer than those of the kernel ever are"}
	if got := fromABI(toABI(long)).Name; got != long.Name[:43] {
		t.Errorf("got %q", got)
	}
}

// TestRealCards maps the cards of this machine, where there are any. It changes nothing.
func TestRealCards(t *testing.T) {
	cards, err := card.Finder{}.Cards()
	if err != nil || len(cards) == 0 {
		t.Skipf("there is no sound card here: %v", err)
	}
	for _, c := range cards {
		m, err := Open(card.Address{Card: c.Number, Device: -1}, Names{})
		if err != nil {
			t.Errorf("card %d: %v", c.Number, err)
			continue
		}
		for d := play; d <= record; d++ {
			avail, mod, exclusive := m.Ports(d)
			on, err := m.Selected(d)
			level, levelErr := m.Level(d)
			t.Logf("%s %s: avail %s, mod %s, exclusive %v, on %s (%v), level %+v (%v)", c.ID, d, avail.Names(d), mod.Names(d), exclusive, on.Names(d), err, level, levelErr)
		}
		for id, e := range m.elements {
			v, err := m.controls.Read(id)
			if err != nil && e.Readable {
				t.Errorf("%s: %v", c.ID, err)
			}
			low, high := e.Scale.Range()
			t.Logf("%s: %s %d..%d %v (%v) %g..%g dB", c.ID, id, e.Min, e.Max, v, err, low, high)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
