package wav

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// A file or stream that another Writer goes on with, wherever that is, and with bytes before its header, is the one that
// a single Writer makes.
func TestWAVGoesOn(t *testing.T) {
	for target, open := range wavTargets() {
		for _, f := range []audio.Format{{Rate: 1000, Channels: 1, Encoding: audio.U8}, {Rate: 1000, Channels: 3, Encoding: audio.S24LE3}} {
			t.Run(fmt.Sprint(target, " ", f), func(t *testing.T) {
				sound := counted(f, 2500)
				for _, before := range []int64{0, 7} {
					whole := &memDisk{data: make([]byte, before), pos: before}
					record(t, open(whole), f, sound, 100)
					for _, at := range []int{0, 1, 999, 1000, 1001, 2500} {
						d := &memDisk{data: make([]byte, before), pos: before}
						w, err := NewWriter(open(d), f)
						if err == nil {
							err = w.WriteFrames(sound[:at*f.FrameBytes()])
						}
						if err == nil {
							err = w.Sync()
						}
						if err != nil {
							t.Fatal(err)
						}
						if target != "pipe" {
							d.pos = 0 // the position is not trusted
						}
						if w, err = ResumeWriter(open(d), f, w.Written()); err == nil {
							err = w.WriteFrames(sound[at*f.FrameBytes():])
						}
						if err == nil {
							err = w.Close()
						}
						if err != nil || w.Frames() != 2500 || !bytes.Equal(d.data, whole.data) {
							t.Errorf("from frame %d, %d bytes before: %v, %d frames, %d bytes of %d", at, before, err, w.Frames(),
								len(d.data), len(whole.data))
						}
					}
				}
			})
		}
	}
}
