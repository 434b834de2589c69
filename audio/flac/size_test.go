package flac_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// The files are not much larger than those of FFmpeg's encoder at its usual level, which predicts by up to 8 coefficients
// of its own for each block.
func TestSizeBesideFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("not tested: how large files are beside those of FFmpeg; there is no ffmpeg")
	}
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	sound := samples(music(3*48000), f.Encoding)
	dir := t.TempDir()
	raw, path := filepath.Join(dir, "x.raw"), filepath.Join(dir, "x.flac")
	if err := os.WriteFile(raw, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(ffmpeg, "-v", "error", "-f", "s16le", "-ar", "48000", "-ac", "2", "-i", raw, path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	theirs, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	own, of := len(encoded(t, f, sound).b)-room, int(theirs.Size())
	t.Logf("%d bytes of %d, FFmpeg's %d", own, len(sound), of)
	if own > of*115/100 {
		t.Errorf("%d bytes, FFmpeg's %d", own, of)
	}
}

// room is the padding for comments that come later.
const room = 8 << 10
