package flac_test

import (
	"bytes"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/flac"
)

// FuzzRepair repairs files that are none: it may refuse them, and leaves what can be read, or nothing but a header.
func FuzzRepair(f *testing.F) {
	format := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	whole := encoded(f, format, samples(signals(4096+100, 2)["quiet"], format.Encoding)).b
	f.Add(whole)
	f.Add(whole[:len(whole)-7])
	f.Add(append(bytes.Clone(whole), make([]byte, 100)...))
	f.Add(whole[:50])
	f.Add(append(bytes.Clone(whole[:42]), 0x84, 0xff, 0xff, 0xff))
	f.Add([]byte("fLaC"))
	f.Fuzz(func(t *testing.T, file []byte) {
		m := &memory{b: bytes.Clone(file)}
		frames, err := flac.Repair(m)
		if err != nil && !bytes.Equal(m.b, file) || frames < 0 || len(m.b) > len(file) {
			t.Errorf("%d frames, %d bytes of %d: %v", frames, len(m.b), len(file), err)
		}
	})
}
