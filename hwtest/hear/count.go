package hear

import (
	"encoding/binary"
	"fmt"

	"github.com/loopbridge/loopbridge/audio"
)

// CountFormat is the format of numbered frames, at any rate.
func CountFormat(rate int) audio.Format {
	return audio.Format{Rate: rate, Channels: 2, Encoding: audio.S16LE}
}

// Count is material whose every frame holds its number, of first on: the lower half on
// the left, the upper on the right. 0 is silence, so first must be 1 or more.
func Count(first uint32, frames int) []byte {
	pcm := make([]byte, 0, 4*frames)
	for i := range uint32(frames) {
		pcm = binary.LittleEndian.AppendUint32(pcm, first+i)
	}
	return pcm
}

// Fault is a place where numbered frames are not one after the other.
type Fault struct {
	Frame   int    // in the recording
	Want    uint32 // the number that was due
	Lost    int    // frames that never came
	Doubled int    // frames that came again
	Silent  int    // frames of silence in between
	Wrong   bool   // one frame has another number than its place: its samples were changed
}

// String says what happened, in a few words.
func (f Fault) String() string {
	switch {
	case f.Wrong:
		return fmt.Sprintf("frame %d: number %d is changed", f.Frame, f.Want)
	case f.Doubled > 0:
		return fmt.Sprintf("frame %d: %d frames before number %d came again, %d silent", f.Frame, f.Doubled, f.Want, f.Silent)
	}
	return fmt.Sprintf("frame %d: %d frames from number %d on are lost, %d silent", f.Frame, f.Lost, f.Want, f.Silent)
}

// Followed is what became of numbered frames.
type Followed struct {
	From        int    // the frame of the recording that has First
	First, Last uint32 // 0: there is nothing but silence
	Faults      []Fault
}

// Follow checks numbered frames; silence before and after them is no fault.
func Follow(pcm []byte) (f Followed) {
	n := len(pcm) / 4
	at := func(i int) uint32 {
		if i >= n {
			return 0
		}
		return binary.LittleEndian.Uint32(pcm[4*i:])
	}
	silent := 0
	for i := range n {
		v, want := at(i), f.Last+1
		switch {
		case v == 0:
			silent++
			continue
		case f.First == 0:
			f.From, f.First = i, v
		case v == want && silent == 0:
		case silent == 0 && at(i+1) == want+1:
			f.Faults = append(f.Faults, Fault{Frame: i, Want: want, Wrong: true})
			v = want
		case v < want:
			f.Faults = append(f.Faults, Fault{Frame: i, Want: want, Doubled: int(want - v), Silent: silent})
		default:
			f.Faults = append(f.Faults, Fault{Frame: i, Want: want, Lost: int(v - want), Silent: silent})
		}
		f.Last, silent = v, 0
	}
	return f
}
