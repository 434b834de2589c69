package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// What is on disk after any single write is a file that reads without an error,
// holds only true frames, and all but the last second's.
func TestWAVCrash(t *testing.T) {
	for target, open := range wavTargets() {
		for _, f := range []audio.Format{{Rate: 1000, Channels: 1, Encoding: audio.U8}, {Rate: 1000, Channels: 1, Encoding: audio.S24LE3}, {Rate: 1000, Channels: 3, Encoding: audio.S24LE3}, {Rate: 1000, Channels: 2, Encoding: audio.S16LE}} {
			t.Run(fmt.Sprint(target, " ", f), func(t *testing.T) {
				want := counted(f, 4200)
				d := &memDisk{}
				var wav *Writer
				snapshots := 0
				d.changed = func() {
					if wav == nil { // the header is not yet there
						return
					}
					snapshots++
					_, sound, err := readWAV(bytes.NewReader(d.data))
					frames := int64(len(sound) / f.FrameBytes())
					if err != nil || frames < wav.Frames()-int64(f.Rate) || !bytes.HasPrefix(want, sound) {
						t.Fatalf("after %d frames: read %d frames, error %v", wav.Frames(), frames, err)
					}
				}
				wav, err := NewWriter(open(d), f)
				if err != nil {
					t.Fatal(err)
				}
				for i, sizes := 0, []int{1, 100, 17, 2051}; i < 4200; {
					n := min(sizes[i%len(sizes)], 4200-i)
					if err := wav.WriteFrames(want[i*f.FrameBytes() : (i+n)*f.FrameBytes()]); err != nil {
						t.Fatal(err)
					}
					i += n
				}
				if snapshots < 5 {
					t.Errorf("only %d snapshots", snapshots)
				}
			})
		}
	}
}

// A disk that is full at any byte leaves a file whose header fits what is there.
func TestWAVDiskFull(t *testing.T) {
	for target, open := range wavTargets() {
		for _, f := range []audio.Format{{Rate: 1000, Channels: 1, Encoding: audio.U8}, {Rate: 1000, Channels: 1, Encoding: audio.S24LE3}, {Rate: 1000, Channels: 2, Encoding: audio.S24LE3}} {
			t.Run(fmt.Sprint(target, " ", f), func(t *testing.T) {
				want := counted(f, 1300)
				empty := &memDisk{}
				record(t, open(empty), f, nil, 1)
				head := len(empty.data)
				for limit := head + 1; limit < head+len(want); limit += 1 + limit%97 {
					d := &memDisk{limit: limit}
					wav, err := NewWriter(open(d), f)
					if err != nil {
						t.Fatal(err)
					}
					for i := 0; i < 1300 && err == nil; i += 130 {
						err = wav.WriteFrames(want[i*f.FrameBytes() : (i+130)*f.FrameBytes()])
					}
					if !errors.Is(err, errFull) || !errors.Is(err, audio.ErrIO) {
						t.Fatalf("room for %d bytes: error %v", limit, err)
					}
					if again := wav.WriteFrames(nil); again != err {
						t.Errorf("the next write gives %v", again)
					}
					if again := wav.Close(); again != err {
						t.Errorf("close gives %v", again)
					}
					frames := (limit - head) / f.FrameBytes()
					if _, sound, err := readWAV(bytes.NewReader(d.data)); err != nil || !bytes.Equal(sound, want[:frames*f.FrameBytes()]) {
						t.Errorf("room for %d frames: read %d bytes, error %v", frames, len(sound), err)
					}
					if riff := binary.LittleEndian.Uint32(d.data[4:]); target == "file" && int(riff) != len(d.data)-8 {
						t.Errorf("%d bytes on disk, RIFF size %d", len(d.data), riff)
					}
				}
			})
		}
	}
}

// readOnlyHeader is a file whose header cannot be changed any more.
type readOnlyHeader struct{ *memDisk }

func (d readOnlyHeader) WriteAt(p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return 0, errFull
}

func TestWAVHeaderFails(t *testing.T) {
	f := audio.Format{Rate: 1000, Channels: 1, Encoding: audio.U8}
	for name, end := range map[string]func(*Writer) error{
		"Sync":        (*Writer).Sync,
		"Close":       (*Writer).Close,
		"WriteFrames": func(w *Writer) error { return w.WriteFrames(make([]byte, 990)) },
	} {
		d := &memDisk{}
		w, err := NewWriter(readOnlyHeader{d}, f)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteFrames(counted(f, 20)); err != nil {
			t.Fatal(err)
		}
		err = end(w)
		if !errors.Is(err, errFull) || !errors.Is(err, audio.ErrIO) {
			t.Errorf("%s: error %v", name, err)
		}
		if again := w.Close(); name != "Close" && again != err {
			t.Errorf("%s: then close gives %v", name, again)
		}
		if _, sound, err := readWAV(bytes.NewReader(d.data)); len(sound) < 20 || err != nil {
			t.Errorf("%s: read %d bytes, error %v", name, len(sound), err)
		}
	}
}

// The limit is lowered so that a small file becomes RF64 in place.
func TestWAVBecomesRF64(t *testing.T) {
	for _, f := range []audio.Format{{Rate: 1000, Channels: 2, Encoding: audio.S16LE}, {Rate: 1000, Channels: 1, Encoding: audio.FloatLE}, {Rate: 1000, Channels: 1, Encoding: audio.U8}} {
		want := counted(f, 2345)
		d := &memDisk{}
		wav, err := NewWriter(memFile{d}, f)
		if err != nil {
			t.Fatal(err)
		}
		wav.limit = uint64(wav.head) - 8 + uint64(1000*f.FrameBytes())
		for i, id := range []string{"RIFF", "RF64", "RF64"} { // 1000 frames just fit
			part := want[min(i*1000, 2345)*f.FrameBytes() : min(i*1000+1000, 2345)*f.FrameBytes()]
			if err := errors.Join(wav.WriteFrames(part), wav.Sync()); err != nil {
				t.Fatal(err)
			}
			if string(d.data[:4]) != id {
				t.Errorf("%v: after %d frames the file is %q, want %s", f, wav.Frames(), d.data[:4], id)
			}
			r, err := NewReader(bytes.NewReader(d.data))
			if err != nil {
				t.Fatal(err)
			}
			if n, known := r.Frames(); n != wav.Frames() || !known {
				t.Errorf("%v: header promises %d frames, known %v; want %d", f, n, known, wav.Frames())
			}
		}
		if err := wav.Close(); err != nil {
			t.Fatal(err)
		}
		if _, sound, err := readWAV(bytes.NewReader(d.data)); !bytes.Equal(sound, want) || err != nil {
			t.Errorf("%v: read %d bytes, error %v", f, len(sound), err)
		}
	}
}

// hole is a file of any size that keeps its first bytes only.
type hole struct {
	head      [256]byte
	pos, size int64
}

func (h *hole) Write(p []byte) (int, error) {
	if h.pos < int64(len(h.head)) {
		copy(h.head[h.pos:], p)
	}
	h.pos += int64(len(p))
	h.size = max(h.size, h.pos)
	return len(p), nil
}

func (h *hole) Read(p []byte) (n int, err error) {
	if h.pos == h.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), h.size-h.pos)]
	if h.pos < int64(len(h.head)) {
		copy(p, h.head[h.pos:])
	}
	h.pos += int64(len(p))
	return len(p), nil
}

func (h *hole) Seek(off int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		h.pos = off
	}
	return h.pos, nil
}

// Five gibibytes, and every size of the header right on the way.
func TestWAVBeyond4GiB(t *testing.T) {
	f := audio.Format{Rate: 768000, Channels: 64, Encoding: audio.U8}
	second := make([]byte, f.Rate*f.FrameBytes())
	h := &hole{}
	wav, err := NewWriter(h, f)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	for h.size < 5<<30 {
		if err := wav.WriteFrames(second); err != nil {
			t.Fatal(err)
		}
		want := "RIFF"
		if h.size-8 > 0xFFFFDFFF {
			want = "RF64"
		}
		riff, data := uint64(le.Uint32(h.head[4:])), uint64(le.Uint32(h.head[wav.head-4:]))
		if want == "RF64" && riff == math.MaxUint32 && data == math.MaxUint32 {
			riff, data = le.Uint64(h.head[20:]), le.Uint64(h.head[28:])
		}
		if string(h.head[:4]) != want || riff != uint64(h.size)-8 || data != uint64(h.size-wav.head) {
			t.Fatalf("%d bytes: %q, RIFF size %d, data size %d", h.size, h.head[:4], riff, data)
		}
	}
	h.pos = 0
	r, err := NewReader(h)
	if err != nil {
		t.Fatal(err)
	}
	if n, known := r.Frames(); n != wav.Frames() || !known {
		t.Errorf("header promises %d frames, known %v; want %d", n, known, wav.Frames())
	}
	var n int64
	for err == nil {
		var m int
		m, err = r.ReadFrames(second)
		n += int64(m)
	}
	if n != wav.Frames() || err != io.EOF {
		t.Errorf("read %d frames of %d, error %v", n, wav.Frames(), err)
	}
}
