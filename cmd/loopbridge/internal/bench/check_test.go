package bench

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
)

func checkerFormats() []audio.Format {
	return []audio.Format{
		{Rate: 48000, Channels: 1, Encoding: audio.U8},
		{Rate: 48000, Channels: 1, Encoding: audio.MuLaw},
		{Rate: 48000, Channels: 1, Encoding: audio.S16LE},
		{Rate: 48000, Channels: 2, Encoding: audio.S16LE},
		{Rate: 48000, Channels: 2, Encoding: audio.S24LE3},
		{Rate: 48000, Channels: 8, Encoding: audio.Float64BE},
	}
}

// TestCheckerFindsFaults: a stream with faults in it, cut into blocks anywhere, is
// judged as what it is.
func TestCheckerFindsFaults(t *testing.T) {
	for _, f := range checkerFormats() {
		t.Run(f.String(), rapid.MakeCheck(func(t *rapid.T) {
			p := newPattern(f)
			var stream []byte
			var want tally
			next := uint64(0)
			good := func(n int) {
				block := make([]byte, n*p.frame)
				p.fill(block, next)
				stream = append(stream, block...)
				next += uint64(n)
				want.Good += uint64(n)
			}
			good(rapid.IntRange(20, 100).Draw(t, "first"))
			for range rapid.IntRange(0, 5).Draw(t, "faults") {
				n := rapid.IntRange(1, 60).Draw(t, "frames")
				switch rapid.SampledFrom([]string{"lost", "doubled", "corrupt", "inserted"}).Draw(t, "fault") {
				case "lost":
					next += uint64(n)
					want.Lost += uint64(n)
				case "doubled":
					n = min(n, 19) // not beyond the fault before
					next -= uint64(n)
					want.Doubled += uint64(n)
					want.Good -= uint64(n)
				case "corrupt":
					at := len(stream)
					good(n)
					want.Good -= uint64(n)
					want.Corrupt += uint64(n)
					spoil(p, stream[at:])
				case "inserted":
					for range n {
						stream = append(stream, p.silence...)
					}
					want.Inserted += uint64(n)
				}
				good(rapid.IntRange(20, 100).Draw(t, "more"))
			}
			got := judge(p, stream, next, func(left int) int { return rapid.IntRange(1, left).Draw(t, "block") })
			if got != want {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}))
	}
}

// spoil makes frames of which none is of the pattern or silence.
func spoil(p *pattern, block []byte) {
	for ; len(block) > 0; block = block[p.frame:] {
		frame := block[:p.frame]
		for i := range frame {
			frame[i] ^= 0x55
		}
		if p.silent(frame) > 0 {
			frame[0] ^= 1
		}
	}
}

// judge feeds a stream of blocks of the sizes that block draws.
func judge(p *pattern, stream []byte, written uint64, block func(left int) int) tally {
	c := newChecker(p, 100)
	for len(stream) > 0 {
		n := block(len(stream)/p.frame) * p.frame
		c.feed(stream[:n], written)
		stream = stream[n:]
	}
	return c.finish(written)
}

// TestCheckerEnds: what is missing at either end of the stream is lost, silence
// behind it is no fault, and silence with a loss in it is both.
func TestCheckerEnds(t *testing.T) {
	for _, f := range checkerFormats() {
		p := newPattern(f)
		frames := func(first, n int) []byte {
			b := make([]byte, n*p.frame)
			p.fill(b, uint64(first))
			return b
		}
		silence := func(n int) (b []byte) {
			for range n {
				b = append(b, p.silence...)
			}
			return b
		}
		for name, c := range map[string]struct {
			stream [][]byte
			want   tally
		}{
			"nothing":      {nil, tally{Lost: 100}},
			"all":          {[][]byte{frames(0, 100)}, tally{Good: 100}},
			"late":         {[][]byte{frames(40, 60)}, tally{Good: 60, Lost: 40}},
			"early end":    {[][]byte{frames(0, 60)}, tally{Good: 60, Lost: 40}},
			"last only":    {[][]byte{frames(0, 50), frames(99, 1)}, tally{Good: 51, Lost: 49}},
			"silence last": {[][]byte{frames(0, 100), silence(30)}, tally{Good: 100, Trailing: 30}},
			"gap and loss": {[][]byte{frames(0, 50), silence(30), frames(60, 40)}, tally{Good: 90, Lost: 10, Inserted: 30}},
			"zeroed":       {[][]byte{frames(0, 50), silence(10), frames(60, 40)}, tally{Good: 90, Lost: 10, Inserted: 10}},
		} {
			t.Run(fmt.Sprintf("%s/%s", f, name), func(t *testing.T) {
				var stream []byte
				for _, s := range c.stream {
					stream = append(stream, s...)
				}
				for size := 1; size < 40; size++ {
					got := judge(p, stream, 100, func(left int) int { return min(left, size) })
					if got != c.want {
						t.Fatalf("in blocks of %d: got %+v, want %+v", size, got, c.want)
					}
				}
			})
		}
	}
}

// TestPatternIsNeverRepeated: a window of frames is found at one place only, and
// silence nowhere.
func TestPatternIsNeverRepeated(t *testing.T) {
	const frames = 200_000
	for _, f := range checkerFormats() {
		t.Run(f.String(), func(t *testing.T) {
			p := newPattern(f)
			block := make([]byte, frames*p.frame)
			p.fill(block, 7)
			if n := p.match(block, 7); n != frames {
				t.Fatalf("%d of %d frames match", n, frames)
			}
			size := p.window() * p.frame
			seen := make(map[string]int)
			for at := 0; at+size <= len(block); at += p.frame {
				window := string(block[at : at+size])
				if before, twice := seen[window]; twice {
					t.Fatalf("frames %d and %d begin with the same %d bytes", before, at/p.frame, size)
				}
				seen[window] = at / p.frame
				if p.silent(block[at:at+size]) == p.window() {
					t.Fatalf("silence at frame %d", at/p.frame)
				}
			}
		})
	}
}
