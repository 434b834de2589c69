package alsa

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/alsa/abi"
)

// fakePlay is play without a card: its memory, and hardware that a test moves.
func fakePlay(f audio.Format, buffer, length, period int, planes bool) *pcmHandle {
	s := &pcmHandle{play: true, format: f, frame: f.FrameBytes(), sample: f.Encoding.Bytes(), buffer: buffer}
	s.memory = make([]byte, buffer*s.frame)
	for i := range s.memory {
		s.memory[i] = byte(i*7 + 1) // of a program before
	}
	if planes {
		for c := range f.Channels {
			s.areas = append(s.areas, area{c * buffer * s.sample, s.sample})
		}
	}
	s.tail = newTail(f, length, 200, period)
	s.hush()
	return s
}

// write is what move does, without the kernel.
func (s *pcmHandle) write(block []byte) {
	s.lay(block, s.Appl)
	s.Appl += uint64(len(block) / s.frame)
	s.follow(block[len(block)-s.frame:])
}

// at is what the memory has from a position on.
func (s *pcmHandle) at(position uint64, frames int) []byte {
	s.play = false // access reads
	defer func() { s.play = true }()
	block := make([]byte, frames*s.frame)
	for i := range frames {
		s.access(block[i*s.frame:(i+1)*s.frame], int((position+uint64(i))%uint64(s.buffer)))
	}
	return block
}

// TestTail: whatever was written, in whatever pieces, a decay from the last frame follows it,
// then silence to the end of the tail, and nothing that waits to be played is touched.
func TestTail(t *testing.T) {
	const fill, length, period = 768, 1500, 256
	random := rand.New(rand.NewPCG(1, 2))
	for _, f := range []audio.Format{
		audio.DefaultFormat(), {Rate: 48000, Channels: 1, Encoding: audio.U8}, {Rate: 48000, Channels: 3, Encoding: audio.S24LE3}, {Rate: 48000, Channels: 2, Encoding: audio.FloatLE},
	} {
		for _, planes := range []bool{false, true} {
			s := fakePlay(f, fill+length, length, period, planes)
			ramp := s.tail.ramp.Frames()
			silence, decay := make([]byte, length*s.frame), make([]byte, ramp*s.frame)
			f.Encoding.Silence(silence)
			waits := bytes.Clone(silence[:fill*s.frame]) // what is to be played
			s.write(waits)
			for step := range 3000 {
				n := 1 + random.IntN(fill)
				if step%7 == 0 {
					n = 1 + random.IntN(20)
				}
				n = min(n, int(s.Appl-s.HW))
				s.HW += uint64(n)
				waits = waits[n*s.frame:]
				block := make([]byte, n*s.frame)
				if random.IntN(4) > 0 {
					x := make([]float32, n*f.Channels)
					for i := range x {
						x[i] = random.Float32() - 0.5
					}
					f.Encoding.Encode(block, x, nil)
				} else {
					f.Encoding.Silence(block)
				}
				s.write(block)
				waits = slices.Concat(waits, block)
				last := block[len(block)-s.frame:]
				audio.NewRamp(f, ramp).Decay(decay, last)
				if !bytes.Equal(s.at(s.HW, fill), waits) {
					t.Fatalf("%v, planes %v, step %d: what is to be played has changed", f, planes, step)
				}
				if got := s.at(s.Appl, length); !bytes.Equal(got[:ramp*s.frame], decay) || !bytes.Equal(got[ramp*s.frame:], silence[ramp*s.frame:]) {
					t.Fatalf("%v, planes %v, step %d: after %d frames there is no tail", f, planes, step, n)
				}
			}
		}
	}
}

// TestTailAllocatesNothing, nor does it wait for room that is not there.
func TestTailAllocatesNothing(t *testing.T) {
	s := fakePlay(audio.DefaultFormat(), 2268, 1500, 256, false)
	s.write(make([]byte, 768*4))
	block := bytes.Repeat([]byte{0, 64}, 512)
	if n := testing.AllocsPerRun(100, func() {
		s.HW += 256
		s.write(block)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	before := bytes.Clone(s.memory)
	s.Appl += 300 // a trial has no room for a tail
	if s.follow(block[:4]); !bytes.Equal(before, s.memory) {
		t.Error("there is a tail where there is no room for it")
	}
}

// TestTailFrames: which cards have one.
func TestTailFrames(t *testing.T) {
	const usb = abi.Batch | abi.SyncApplPtr
	for _, c := range []struct {
		what         string
		info         uint32
		period, fill int
		both         bool
		played       int
	}{
		{"memory", 0, 256, 768, false, 192},
		{"memory, short", 0, 32, 64, false, 192},
		{"packets, as many as before", usb, 256, 768, false, 192 + 864},
		{"packets, more than before", usb, 128, 384, false, 0},
		{"packets in both directions", usb, 128, 384, true, 192 + 864},
		{"steps", abi.Batch, 480, 1440, false, 192 + 864},
		{"copied by the driver", abi.SyncApplPtr, 480, 1440, false, 0},
	} {
		length, played := tailFrames(c.info, 48000, c.period, c.fill, c.both)
		if played != c.played || played > 0 && length < played+2*c.period {
			t.Errorf("%s: %d of %d, want %d", c.what, played, length, c.played)
		}
	}
	for length, stop := range map[int]int{191 + 256: 0, 192 + 256: 192, 5000: 5000 - 512 - 960} {
		got := 0
		if tail := newTail(audio.DefaultFormat(), length, 192, 256); tail != nil {
			got = tail.stop
		}
		if got != stop {
			t.Errorf("of %d frames, %d are played, want %d", length, got, stop)
		}
	}
}

// BenchmarkTail is what it adds to a cycle.
func BenchmarkTail(b *testing.B) {
	for _, period := range []int{64, 256, 480} {
		for _, level := range []float64{0.5, 0} {
			b.Run(fmt.Sprintf("period=%d/level=%v", period, level), func(b *testing.B) {
				f := audio.DefaultFormat()
				s := fakePlay(f, 3*period+5000, 5000, period, false)
				block := make([]byte, period*s.frame)
				f.Encoding.Encode(block, slices.Repeat([]float32{float32(level * math.Sqrt2 / 2)}, 2*period), nil)
				s.write(make([]byte, 3*period*s.frame))
				for b.Loop() {
					s.HW += uint64(period)
					s.Appl += uint64(period)
					s.follow(block[len(block)-s.frame:])
				}
			})
		}
	}
}

// TestTailOfWhatIsSkipped: what was skipped is the tail of what was played last, then silence, however much it is: behind the
// tail the memory has what was played long ago.
func TestTailOfWhatIsSkipped(t *testing.T) {
	const fill, length, period = 768, 1500, 256
	f := audio.DefaultFormat()
	for n := 200; n <= fill+length; n += 100 {
		s := fakePlay(f, fill+length, length, period, false)
		for range 5 { // all of the memory has sounded
			s.HW = s.Appl
			s.write(bytes.Repeat([]byte{1, 64}, 2*fill))
		}
		last, heard := s.Appl, s.at(s.Appl, s.tail.ramp.Frames())
		s.HW = last + uint64(max(50, n-fill)) // what is skipped ends within the buffer
		s.Appl += uint64(n)
		s.passOver()
		got := s.at(s.HW, int(s.Appl-s.HW)+length)
		want := make([]byte, len(got))
		if played := int(s.HW-last) * s.frame; played < len(heard) {
			copy(want, heard[played:])
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d frames were skipped, and something else is heard than a decay and silence", n)
		}
	}
}
