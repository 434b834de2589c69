package server_test

import (
	"sync/atomic"
	"unsafe"

	"github.com/loopbridge/loopbridge/wire"
)

// at is the address of a word.
func (m shm) at(name string) (unsafe.Pointer, int) {
	for _, w := range wire.Layout() {
		if w.Name == name {
			return unsafe.Pointer(&m.mem[w.Offset]), w.Bits
		}
	}
	panic("no word " + name)
}

func (m shm) get(name string) uint64 {
	p, bits := m.at(name)
	if bits == 32 {
		return uint64(atomic.LoadUint32((*uint32)(p)))
	}
	return atomic.LoadUint64((*uint64)(p))
}

func (m shm) put(name string, value uint64) {
	p, bits := m.at(name)
	if bits == 32 {
		atomic.StoreUint32((*uint32)(p), uint32(value))
		return
	}
	atomic.StoreUint64((*uint64)(p), value)
}
