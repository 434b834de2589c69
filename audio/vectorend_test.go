package audio

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// beforeNothing is n bytes (zero) behind which no byte can be read or written.
func beforeNothing(t *testing.T, n int) []byte {
	page := os.Getpagesize()
	size := (n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	if err := syscall.Mprotect(m[size:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return m[size-n : size : size]
}

// A vector instruction that reads or writes a little too far does no harm that Go
// would notice, except here.
func TestVectorsStayInside(t *testing.T) {
	const most = 70
	floats, raw := beforeNothing(t, 4*most), beforeNothing(t, 8*most)
	x := unsafe.Slice((*float32)(unsafe.Pointer(&floats[0])), most)
	for _, e := range Encodings() {
		for n := range most + 1 {
			p, x := raw[len(raw)-n*e.Bytes():], x[most-n:]
			if e.Decode(x, p)+e.Encode(p, x, nil) != 0 {
				t.Errorf("%v: bad samples among %d", e, n)
			}
		}
	}
}
