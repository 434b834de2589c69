package abi

import "unsafe"

// State is the state of a stream.
type State int32

// The states.
const (
	Open State = iota
	SetUp
	Prepared
	Running
	XRun
	Draining
	Paused
	Suspended
	Disconnected
)

// Timespec is a time on the clock that TstampType selects.
type Timespec struct{ Sec, Nsec int64 }

// Nanoseconds returns t in ns.
func (t Timespec) Nanoseconds() int64 { return t.Sec*1e9 + t.Nsec }

// SyncPtr carries the pointers of a stream between program and kernel. They count frames and wrap
// at Boundary.
type SyncPtr struct {
	Flags uint32 // HWSync …
	_     uint32

	State       State
	_           uint32
	HWPtr       uint64
	Tstamp      Timespec // of HWPtr
	Suspended   State
	_           uint32
	AudioTstamp Timespec
	_           [64 - 56]byte

	ApplPtr  uint64
	AvailMin uint64
	_        [64 - 16]byte
}

// The flags of SyncPtr: what to do, and which of ApplPtr and AvailMin to read rather than set.
const (
	HWSync = 1 << iota
	GetAppl
	GetAvailMin
)

// Do exchanges the pointers. Errors: EPIPE after an xrun, ESTRPIPE when suspended, ENODEV when unplugged.
func (p *SyncPtr) Do(fd int) error {
	return quick(fd, request(read|write, groupPCM, 0x23, unsafe.Sizeof(*p)), unsafe.Pointer(p))
}

// Xfer copies frames between the program and the kernel.
type Xfer struct {
	Result int64 // frames moved
	Buf    unsafe.Pointer
	Frames uint64
}

// Write copies frames to an interleaved stream.
func (x *Xfer) Write(fd int) error {
	return quick(fd, request(write, groupPCM, 0x50, unsafe.Sizeof(*x)), unsafe.Pointer(x))
}

// Read copies frames from an interleaved stream.
func (x *Xfer) Read(fd int) error {
	return quick(fd, request(read, groupPCM, 0x51, unsafe.Sizeof(*x)), unsafe.Pointer(x))
}

// WritePlanes copies frames to a stream of planes; Buf points to one pointer for each channel.
func (x *Xfer) WritePlanes(fd int) error {
	return quick(fd, request(write, groupPCM, 0x52, unsafe.Sizeof(*x)), unsafe.Pointer(x))
}

// ReadPlanes copies frames from a stream of planes.
func (x *Xfer) ReadPlanes(fd int) error {
	return quick(fd, request(read, groupPCM, 0x53, unsafe.Sizeof(*x)), unsafe.Pointer(x))
}

// ChannelInfo locates the samples of a channel in the mapped memory.
type ChannelInfo struct {
	Channel uint32
	_       uint32
	Offset  int64  // for mmap
	First   uint32 // bits to the first sample
	Step    uint32 // bits from sample to sample
}

// Do fills in c for the channel Channel.
func (c *ChannelInfo) Do(fd int) error {
	return call(fd, request(read, groupPCM, 0x32, unsafe.Sizeof(*c)), unsafe.Pointer(c))
}

// PCMInfo says which stream a descriptor is.
type PCMInfo struct {
	Device, Subdevice uint32
	Direction         int32 // 0 plays, 1 records
	Card              int32
	ID                [64]byte
	Name              [80]byte
	SubName           [32]byte
	_                 [96]byte
}

// Do fills in i.
func (i *PCMInfo) Do(fd int) error {
	return call(fd, request(read, groupPCM, 0x01, unsafe.Sizeof(*i)), unsafe.Pointer(i))
}

func plain(fd int, number uintptr) error { return call(fd, request(0, groupPCM, number, 0), nil) }

// HWFree releases what Install has set up.
func HWFree(fd int) error { return plain(fd, 0x12) }

// Prepare makes a stream ready to start with its pointers at 0, also after an xrun.
func Prepare(fd int) error { return plain(fd, 0x40) }

// Start starts a stream and all streams linked to it.
func Start(fd int) error { return plain(fd, 0x42) }

// Drop stops a stream and discards what it has buffered.
func Drop(fd int) error { return plain(fd, 0x43) }

// Resume continues after a suspend. ENOSYS means that the hardware cannot.
func Resume(fd int) error { return plain(fd, 0x47) }

// Link makes two streams start and stop together.
func Link(fd, other int) error {
	return callValue(fd, request(write, groupPCM, 0x60, 4), uintptr(other))
}

// Delay stores the latency in frames: of a frame written now, or of the next one to be read.
func Delay(fd int, frames *int64) error {
	return quick(fd, request(read, groupPCM, 0x21, 8), unsafe.Pointer(frames))
}

// UserVersion tells the kernel which version of the interface the program knows.
func UserVersion(fd int) error {
	version := uint32(2<<16 | 15)
	return call(fd, request(write, groupPCM, 0x04, 4), unsafe.Pointer(&version))
}
