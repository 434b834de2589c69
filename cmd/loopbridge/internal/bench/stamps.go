package bench

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stamps is memory shared by all processes of a bench: for each pair, how much is written and
// when the newest blocks were.
type stamps struct {
	mem   []byte
	slots int // per pair
}

// pairStamps is the part of a pair, with one writer and one reader. It starts at a cache line.
type pairStamps struct {
	written *atomic.Uint64 // frames
	faults  *atomic.Uint64 // frames that a reader did not expect
	slots   []stamp        // block b is at index b modulo their number
}

type stamp struct {
	block atomic.Uint64 // number + 1; 0: none
	at    atomic.Int64  // CLOCK_MONOTONIC, ns
}

const (
	stampHeader = 64
	stampBytes  = int(unsafe.Sizeof(stamp{}))
)

func stampsBytes(pairs, slots int) int { return pairs * (stampHeader + slots*stampBytes) }

// newStamps creates the memory; other processes inherit the file.
func newStamps(pairs, slots int) (*stamps, *os.File, error) {
	fd, err := unix.MemfdCreate("loopbridge-bench", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, nil, fmt.Errorf("no memory to share: %w", err)
	}
	f := os.NewFile(uintptr(fd), "stamps")
	if err := f.Truncate(int64(stampsBytes(pairs, slots))); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("no memory to share: %w", err)
	}
	s, err := openStamps(fd, pairs, slots)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return s, f, nil
}

func openStamps(fd, pairs, slots int) (*stamps, error) {
	mem, err := unix.Mmap(fd, 0, stampsBytes(pairs, slots), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("cannot map %d bytes to share: %w", stampsBytes(pairs, slots), err)
	}
	return &stamps{mem: mem, slots: slots}, nil
}

func (s *stamps) close() { _ = unix.Munmap(s.mem) }

func (s *stamps) pair(i int) pairStamps {
	mem := unsafe.Pointer(&s.mem[stampsBytes(i, s.slots)])
	return pairStamps{
		written: (*atomic.Uint64)(mem),
		faults:  (*atomic.Uint64)(unsafe.Add(mem, 8)),
		slots:   unsafe.Slice((*stamp)(unsafe.Add(mem, stampHeader)), s.slots),
	}
}

// put notes the time of a block, after which written frames are there.
func (p pairStamps) put(block, written uint64, now int64) {
	s := &p.slots[block%uint64(len(p.slots))]
	s.block.Store(0)
	s.at.Store(now)
	s.block.Store(block + 1)
	p.written.Store(written)
}

// at returns when a block was written, if the stamp is still there.
func (p pairStamps) at(block uint64) (ns int64, known bool) {
	s := &p.slots[block%uint64(len(p.slots))]
	ns = s.at.Load()
	return ns, s.block.Load() == block+1
}
