package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/audio"
)

// hang is when a test gives up on what it waits for. Nothing is measured with it.
const hang = 5 * time.Minute

// outcome is what a finished command left.
type outcome struct {
	status         int
	stdout, stderr string
}

// cliRun runs a command line in this process.
func cliRun(t *testing.T, stdin io.Reader, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, stdin, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

// background is cliRun at the same time as the rest of the test.
func background(t *testing.T, stdin io.Reader, args ...string) <-chan outcome {
	done := make(chan outcome, 1)
	go func() { done <- cliRun(t, stdin, args...) }()
	return done
}

// want checks how a command ended; words must be part of its standard error, which
// is empty where there are none.
func (o outcome) want(t *testing.T, status int, words ...string) {
	t.Helper()
	if o.status != status {
		t.Errorf("exit status %d, want %d; stderr: %s", o.status, status, o.stderr)
	}
	if len(words) == 0 && o.stderr != "" {
		t.Errorf("stderr is %q, want nothing", o.stderr)
	}
	for _, w := range words {
		if !strings.Contains(o.stderr, w) {
			t.Errorf("stderr is %q, want %q in it", o.stderr, w)
		}
	}
	if len(words) > 0 && strings.Count(o.stderr, "\n") != 1 {
		t.Errorf("stderr is %q, want one line", o.stderr)
	}
}

// tempDir has a path short enough for sockets.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// testDaemon runs in this process, with four loops on a clock that follows the
// programs: nothing is dropped however slow the machine.
func testDaemon(t *testing.T, change ...func(*Config)) (socket string) {
	t.Helper()
	c := defaultConfig()
	c.Devices[0].Freewheel = true
	for _, f := range change {
		f(&c)
	}
	socket = filepath.Join(tempDir(t), "s")
	d, err := startDaemon(c, socket, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	return socket
}

// noise is reproducible sound; every byte pattern is a good sample but for floats,
// which are carried untouched all the same.
func noise(f audio.Format, frames int) []byte {
	p := make([]byte, frames*f.FrameBytes())
	r := rand.New(rand.NewPCG(1, uint64(frames)))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// writeWAV makes a file.
func writeWAV(t *testing.T, path string, f audio.Format, data []byte) {
	t.Helper()
	var b bytes.Buffer
	w, err := audio.NewWAVWriter(&b, f)
	if err == nil {
		err = w.WriteFrames(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	// As to a file: the lengths of a stream are unknown.
	file := b.Bytes()
	binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
	binary.LittleEndian.PutUint32(file[len(file)-len(data)-4:], uint32(len(data)))
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
}

// readWAV fails the test unless the file is whole.
func readWAV(t *testing.T, path string) (audio.Format, []byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return readWAVFrom(t, file)
}

func readWAVFrom(t *testing.T, r io.Reader) (audio.Format, []byte) {
	t.Helper()
	w, err := audio.NewWAVReader(r)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	block := make([]byte, 1000*w.Format().FrameBytes())
	for {
		n, err := w.ReadFrames(block)
		all = append(all, block[:n*w.Format().FrameBytes()]...)
		if err == io.EOF {
			return w.Format(), all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
