package trial

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// Noise returns reproducible sound. Every byte pattern is a valid sample, except for floats,
// which pass untouched anyway.
func Noise(f audio.Format, frames int) []byte {
	p := make([]byte, frames*f.FrameBytes())
	r := rand.New(rand.NewPCG(1, uint64(frames)))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// WriteWAV writes a file.
func WriteWAV(t testing.TB, path string, f audio.Format, data []byte) {
	t.Helper()
	var b bytes.Buffer
	w, err := wav.NewWriter(&b, f)
	if err == nil {
		err = w.WriteFrames(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	// As for a file: a stream leaves the lengths unknown.
	file := b.Bytes()
	binary.LittleEndian.PutUint32(file[4:], uint32(len(file)-8))
	binary.LittleEndian.PutUint32(file[len(file)-len(data)-4:], uint32(len(data)))
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
}

// ReadWAV reads a file, and fails the test unless it is complete.
func ReadWAV(t testing.TB, path string) (audio.Format, []byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return ReadWAVFrom(t, file)
}

// ReadWAVFrom is ReadWAV for an open file.
func ReadWAVFrom(t testing.TB, r io.Reader) (audio.Format, []byte) {
	t.Helper()
	w, err := wav.NewReader(r)
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

// WriteFile writes parts, one after the other, to a file.
func WriteFile(t testing.TB, path string, parts ...[]byte) {
	t.Helper()
	if err := os.WriteFile(path, bytes.Join(parts, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ReadFile reads a file.
func ReadFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
