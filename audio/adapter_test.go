package audio

import (
	"encoding/binary"
	"testing"
)

// TestAdapter: the encoding, the channels and both at once, in blocks of any size.
func TestAdapter(t *testing.T) {
	const frames = 8
	stereo, mono := DefaultFormat(), Format{Rate: 48000, Channels: 1, Encoding: S16LE}
	s16 := func(values ...int16) (block []byte) {
		for _, v := range values {
			block = binary.LittleEndian.AppendUint16(block, uint16(v))
		}
		return block
	}
	for _, c := range []struct {
		name     string
		from, to Format
		src      []byte
		want     []int16 // of the destination, brought back to S16
	}{
		{"encoding", stereo, Format{Rate: 48000, Channels: 2, Encoding: S32LE}, s16(1, -2, 32767, -32768), []int16{1, -2, 32767, -32768}},
		{"one channel to two", mono, stereo, s16(100, -200), []int16{100, 100, -200, -200}},
		{"two channels to one", stereo, mono, s16(100, 300, -50, 50), []int16{200, 0}},
		{"both", mono, Format{Rate: 48000, Channels: 2, Encoding: S24LE3}, s16(1000), []int16{1000, 1000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := NewAdapter(c.from, c.to, frames)
			dst := make([]byte, len(c.src)/c.from.FrameBytes()*c.to.FrameBytes())
			if allocs := testing.AllocsPerRun(10, func() { a.Apply(dst, c.src) }); allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
			back := make([]byte, 2*len(c.want))
			Reencode(S16LE, c.to.Encoding, back, dst)
			for i, want := range c.want {
				if got := int16(binary.LittleEndian.Uint16(back[2*i:])); got != want {
					t.Errorf("sample %d: %d, want %d", i, got, want)
				}
			}
		})
	}
}
