package voice_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/examples/phone/voice"
)

// frames are those of a stream from a position on: frame i holds i, and none holds silence.
func frames(from, n int) []byte {
	var all []byte
	for i := range n {
		all = binary.LittleEndian.AppendUint16(all, uint16((from+i)%0x7fff)+1)
	}
	return all
}

// take takes a block of any size, and returns the positions that it holds; -1: silence.
func take(j *voice.Jitter, n int) []int {
	block := bytes.Repeat([]byte{0xee}, n*voice.FrameBytes)
	j.Take(block)
	positions := make([]int, n)
	for i := range positions {
		positions[i] = int(binary.LittleEndian.Uint16(block[2*i:])) - 1
	}
	return positions
}

// holds fails unless a block is that of a position, or silence for -1.
func holds(t *testing.T, what string, block []int, from int) {
	t.Helper()
	for i, got := range block {
		want := (from + i) % 0x7fff
		if from < 0 {
			want = -1
		}
		if got != want {
			t.Fatalf("%s: frame %d is that of position %d, want %d", what, i, got, want)
		}
	}
}

// base is a timestamp that wraps in the third packet.
const base = 1<<32 - 400

func put(j *voice.Jitter, packet int) {
	j.Put(uint32(base+160*packet), frames(160*packet, 160))
}

func TestJitterPlaysInOrderAfterItsDelay(t *testing.T) {
	j := voice.NewJitter(320)
	holds(t, "before the first packet", take(j, 160), -1)
	put(j, 0)
	holds(t, "before the delay is over", take(j, 160), -1)
	for packet := 1; packet < 200; packet++ {
		put(j, packet)
		holds(t, "in order", take(j, 160), 160*(packet-1))
	}
	if j.Counts() != (voice.JitterCounts{}) {
		t.Errorf("something was counted: %+v", j.Counts())
	}
}

func TestJitterMendsOrderAndConcealsLoss(t *testing.T) {
	j := voice.NewJitter(480)
	for _, packet := range []int{2, 0, 1, 1} { // 1 comes twice
		put(j, packet)
	}
	for packet := range 6 {
		from := 160 * packet
		if packet == 3 {
			from = -1
		}
		holds(t, "mended", take(j, 160), from)
		if packet == 0 { // 3 is lost
			put(j, 5)
			put(j, 4)
		}
		if packet == 3 {
			put(j, 3) // too late
			put(j, 6)
		}
	}
	if want := (voice.JitterCounts{Concealed: 160, Late: 1, Duplicates: 1}); j.Counts() != want {
		t.Errorf("%+v, want %+v", j.Counts(), want)
	}
}

func TestJitterBeginsAnewWhenItIsDry(t *testing.T) {
	j := voice.NewJitter(320)
	put(j, 0)
	put(j, 1)
	holds(t, "the first", take(j, 160), 0)
	holds(t, "the second", take(j, 160), 160)
	holds(t, "dry", take(j, 160), -1)
	put(j, 2)
	holds(t, "collecting", take(j, 160), -1)
	put(j, 3)
	holds(t, "the delay again", take(j, 160), 320)
	if want := (voice.JitterCounts{Concealed: 320}); j.Counts() != want {
		t.Errorf("%+v, want %+v", j.Counts(), want)
	}
}

// A sender that is faster than the loop, or a loop that nobody records for a while: what is heard is new.
func TestJitterSkipsWhatIsOld(t *testing.T) {
	for name, first := range map[string]bool{"while it plays": true, "before it plays": false} {
		t.Run(name, func(t *testing.T) {
			j := voice.NewJitter(320)
			packet := 0
			if first {
				for ; packet < 4; packet++ {
					put(j, packet)
				}
				take(j, 160)
			}
			before := j.Counts().Skipped
			for ; packet < 1000; packet++ {
				put(j, packet)
			}
			holds(t, "the newest", take(j, 160), 160*998)
			holds(t, "and what follows", take(j, 160), 160*999)
			if skipped := j.Counts().Skipped - before; first != (skipped > 0) {
				t.Errorf("%d frames were counted as skipped", skipped)
			}
		})
	}
}

func TestJitterFollowsAnotherStream(t *testing.T) {
	j := voice.NewJitter(320)
	put(j, 0)
	put(j, 1)
	take(j, 160)
	elsewhere := uint32(1_000_000)
	j.Put(elsewhere, frames(5000, 160))
	j.Put(elsewhere+160, frames(5160, 160))
	holds(t, "after a jump of the timestamps", take(j, 160), 5000)
	if j.Counts().Restarts != 1 {
		t.Errorf("%+v", j.Counts())
	}
	j.Restart()
	holds(t, "after a restart", take(j, 160), -1)
	j.Put(7, nil)
	j.Put(7, make([]byte, 1<<15))
	if c := j.Counts(); c.Restarts != 1 || c.Late != 0 {
		t.Errorf("packets without sense were taken: %+v", c)
	}
}

// Whatever comes in which order: each frame is heard at most once, in order, and is silent or that of its position.
func TestJitterIsNeverWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := voice.NewJitter(rapid.IntRange(0, 1000).Draw(t, "delay"))
		heard, at, size := -1, 0, 0
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "a packet") {
				at = max(0, at+rapid.SampledFrom([]int{size, size, size, size, -size, 3 * size, 0, 17, -400}).Draw(t, "shift"))
				size = rapid.SampledFrom([]int{80, 160, 160, 240, 1}).Draw(t, "frames")
				j.Put(uint32(base+at), frames(at, size))
				continue
			}
			for _, position := range take(j, rapid.SampledFrom([]int{160, 160, 1, 77}).Draw(t, "taken")) {
				if position >= 0 && position <= heard && position+0x4000 > heard { // it wraps at 0x7fff
					t.Fatalf("%d is heard after %d", position, heard)
				}
				if position >= 0 {
					heard = position
				}
			}
		}
	})
}

func TestJitterAllocatesNothing(t *testing.T) {
	j, packet, block := voice.NewJitter(320), frames(0, 160), make([]byte, 320)
	stamp := uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		j.Put(stamp, packet)
		j.Take(block)
		stamp += 160
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What lies in the buffer from before is never heard in place of what is missing now.
func TestJitterForgets(t *testing.T) {
	j := voice.NewJitter(640)
	for packet := range 100 { // nobody takes them
		put(j, packet)
	}
	for packet := 101; packet < 104; packet++ {
		put(j, packet)
	}
	holds(t, "the lost packet", take(j, 160), -1)
	holds(t, "the one after it", take(j, 160), 160*101)

	j.Restart()
	elsewhere := uint32(base) // the same places in the buffer
	for _, packet := range []int{3, 2, 1, 0} {
		j.Put(elsewhere+uint32(160*packet), frames(7000+160*packet, 160))
	}
	for packet := range 4 {
		holds(t, "the next stream, in reverse", take(j, 160), 7000+160*packet)
	}
}
