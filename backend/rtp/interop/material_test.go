package interop_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// stream is what is sent in a test.
type stream struct {
	name     string // of the payload, as in SDP
	kind     int    // RTP payload type
	bytes    int    // of a sample
	rate     int
	channels int
	packet   int // frames
}

var (
	l24  = stream{"L24", 98, 3, 48000, 2, 48}
	l16  = stream{"L16", 97, 2, 48000, 2, 48}
	pw   = stream{"L24", 127, 3, 48000, 2, 192} // as PipeWire sends it
	cd   = stream{"L16", 10, 2, 44100, 2, 220}  // the payload type of RFC 3551 says all of it
	pcmu = stream{"PCMU", 0, 1, 8000, 1, 160}
)

func (s stream) frame() int { return s.bytes * s.channels }

// noise is sound as it is in packets: big endian. Each stretch of it is there once.
func (s stream) noise(seconds int) []byte {
	p := make([]byte, seconds*s.rate*s.frame())
	r := rand.New(rand.NewPCG(22, uint64(s.bytes)))
	for i := range p {
		if p[i] = byte(r.Uint32()); s.bytes == 1 && p[i] == 0x7f {
			p[i] = 0xff // the other zero of µ-law, to which programs change it
		}
	}
	return p
}

// swapped returns samples with their bytes in the other order.
func (s stream) swapped(p []byte) []byte {
	p = slices.Clone(p)
	for sample := range slices.Chunk(p, s.bytes) {
		slices.Reverse(sample)
	}
	return p
}

// unbroken fails the test unless at least so many frames in a row of what was sent were heard, each bit as it was. What comes
// before and after may be cut off, or be silent.
func (s stream) unbroken(t *testing.T, sent, heard []byte, frames int) {
	t.Helper()
	const key = 16 // bytes: never twice by chance
	places := map[[key]byte]int{}
	for at := 0; at+key <= len(sent); at += s.frame() {
		places[[key]byte(sent[at:])] = at
	}
	longest, from := 0, 0
	var runs [][3]int
	for at := 0; at+key <= len(heard); {
		begin, known := places[[key]byte(heard[at:])]
		if !known {
			at += s.frame()
			continue
		}
		n := 0
		for n < min(len(sent)-begin, len(heard)-at) && sent[begin+n] == heard[at+n] {
			n++
		}
		runs = append(runs, [3]int{at / s.frame(), begin / s.frame(), n / s.frame()})
		if n > longest {
			longest, from = n, begin
		}
		at += (n + s.frame() - 1) / s.frame() * s.frame()
	}
	t.Logf("%s: of %d frames that were heard, %d in a row are as they were, from frame %d on; at, from, frames: %v", s.name, len(heard)/s.frame(),
		longest/s.frame(), from/s.frame(), runs[:min(len(runs), 9)])
	if longest/s.frame() < frames {
		t.Errorf("%s: of %d frames that were heard, only %d in a row are as they were; want %d", s.name, len(heard)/s.frame(), longest/s.frame(), frames)
	}
}

// pitch and volume are the tone's, in Hz and of full scale.
const pitch, volume = 1000, 0.5

// tone is what can be recognised after a conversion.
func (s stream) tone(seconds int) (p []byte) {
	for i := range seconds * s.rate {
		v := volume * math.Sin(2*math.Pi*pitch*float64(i)/float64(s.rate))
		sample := binary.BigEndian.AppendUint32(nil, uint32(int32(v*(1<<31))))[:s.bytes]
		for range s.channels {
			p = append(p, sample...)
		}
	}
	return p
}

// sounds fails the test unless the tone was heard, with its pitch and its volume, in so many tenths of a second.
func (s stream) sounds(t *testing.T, heard []byte, tenths int) {
	t.Helper()
	right, all := 0, 0
	for part := range slices.Chunk(heard, s.rate/10*s.frame()) {
		sum, rises, last := 0.0, 0, 0.0
		for frame := range slices.Chunk(part, s.frame()) {
			v := s.value(frame)
			sum += v * v
			if last < 0 && v >= 0 {
				rises++
			}
			last = v
		}
		level := math.Sqrt(2 * sum / float64(s.rate/10))
		if all++; math.Abs(20*math.Log10(level/volume)) < 0.1 && rises >= pitch/10-1 && rises <= pitch/10+1 {
			right++
		}
	}
	t.Logf("%s: the tone is right in %d of %d tenths of a second", s.name, right, all)
	if right < tenths {
		t.Errorf("%s: the tone is right in %d of %d tenths of a second, want %d", s.name, right, all, tenths)
	}
}

// value returns the first sample of a frame, of full scale.
func (s stream) value(frame []byte) float64 {
	v := uint32(0)
	for i, b := range frame[:s.bytes] {
		v |= uint32(b) << (24 - 8*i)
	}
	return float64(int32(v)) / (1 << 31)
}

// sound is what is sent: noise, of which every bit counts, or a tone if somebody converts.
func (s stream) sound(seconds int, converted bool) []byte {
	if converted {
		return s.tone(seconds)
	}
	return s.noise(seconds)
}

// arrived fails the test unless a quarter of a second of sound is there as it was, in a row, or three tenths of a tone. There is much
// more, but programs that have to wait for the processor for long lose some by themselves.
func (s stream) arrived(t *testing.T, converted bool, sent, heard []byte) {
	t.Helper()
	if converted {
		s.sounds(t, heard, 3)
		return
	}
	s.unbroken(t, sent, heard, s.rate/4)
}
