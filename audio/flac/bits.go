package flac

import "encoding/binary"

// bitWriter appends bits, the most significant first.
type bitWriter struct {
	b    []byte
	acc  uint64
	have uint // bits in acc that are not in b, < 32
}

// put appends the n low bits of v, n ≤ 32, whose other bits are 0.
func (w *bitWriter) put(v uint64, n uint) {
	w.acc = w.acc<<n | v
	if w.have += n; w.have >= 32 {
		w.have -= 32
		w.b = binary.BigEndian.AppendUint32(w.b, uint32(w.acc>>w.have))
	}
}

// putSigned appends a number of n bits, n ≤ 32.
func (w *bitWriter) putSigned(v int32, n uint) { w.put(uint64(uint32(v))&(1<<n-1), n) }

// zeros appends n zeros.
func (w *bitWriter) zeros(n uint) {
	for ; n > 32; n -= 32 {
		w.put(0, 32)
	}
	w.put(0, n)
}

// align fills the last byte with zeros, and brings all to b.
func (w *bitWriter) align() {
	if odd := w.have % 8; odd != 0 {
		w.put(0, 8-odd)
	}
	for ; w.have > 0; w.have -= 8 {
		w.b = append(w.b, byte(w.acc>>(w.have-8)))
	}
	w.acc = 0
}

// rice appends numbers with a Rice code, zigzagged: 0, −1, 1, −2 …
func (w *bitWriter) rice(all []int32, k uint) {
	mask, stop := uint64(1)<<k-1, uint64(1)<<k
	for _, r := range all {
		u := uint64(uint32(r<<1) ^ uint32(r>>31))
		high := uint(u >> k)
		if high+k+1 <= 32 {
			w.put(stop|u&mask, high+k+1)
			continue
		}
		w.zeros(high)
		w.put(stop|u&mask, k+1)
	}
}
