package null

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

func newTone(t testing.TB, f audio.Format, hz, level float64) Source {
	t.Helper()
	s, err := Tone(f, hz, level)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// numbered is frames in which each says which one it is.
func numbered(f audio.Format, frames int) []byte {
	p := make([]byte, frames*f.FrameBytes())
	backendtest.NewCounter(f).Fill(p, 0)
	return p
}

// wavOf is the file that holds the frames.
func wavOf(t testing.TB, f audio.Format, frames []byte) []byte {
	t.Helper()
	disk := newDisk(t)
	w, err := wav.NewWriter(disk, f)
	if err == nil {
		err = w.WriteFrames(frames)
	}
	if err == nil {
		err = errors.Join(w.Close(), disk.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(disk.Name())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func newFile(t testing.TB, f audio.Format, frames int) Source {
	t.Helper()
	s, err := ReadWAV(bytes.NewReader(wavOf(t, f, numbered(f, frames))), f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newDisk(t testing.TB) *os.File {
	t.Helper()
	disk, err := os.Create(filepath.Join(t.TempDir(), "x.wav"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() }) // closed already, mostly
	return disk
}

func newRecorder(t testing.TB, w io.WriteCloser, f audio.Format) *Recorder {
	t.Helper()
	r, err := NewRecorder(w, f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readBack gives the frames of a file, which must be a whole one.
func readBack(t testing.TB, path string) (audio.Format, []byte) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := wav.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all := []byte{}
	block := make([]byte, 999*w.Format().FrameBytes())
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

// TestSoundByPosition: frame p since Start is frame p of the input, over xruns, a
// wake-up in the middle, and again from the beginning after a restart.
func TestSoundByPosition(t *testing.T) {
	wish := config(48000, 480, 2)
	wish.Record = true
	c := newSimClock()
	counter := backendtest.NewCounter(wish.Format)
	s, err := Open(wish, Options{Clock: c, Input: counter})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	lost := uint64(0)
	next := uint64(0)
	for i, late := range []int64{0, 3e6, 10e6, 45e6, 0, 0, 101e6, 0} {
		c.late = func() int64 { return late }
		tick, err := s.Wait()
		if err != nil {
			t.Fatal(err)
		}
		next += tick.Lost
		lost += tick.Lost
		for _, frames := range []int{tick.Readable / 3, tick.Readable/2 - tick.Readable/3} {
			block := make([]byte, frames*4)
			if _, err := s.Read(block); err != nil {
				t.Fatal(err)
			}
			if _, err := counter.Check(block, next); err != nil {
				t.Fatalf("tick %d, %+v: %v", i, tick, err)
			}
			next += uint64(frames)
		}
	}
	if lost == 0 {
		t.Error("no xrun on the way")
	}
	c.late = nil
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	tick, err := s.Wait()
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, tick.Readable*4)
	if _, err := s.Read(block); err != nil {
		t.Fatal(err)
	}
	if _, err := counter.Check(block, 0); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// TestSoundAllocatesNothing: reads of every source and writes to a recorder, in all
// encodings.
func TestSoundAllocatesNothing(t *testing.T) {
	for _, e := range audio.Encodings() {
		wish := config(48000, 480, 2)
		wish.Play, wish.Record = true, true
		wish.Format.Encoding = e
		source := newTone(t, wish.Format, 1000, -20)
		if e%2 == 0 && e != audio.S16BE {
			source = &file{data: numbered(wish.Format, 77), frame: wish.Format.FrameBytes()}
		}
		o := Options{Clock: newSimClock(), Input: source}
		if _, err := wav.NewWriter(io.Discard, wish.Format); err == nil {
			o.Output = newRecorder(t, newDisk(t), wish.Format)
		}
		s, err := Open(wish, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		block := make([]byte, 960*wish.Format.FrameBytes())
		if n := testing.AllocsPerRun(200, func() {
			tick, err := s.Wait()
			_, got := s.Read(block[:tick.Readable*wish.Format.FrameBytes()])
			_, put := s.Write(block[:tick.Writable*wish.Format.FrameBytes()])
			if err != nil || got != nil || put != nil {
				t.Error(err, got, put)
			}
		}); n != 0 {
			t.Errorf("%s: a cycle makes %v allocations", e, n)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkTone(b *testing.B) {
	f := audio.DefaultFormat()
	s := newTone(b, f, 997, -20)
	block := make([]byte, 480*f.FrameBytes())
	b.ReportAllocs()
	for first := uint64(0); b.Loop(); first += 480 {
		s.Fill(block, first)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/480, "ns/frame")
}

var _ backend.Reporter = (*Recorder)(nil)

// samples is the first channel of S16_LE frames; the others must be the same.
func samples(t testing.TB, f audio.Format, block []byte) []int16 {
	t.Helper()
	var all []int16
	for at := 0; at < len(block); at += f.FrameBytes() {
		for ch := range f.Channels {
			v := int16(binary.LittleEndian.Uint16(block[at+2*ch:]))
			if ch == 0 {
				all = append(all, v)
			} else if v != all[len(all)-1] {
				t.Fatalf("frame %d: channel %d has %d, the first %d", at/f.FrameBytes(), ch, v, all[len(all)-1])
			}
		}
	}
	return all
}

// eventually waits for what another goroutine does.
func eventually(t testing.TB, done func() bool) {
	t.Helper()
	for began := time.Now(); !done(); time.Sleep(time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("it does not happen")
		}
	}
}
