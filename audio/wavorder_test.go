package audio_test

import (
	"bytes"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// A 5.1 file has FL FR FC LFE BL BR, a stream FL FR RL RR FC LFE.
func TestWAVOrder(t *testing.T) {
	names := map[int][2]string{
		2: {"LR", "LR"}, 3: {"LRC", "LRC"}, 4: {"LRlr", "LRlr"}, // l, r: rear
		5: {"LRClr", "LRlrC"}, 6: {"LRCElr", "LRlrCE"}, 7: {"LRCEclr", "LRlrCEc"}, 8: {"LRCElrsS", "LRlrCEsS"},
		9: {"123456789", "123456789"},
	}
	for channels, order := range names {
		f := audio.Format{Rate: 48000, Channels: channels, Encoding: audio.S24LE3}
		spread := func(s string) (p []byte) {
			for frame := range 3 {
				for _, c := range s {
					p = append(p, byte(c), byte(frame), 7)
				}
			}
			return p
		}
		file, stream := spread(order[0]), spread(order[1])
		w := audio.NewWAVOrder(f)
		got := bytes.Clone(file)
		if w.FromFile(got); !bytes.Equal(got, stream) {
			t.Errorf("%d channels: %q became %q", channels, file, got)
		}
		if w.ToFile(got); !bytes.Equal(got, file) {
			t.Errorf("%d channels: %q, and back %q", channels, file, got)
		}
	}
	audio.WAVOrder{}.FromFile([]byte{1})
}
