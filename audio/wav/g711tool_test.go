package wav

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// The values of all codes are those of the programs that people use. Encoded, 16 bits
// are at most one code away from theirs, because FFmpeg and SoX go through tables of
// 14 and 13 bits, and then not at the codes' own values.
func TestG711Tools(t *testing.T) {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	all := make([]byte, 0, 2<<16)
	for v := range 1 << 16 {
		all = binary.LittleEndian.AppendUint16(all, uint16(v-32768))
	}
	for _, e := range []audio.Encoding{audio.MuLaw, audio.ALaw} {
		_, sox, ffmpeg := toolEncoding(e)
		ffmpeg = strings.TrimPrefix(ffmpeg, "pcm_")
		law := "-r 8000 -c 1 -t raw " + sox + " -"
		const linear = "-r 8000 -c 1 -t raw -e signed-integer -b 16 -"
		for _, c := range []struct{ name, decode, encode string }{
			{"sox", "-D -V1 " + law + " " + linear, "-D -V1 " + linear + " " + law},
			{"ffmpeg", "-v error -f " + ffmpeg + " -ar 8000 -i - -f s16le -", "-v error -f s16le -ar 8000 -i - -f " + ffmpeg + " -"},
		} {
			t.Run(c.name+"/"+e.String(), func(t *testing.T) {
				needTool(t, c.name, "whether its G.711 is ours")
				ours := make([]byte, 512)
				audio.Reencode(audio.S16LE, e, ours, codes)
				if got := tool(t, codes, c.name, strings.Fields(c.decode)...); !bytes.Equal(got, ours) {
					t.Errorf("it decodes to\n% x, we to\n% x", got, ours)
				}
				theirs := tool(t, all, c.name, strings.Fields(c.encode)...)
				coded := make([]byte, 1<<16)
				if audio.Reencode(e, audio.S16LE, coded, all); len(theirs) != len(coded) {
					t.Fatalf("it encodes %d samples", len(theirs))
				}
				differ := 0
				for i, got := range coded {
					if got == theirs[i] {
						continue
					}
					differ++
					if d := lawIndex(e, got) - lawIndex(e, theirs[i]); d < -1 || d > 1 {
						t.Errorf("%d is encoded as %#x, it says %#x", i-32768, got, theirs[i])
					}
				}
				t.Logf("%d of 65536 samples differ by one code", differ)
				if differ > 2048 {
					t.Errorf("%d samples are encoded differently", differ)
				}
			})
		}
	}
}

// lawIndex numbers the codes in the order of their values.
func lawIndex(e audio.Encoding, code byte) int {
	if e == audio.ALaw {
		code ^= 0x55 ^ 0xFF
	}
	n := int(^code & 0x7F)
	if code&0x80 == 0 {
		return -n
	}
	return n
}
