package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/trial"
)

// Files whose header lies are played as far as there is sound, and a sentence says so; or
// they fail. None is played in part, and called a success.
func TestPlayFilesThatLie(t *testing.T) {
	socket := testDaemon(t)
	f := audio.DefaultFormat()
	const frames = 30000
	data := trial.Noise(f, frames)
	path := filepath.Join(trial.TempDir(t), "in.wav")
	trial.WriteWAV(t, path, f, data)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := len(good) - len(data) - 4 // where the size of the data is
	le := binary.LittleEndian
	lying := func(promised int) []byte {
		file := bytes.Clone(good)
		le.PutUint32(file[size:], uint32(promised))
		return file
	}
	for name, c := range map[string]struct {
		file  []byte
		sound int // bytes
		exit  int
		says  []string
	}{
		"true":      {good, len(data), exitOK, nil},
		"killed":    {lying(4 * 1000), len(data), exitOK, []string{"the WAV header is wrong: its header promises 1000 frames, and there are 30000; playing all that is there"}},
		"cut off":   {good[:len(good)-4000], len(data) - 4000, exitFailed, []string{"cut off: its header promises 30000 frames, it has 29000"}},
		"two files": {append(bytes.Clone(good), good...), len(data), exitFailed, []string{"another WAV file follows the first"}},
	} {
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, in := range []string{path, "-"} {
			t.Run(name+"/"+filepath.Base(in), func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "out.raw")
				recorded := background(t, nil, "--socket", socket, "record", "--server", "loop0", out)
				cliRun(t, bytes.NewReader(c.file), "--socket", socket, "play", "--wait", "loop0", in).want(t, c.exit, c.says...)
				(<-recorded).want(t, exitOK)
				if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, data[:c.sound]) {
					t.Errorf("%d bytes arrived, want %d; %v", len(got), c.sound, err)
				}
			})
		}
	}
}

// Of six hours, whose size has wrapped, more is played than the header tells of. The file
// takes no disk.
func TestPlayWrappedSize(t *testing.T) {
	socket := testDaemon(t)
	f := audio.DefaultFormat()
	const told = 2 // seconds
	path := filepath.Join(t.TempDir(), "big.wav")
	trial.WriteWAV(t, path, f, make([]byte, told*f.Rate*f.FrameBytes()))
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()+1<<32)
	}
	if err != nil {
		t.Skipf("not tested: a file of more than 4 GiB, there is no place for one: %v", err)
	}
	out := filepath.Join(t.TempDir(), "out.raw")
	recorded := background(t, nil, "--socket", socket, "record", "--server", "loop0", out)
	cliRun(t, nil, "--socket", socket, "play", "--wait", "--duration", "3s", "loop0", path).
		want(t, exitOK, "its header promises 96000 frames, and there are 1073837824")
	(<-recorded).want(t, exitOK)
	if now, err := os.Stat(out); err != nil || now.Size() != int64(3*f.Rate*f.FrameBytes()) {
		t.Errorf("recorded %v, %v; want three seconds", now, err)
	}
}
