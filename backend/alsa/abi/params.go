package abi

import (
	"slices"
	"unsafe"
)

// Param numbers a hardware parameter: a mask or an interval.
type Param int

// The parameters that are masks.
const (
	Access Param = iota
	Format
	Subformat
	masks
)

// The parameters that are intervals.
const (
	SampleBits Param = iota + 8
	FrameBits
	Channels
	Rate // frames per second
	PeriodTime
	PeriodSize // frames
	PeriodBytes
	Periods
	BufferTime
	BufferSize // frames
	BufferBytes
	TickTime
	lastInterval = TickTime
)

// The bits of HWParams.Info. Refine fills in Info where it is 0.
const (
	Batch       = 0x10 // the hardware pointer moves in steps, such as packets
	SyncApplPtr = 0x20 // the driver must be told of each frame written
)

// The values of Access.
const (
	MmapInterleaved    = 0
	MmapNoninterleaved = 1
	RWInterleaved      = 3
	RWNoninterleaved   = 4
)

// Mask is a set of small numbers.
type Mask [8]uint32

// Has reports whether n is in the set.
func (m *Mask) Has(n int) bool { return m[n/32]>>(n%32)&1 != 0 }

// Only makes n the only member.
func (m *Mask) Only(n int) {
	*m = Mask{}
	m[n/32] = 1 << (n % 32)
}

// Interval is a range of numbers; OpenMin and OpenMax exclude its ends.
type Interval struct {
	Min, Max uint32
	Flags    uint32 // OpenMin …
}

// The flags of an Interval.
const (
	OpenMin = 1 << iota
	OpenMax
	Integer
	Empty
)

// Only makes n the only number.
func (i *Interval) Only(n int) { *i = Interval{uint32(n), uint32(n), Integer} }

// Low returns the least whole number in the range.
func (i *Interval) Low() int {
	if i.Flags&OpenMin != 0 {
		return int(i.Min) + 1
	}
	return int(i.Min)
}

// High returns the largest whole number in the range.
func (i *Interval) High() int {
	if i.Flags&OpenMax != 0 {
		return int(i.Max) - 1
	}
	return int(i.Max)
}

// HWParams are the parameters that hardware can still have, narrowed down to those it shall have.
type HWParams struct {
	Flags     uint32
	masks     [masks]Mask
	_         [5]Mask
	intervals [lastInterval - SampleBits + 1]Interval
	_         [9]Interval
	rmask     uint32
	cmask     uint32
	Info      uint32
	MSBits    uint32
	RateNum   uint32
	RateDen   uint32
	FIFOSize  uint64
	_         [64]byte
}

// AnyParams returns parameters with every value allowed.
func AnyParams() *HWParams {
	p := &HWParams{rmask: ^uint32(0), Info: ^uint32(0)}
	for m := range p.masks {
		p.masks[m] = Mask{^uint32(0), ^uint32(0)}
	}
	for i := range p.intervals {
		p.intervals[i] = Interval{Max: ^uint32(0)}
	}
	return p
}

// Mask returns a mask parameter for change in place, and marks it for Refine.
func (p *HWParams) Mask(m Param) *Mask {
	p.rmask |= 1 << m
	return &p.masks[m]
}

// Interval returns an interval parameter for change in place, and marks it for Refine.
func (p *HWParams) Interval(i Param) *Interval {
	p.rmask |= 1 << i
	return &p.intervals[i-SampleBits]
}

// Refine removes the values that the hardware cannot combine. EINVAL means that none is left.
func (p *HWParams) Refine(fd int) error {
	return call(fd, request(read|write, groupPCM, 0x10, unsafe.Sizeof(*p)), unsafe.Pointer(p))
}

// Install picks one value of each parameter and sets up the hardware.
func (p *HWParams) Install(fd int) error {
	return call(fd, request(read|write, groupPCM, 0x11, unsafe.Sizeof(*p)), unsafe.Pointer(p))
}

// SWParams say when a stream starts, stops and wakes its program. Units are frames.
type SWParams struct {
	TstampMode       int32 // 1: take a time with the hardware pointer
	PeriodStep       uint32
	SleepMin         uint32
	_                uint32
	AvailMin         uint64 // available, to wake the program
	XferAlign        uint64
	StartThreshold   uint64 // written, to start
	StopThreshold    uint64 // available, to stop with an xrun
	SilenceThreshold uint64
	SilenceSize      uint64
	Boundary         uint64 // where the pointers wrap; set by the kernel
	Proto            uint32
	TstampType       uint32
	_                [56]byte
}

// TstampMonotonic as TstampType selects CLOCK_MONOTONIC; Proto must be ProtoTstamp or newer.
const (
	TstampMonotonic = 1
	ProtoTstamp     = 2<<16 | 12
)

// Install sets the parameters.
func (p *SWParams) Install(fd int) error {
	return call(fd, request(read|write, groupPCM, 0x13, unsafe.Sizeof(*p)), unsafe.Pointer(p))
}

// Bytes returns the parameters as the kernel knows them.
func (p *HWParams) Bytes() []byte {
	return slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p)))
}

// ParseParams returns the parameters that Bytes of another process returned, or not ok.
func ParseParams(b []byte) (p *HWParams, ok bool) {
	p = &HWParams{}
	return p, copy(unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p)), b) == len(b) && len(b) == int(unsafe.Sizeof(*p))
}
