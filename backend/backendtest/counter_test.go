package backendtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
)

// TestCounter: in every encoding and any number of channels, a block checks where it
// was filled and nowhere else within the span, and blocks of any size fit together.
func TestCounter(t *testing.T) {
	for _, e := range audio.Encodings() {
		t.Run(e.String(), rapid.MakeCheck(func(t *rapid.T) {
			f := audio.Format{Rate: 48000, Channels: rapid.IntRange(1, audio.MaxChannels).Draw(t, "channels"), Encoding: e}
			c := NewCounter(f)
			first := rapid.Uint64Range(0, 1<<40).Draw(t, "first")
			frames := rapid.IntRange(1, 50).Draw(t, "frames")
			cut := rapid.IntRange(0, frames).Draw(t, "cut")

			block := make([]byte, frames*f.FrameBytes())
			c.Fill(block[:cut*f.FrameBytes()], first)
			c.Fill(block[cut*f.FrameBytes():], first+uint64(cut))
			if bad, err := c.Check(block, first); bad != -1 || err != nil {
				t.Fatalf("frame %d: %v", bad, err)
			}
			if n := c.Number(block); n != first%c.Span() {
				t.Fatalf("the first frame is %d, read back as %d", first, n)
			}
			shift := rapid.Uint64Range(1, c.Span()-1).Draw(t, "shift")
			if bad, err := c.Check(block, first+shift); bad != 0 || err == nil {
				t.Fatalf("a shift by %d shows at frame %d: %v", shift, bad, err)
			}
			at := rapid.IntRange(0, frames-1).Draw(t, "at")
			channel := rapid.IntRange(0, f.Channels-1).Draw(t, "channel")
			sample := block[(at*f.Channels+channel)*e.Bytes():][:e.Bytes()]
			sample[1%e.Bytes()] ^= 0x10
			if bad, err := c.Check(block, first); bad != at || err == nil {
				t.Fatalf("a wrong sample in frame %d shows at frame %d: %v", at, bad, err)
			}
		}))
	}
}

// TestCounterStereo: the fast way gives what the plain one gives.
func TestCounterStereo(t *testing.T) {
	f := audio.DefaultFormat()
	c := NewCounter(f)
	for _, first := range []uint64{0, 1, 65400, 65534, 65535, 1<<32 - 3} {
		for frames := range 300 {
			got := make([]byte, frames*4)
			c.Fill(got, first)
			want := make([]byte, frames*4)
			for i := range frames * 2 {
				putSample(f.Encoding, want[i*2:], uint32(first)+uint32(i/2)+uint32(i%2)*channelStep)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%d frames from %d: % x, want % x", frames, first, got, want)
			}
			for bad := range frames {
				want[bad*4] ^= 1
				if at, err := c.Check(want, first); at != bad || err == nil {
					t.Fatalf("frame %d of %d from %d is wrong, found %d", bad, frames, first, at)
				}
				want[bad*4] ^= 1
			}
		}
	}
}

func TestCounterSays(t *testing.T) {
	c := NewCounter(audio.DefaultFormat())
	block := make([]byte, 40)
	for _, say := range []struct {
		filled uint64
		want   string
	}{
		{1003, "frame 0 of the block should be number 1000, but is 3 frames ahead"},
		{990, "frame 0 of the block should be number 1000, but is 10 frames back"},
	} {
		c.Fill(block, say.filled)
		if _, err := c.Check(block, 1000); err == nil || err.Error() != say.want {
			t.Errorf("got %q, want %q", err, say.want)
		}
	}
	clear(block)
	if _, err := c.Check(block, 1000); err == nil || !strings.Contains(err.Error(), "is no frame of the counter: 00 00 00 00") {
		t.Errorf("got %q", err)
	}
}

func TestCounterAllocates(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for _, e := range audio.Encodings() {
		f := audio.Format{Rate: 48000, Channels: 2, Encoding: e}
		c := NewCounter(f)
		block := make([]byte, 480*f.FrameBytes())
		n := uint64(0)
		if allocs := testing.AllocsPerRun(20, func() {
			c.Fill(block, n)
			if _, err := c.Check(block, n); err != nil {
				t.Error(err)
			}
			n += 480
		}); allocs != 0 {
			t.Errorf("%s: %v allocations", e, allocs)
		}
	}
}

func BenchmarkCounter(b *testing.B) {
	for _, e := range []audio.Encoding{audio.S16LE, audio.S32LE, audio.FloatLE} {
		f := audio.Format{Rate: 48000, Channels: 2, Encoding: e}
		c := NewCounter(f)
		block := make([]byte, 480*f.FrameBytes())
		b.Run(fmt.Sprintf("fill/%s", e), func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			for i := range b.N {
				c.Fill(block, uint64(i))
			}
		})
		b.Run(fmt.Sprintf("check/%s", e), func(b *testing.B) {
			c.Fill(block, 7)
			b.SetBytes(int64(len(block)))
			for range b.N {
				if bad, _ := c.Check(block, 7); bad >= 0 {
					b.Fatal(bad)
				}
			}
		})
	}
}
