package controls

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
	"github.com/loopbridge/loopbridge/backend/alsa/card"
)

// OpenElements opens the control device of a card. It does not block. Errors: audio.ErrNoDevice,
// audio.ErrPermission, audio.ErrIO.
func OpenElements(number int) (Elements, error) {
	node := card.ControlNode(number)
	fd, err := unix.Open(node, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, card.NodeError(node, err)
	}
	// Subscribe before the runtime polls: the kernel does not wake an earlier poll.
	if err := abi.Subscribe(fd); err != nil {
		unix.Close(fd)
		return nil, card.NodeError(node, err)
	}
	// The descriptor is non-blocking: the runtime waits for events, and Close ends the wait.
	return &kernelElements{file: os.NewFile(uintptr(fd), node), node: node}, nil
}

// kernelElements is a card's control device. The file guards the descriptor against calls during Close.
type kernelElements struct {
	file    *os.File
	node    string
	closed  atomic.Bool
	numbers sync.Map // kernel numbers (uint32) by ID, as listed
}

// do calls call with the descriptor.
func (k *kernelElements) do(call func(fd int) error) error {
	conn, err := k.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(fd uintptr) { failed = call(int(fd)) }); err != nil {
		return err
	}
	return failed
}

// explain wraps an error of the kernel in a sentence.
func (k *kernelElements) explain(what string, id ID, err error) error {
	switch {
	case err == nil:
		return nil
	case k.closed.Load(), errors.Is(err, os.ErrClosed):
		return audio.ErrClosed.With("%s is closed", k.node)
	case errors.Is(err, syscall.ENODEV):
		return audio.ErrGone.With("the sound card of %s was unplugged", k.node)
	case errors.Is(err, syscall.ENOENT):
		return audio.ErrInvalid.With("%s has no control %q; amixer controls lists those that it has", k.node, id)
	case errors.Is(err, syscall.EINVAL):
		return audio.ErrInvalid.With("control %q of %s cannot %s: the value is out of its range", id, k.node, what)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return audio.ErrPermission.With("control %q of %s cannot %s: it is inactive, or locked by another program", id,
			k.node, what)
	}
	return audio.ErrIO.With("control %q of %s cannot %s: %v", id, k.node, what, err)
}

func (k *kernelElements) List() (list []Element, err error) {
	err = k.do(func(fd int) error {
		ids, err := abi.Elements(fd)
		if err != nil {
			return err
		}
		for _, id := range ids {
			e, ok, err := describe(fd, id)
			if err != nil {
				return err
			}
			if ok {
				list = append(list, e)
				k.numbers.Store(e.ID, id.NumID)
			}
		}
		return nil
	})
	setScales(list)
	return list, k.explain("be listed", ID{}, err)
}

// describe reads an element. It returns false if the element is gone or has a type that Element lacks.
func describe(fd int, id abi.ElemID) (e Element, ok bool, err error) {
	info := abi.ElemInfo{ID: id}
	if err := info.Do(fd); err != nil {
		if errors.Is(err, syscall.ENODEV) {
			return e, false, err
		}
		return e, false, nil
	}
	e = Element{ID: fromABI(info.ID), Type: info.Type, Count: int(info.Count), Readable: info.Access&abi.Readable != 0}
	e.User = info.Access&abi.OfUser != 0
	e.Writable = info.Access&abi.Writable != 0 && info.Access&abi.Inactive == 0
	switch info.Type {
	case abi.Boolean:
		e.Max = 1
	case abi.Number:
		e.Min, e.Max, e.Step = info.Range()
	case abi.Enumerated:
		if e.Items, err = info.Items(fd); err != nil {
			return e, false, nil
		}
		e.Max = int64(len(e.Items)) - 1
	default:
		return e, false, nil
	}
	if info.Access&abi.HasTLV != 0 && info.Type != abi.Enumerated {
		e.tlv, _ = abi.TLV(fd, info.ID.NumID) // an error means no scale
	}
	return e, true, nil
}

// find reads an element by its number from the last list, since AC97 drivers rename elements in a
// way that hides the new name from the kernel. An element that was removed and added again has
// another number and is found by name.
func (k *kernelElements) find(fd int, id ID) (info abi.ElemInfo, err error) {
	if number, ok := k.numbers.Load(id); ok {
		info.ID.NumID = number.(uint32)
		if err := info.Do(fd); err == nil && fromABI(info.ID) == id {
			return info, nil
		}
	}
	info = abi.ElemInfo{ID: toABI(id)}
	return info, info.Do(fd)
}

func (k *kernelElements) Read(id ID) (values []int64, err error) {
	err = k.do(func(fd int) error {
		info, err := k.find(fd, id)
		if err != nil {
			return err
		}
		value := abi.ElemValue{ID: info.ID}
		if err := value.Read(fd); err != nil {
			return err
		}
		values = make([]int64, min(int(info.Count), 128))
		for i := range values {
			if info.Type == abi.Enumerated {
				values[i] = int64(value.Choices()[i])
			} else {
				values[i] = value.Numbers()[i]
			}
		}
		return nil
	})
	return values, k.explain("be read", id, err)
}

func (k *kernelElements) Write(id ID, values []int64) error {
	err := k.do(func(fd int) error {
		info, err := k.find(fd, id)
		if err != nil {
			return err
		}
		value := abi.ElemValue{ID: info.ID}
		if len(values) != int(info.Count) || len(values) > 128 {
			return syscall.EINVAL
		}
		for i, v := range values {
			if info.Type == abi.Enumerated {
				value.Choices()[i] = uint32(v)
			} else {
				value.Numbers()[i] = v
			}
		}
		return value.Write(fd)
	})
	return k.explain("be set", id, err)
}

func (k *kernelElements) Next() (Event, error) {
	conn, err := k.file.SyscallConn()
	if err != nil {
		return Event{}, k.explain("be watched", ID{}, err)
	}
	var event abi.Event
	var failed error
	err = conn.Read(func(fd uintptr) (done bool) {
		failed = event.Next(int(fd))
		return !errors.Is(failed, syscall.EAGAIN)
	})
	if err == nil {
		err = failed
	} else if !k.closed.Load() { // the runtime does not wait on an unplugged card
		err = k.do(event.Next)
	}
	if err != nil {
		return Event{}, k.explain("be watched", ID{}, err)
	}
	return changeOf(event), nil
}

// changeOf converts an event of the kernel.
func changeOf(event abi.Event) Event {
	c := Event{ID: fromABI(event.ID)}
	if event.Mask == abi.EventRemove {
		c.Removed = true
		return c
	}
	c.Value = event.Mask&abi.EventValue != 0
	c.Other = event.Mask&(abi.EventInfo|abi.EventAdd|abi.EventTLV) != 0
	return c
}

func (k *kernelElements) Close() error {
	if k.closed.Swap(true) {
		return nil
	}
	return k.file.Close()
}

func fromABI(id abi.ElemID) ID {
	return ID{int(id.Interface), abi.Text(id.Name[:]), int(id.Index), int(id.Device), int(id.Subdevice)}
}

// toABI returns id without a number.
func toABI(id ID) abi.ElemID {
	a := abi.ElemID{Interface: int32(id.Interface), Device: uint32(id.Device), Subdevice: uint32(id.Subdevice),
		Index: uint32(id.Index)}
	copy(a.Name[:len(a.Name)-1], id.Name)
	return a
}
