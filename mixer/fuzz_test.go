package mixer

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// Any settings in any order, on blocks of any length, against plain sums in float64.
// Each six bytes are a setting and a block: gain, balance, what, frames, sample.
func FuzzFader(f *testing.F) {
	f.Add(uint8(2), []byte{255, 32, 0, 9, 0, 64, 100, 16, 0, 5, 0, 64, 0, 0, 1, 200, 255, 127})
	f.Add(uint8(6), []byte{1, 64, 2, 1, 0, 0, 255, 32, 4, 0, 1, 1, 3, 3, 7, 33, 9, 9})
	f.Add(uint8(63), []byte{77, 12, 0, 30, 12, 34, 77, 12, 0, 30, 12, 34})
	f.Fuzz(func(t *testing.T, width uint8, steps []byte) {
		channels := int(width)%audio.MaxChannels + 1
		fader := NewFader(channels, Neutral())
		now := ones(channels)
		for ; len(steps) >= 6; steps = steps[6:] {
			s := Setting{Gain: int(steps[0]), Balance: int(steps[1]), Mute: steps[2]&1 != 0}
			if steps[2]&8 != 0 {
				s.Gain, s.Balance = -s.Gain, 64-2*s.Balance // out of range too
			}
			frames := int(steps[3])
			x := float32(int16(binary.LittleEndian.Uint16(steps[4:]))) / 32768
			fader.Set(s)
			if steps[2]&2 != 0 {
				fader.Jump()
				for c := range now {
					now[c] = s.amplitudeOf(c, channels)
				}
			}
			src, dst := make([]float32, frames*channels), make([]float32, frames*channels)
			for i := range src {
				src[i] = x / float32(i%5+1)
				dst[i] = 0.25
			}
			base := 0.25
			if steps[2]&4 != 0 {
				base = 0
				fader.Apply(dst, src)
			} else {
				fader.Mix(dst, src)
			}
			for i := range dst {
				from, to := float64(now[i%channels]), float64(s.amplitudeOf(i%channels, channels))
				want := base + float64(src[i])*(from+(to-from)*float64(i/channels+1)/float64(frames))
				if !(math.Abs(float64(dst[i])-want) < 1e-6) {
					t.Fatalf("%d channels, %+v, %d frames: sample %d is %v, want %v", channels, s, frames, i, dst[i], want)
				}
			}
			for c := range now {
				if frames > 0 {
					now[c] = s.amplitudeOf(c, channels)
				}
			}
		}
	})
}

// Any bits at all, NaN and infinities too: meters neither panic nor miscount.
func FuzzMeter(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x7F, 0, 0, 0xC0, 0xFF, 0, 0, 0x80, 0x3F})
	f.Add(make([]byte, 4*33))
	f.Fuzz(func(t *testing.T, raw []byte) {
		block := make([]float32, len(raw)/4)
		for i := range block {
			block[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		want := uint64(0)
		for _, x := range block {
			if x > 1 || x < -1 {
				want++
			}
		}
		m := NewMeter(1)
		m.Measure(block)
		var r Reading
		if m.Read(&r); r.Frames != uint64(len(block)) || r.Clipped != want {
			t.Fatalf("%+v of %d frames, want %d clipped", r, len(block), want)
		}
	})
}
