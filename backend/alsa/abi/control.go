package abi

import (
	"bytes"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CardInfo describes a card.
type CardInfo struct {
	Card       int32
	_          int32
	ID         [16]byte
	Driver     [16]byte
	Name       [32]byte
	LongName   [80]byte
	_          [16]byte
	MixerName  [80]byte
	Components [128]byte
}

// Do fills in i from a control device.
func (i *CardInfo) Do(fd int) error {
	return call(fd, request(read, groupCTL, 0x01, unsafe.Sizeof(*i)), unsafe.Pointer(i))
}

// Text returns the bytes before the first zero as a string.
func Text(field []byte) string {
	if end := bytes.IndexByte(field, 0); end >= 0 {
		field = field[:end]
	}
	return string(field)
}

// ElemID names a control element.
type ElemID struct {
	NumID     uint32
	Interface int32 // CardElem …
	Device    uint32
	Subdevice uint32
	Name      [44]byte
	Index     uint32
}

// The interfaces of elements.
const (
	CardElem  = 0
	MixerElem = 2
	PCMElem   = 3
)

// Elements returns all control elements of a card.
func Elements(fd int) ([]ElemID, error) {
	type list struct {
		offset, space, used, count uint32
		ids                        *ElemID
		_                          [50]byte
	}
	for room := uint32(0); ; {
		ids := make([]ElemID, room+1)
		l := list{space: room, ids: &ids[0]}
		if err := call(fd, request(read|write, groupCTL, 0x10, unsafe.Sizeof(l)), unsafe.Pointer(&l)); err != nil {
			return nil, err
		}
		if l.count <= room { // none was added in between
			return ids[:l.used], nil
		}
		room = l.count
	}
}

// ElemType is the type of an element's values.
type ElemType int32

// The types of elements.
const (
	Boolean    ElemType = 1
	Number     ElemType = 2
	Enumerated ElemType = 3
)

// The bits of ElemInfo.Access.
const (
	Readable = 1 << 0
	Writable = 1 << 1
	HasTLV   = 1 << 4
	Inactive = 1 << 8
	OfUser   = 1 << 29
)

// ElemInfo describes an element.
type ElemInfo struct {
	ID     ElemID
	Type   ElemType
	Access uint32
	Count  uint32 // number of values
	Owner  int32
	value  [128]byte
	_      [64]byte
}

// Do fills in i for the element ID.
func (i *ElemInfo) Do(fd int) error {
	return call(fd, request(read|write, groupCTL, 0x11, unsafe.Sizeof(*i)), unsafe.Pointer(i))
}

// Range returns the range of a Number.
func (i *ElemInfo) Range() (least, most, step int64) {
	v := (*[3]int64)(unsafe.Pointer(&i.value))
	return v[0], v[1], v[2]
}

type enumeration struct {
	items, item uint32
	name        [64]byte
	names       uint64
	length      uint32
}

func (i *ElemInfo) enumeration() *enumeration { return (*enumeration)(unsafe.Pointer(&i.value)) }

// Items returns the names of the values of an Enumerated.
func (i *ElemInfo) Items(fd int) (names []string, err error) {
	for n := range i.enumeration().items {
		one := *i
		one.enumeration().item = n
		if err := one.Do(fd); err != nil {
			return nil, err
		}
		names = append(names, Text(one.enumeration().name[:]))
	}
	return names, nil
}

// ElemValue holds the values of an element.
type ElemValue struct {
	ID    ElemID
	_     uint32
	_     uint32
	value [1024]byte
	_     [128]byte
}

// Read reads the values of ID.
func (v *ElemValue) Read(fd int) error {
	return call(fd, request(read|write, groupCTL, 0x12, unsafe.Sizeof(*v)), unsafe.Pointer(v))
}

// Write sets the values of ID.
func (v *ElemValue) Write(fd int) error {
	return call(fd, request(read|write, groupCTL, 0x13, unsafe.Sizeof(*v)), unsafe.Pointer(v))
}

// Numbers returns the values of a Boolean or a Number, in place.
func (v *ElemValue) Numbers() *[128]int64 { return (*[128]int64)(unsafe.Pointer(&v.value)) }

// Choices returns the values of an Enumerated, in place.
func (v *ElemValue) Choices() *[128]uint32 { return (*[128]uint32)(unsafe.Pointer(&v.value)) }

// TLV reads the metadata of an element, which holds its scale in dB.
func TLV(fd int, numID uint32) ([]uint32, error) {
	const words = 256
	var t struct {
		numID, length uint32
		words         [words]uint32
	}
	t.numID, t.length = numID, 4*words
	if err := call(fd, request(read|write, groupCTL, 0x1a, 8), unsafe.Pointer(&t)); err != nil {
		return nil, err
	}
	return t.words[:], nil
}

// Subscribe makes fd readable whenever an element changes.
func Subscribe(fd int) error {
	on := int32(1)
	return call(fd, request(read|write, groupCTL, 0x16, 4), unsafe.Pointer(&on))
}

// Event is a change of an element.
type Event struct {
	Type int32
	Mask uint32 // EventValue …
	ID   ElemID
}

// The bits of Event.Mask; EventRemove is all of them.
const (
	EventValue  = 1 << 0
	EventInfo   = 1 << 1
	EventAdd    = 1 << 2
	EventTLV    = 1 << 3
	EventRemove = ^uint32(0)
)

// Next reads an event. EAGAIN means that none is waiting.
func (e *Event) Next(fd int) error {
	n, err := unix.Read(fd, (*[unsafe.Sizeof(*e)]byte)(unsafe.Pointer(e))[:])
	if err == nil && n != int(unsafe.Sizeof(*e)) {
		err = syscall.EIO
	}
	return err
}
