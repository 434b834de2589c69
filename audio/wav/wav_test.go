package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

// wavEncodings are those that a WAV file holds.
func wavEncodings() []audio.Encoding {
	return []audio.Encoding{audio.U8, audio.S16LE, audio.S24LE3, audio.S32LE, audio.FloatLE, audio.Float64LE, audio.MuLaw, audio.ALaw}
}

// counted is frames of sound in which sample i is the number i, in as many bytes
// as a sample has.
func counted(f audio.Format, frames int) []byte {
	size := f.Encoding.Bytes()
	p := make([]byte, 0, frames*f.FrameBytes()+8)
	for i := range frames * f.Channels {
		p = binary.LittleEndian.AppendUint64(p, uint64(i))[:len(p)+size]
	}
	return p
}

// readWAV reads everything in chunks of 479 frames, a prime.
func readWAV(r io.Reader) (f audio.Format, sound []byte, err error) {
	w, err := NewReader(r)
	if err != nil {
		return f, nil, err
	}
	f = w.Format()
	buf := make([]byte, 479*f.FrameBytes())
	for {
		n, err := w.ReadFrames(buf)
		sound = append(sound, buf[:n*f.FrameBytes()]...)
		if err == io.EOF {
			return f, sound, nil
		}
		if err != nil {
			return f, sound, err
		}
	}
}

// memDisk is a file in memory. It fills up at limit bytes, if that is not 0, and
// calls changed after every change.
type memDisk struct {
	data    []byte
	pos     int64
	limit   int
	changed func()
}

var errFull = errors.New("no space left")

func (d *memDisk) write(p []byte, off int64) (n int, err error) {
	if room := d.limit - int(off); d.limit > 0 && len(p) > room {
		p, err = p[:max(0, room)], errFull
	}
	if end := int(off) + len(p); end > len(d.data) {
		d.data = slices.Grow(d.data, end-len(d.data))[:end]
	}
	n = copy(d.data[off:], p)
	if d.changed != nil {
		d.changed()
	}
	return n, err
}

func (d *memDisk) Write(p []byte) (int, error) {
	n, err := d.write(p, d.pos)
	d.pos += int64(n)
	return n, err
}

func (d *memDisk) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		off += d.pos
	case io.SeekEnd:
		off += int64(len(d.data))
	}
	d.pos = off
	return off, nil
}

// memFile is a memDisk with all that an os.File can do.
type memFile struct{ *memDisk }

func (d memFile) WriteAt(p []byte, off int64) (int, error) { return d.write(p, off) }

func (d memFile) Truncate(size int64) error {
	d.data = d.data[:size]
	return nil
}

// targets are the kinds of things that a recording goes to.
func wavTargets() map[string]func(*memDisk) io.Writer {
	return map[string]func(*memDisk) io.Writer{
		"seek": func(d *memDisk) io.Writer { return d },
		"file": func(d *memDisk) io.Writer { return memFile{d} },
		"pipe": func(d *memDisk) io.Writer { return struct{ io.Writer }{d} },
	}
}

// record writes sound in the chunks that sizes says, over and over, and closes.
func record(t testing.TB, w io.Writer, f audio.Format, sound []byte, sizes ...int) {
	t.Helper()
	wav, err := NewWriter(w, f)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; len(sound) > 0; i++ {
		n := min(len(sound), sizes[i%len(sizes)]*f.FrameBytes())
		if err := wav.WriteFrames(sound[:n]); err != nil {
			t.Fatal(err)
		}
		sound = sound[n:]
	}
	if err := wav.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestWAVRoundTrip(t *testing.T) {
	for target, open := range wavTargets() {
		for _, e := range wavEncodings() {
			for _, channels := range []int{1, 2, 6, 8, 64} {
				f := audio.Format{Rate: 1000, Channels: channels, Encoding: e}
				t.Run(fmt.Sprint(target, " ", f), func(t *testing.T) {
					want := counted(f, 2501)
					d := &memDisk{}
					record(t, open(d), f, want, 1, 479, 1200)
					got, sound, err := readWAV(bytes.NewReader(d.data))
					if err != nil || got != f {
						t.Fatalf("read %v, error %v; wrote %v", got, err, f)
					}
					if !bytes.Equal(sound, want) {
						t.Fatalf("read %d bytes that differ from the %d written", len(sound), len(want))
					}
					r, _ := NewReader(bytes.NewReader(d.data))
					if n, known := r.Frames(); known != (target != "pipe") || known && n != 2501 {
						t.Errorf("header promises %d frames, known %v", n, known)
					}
					if target != "pipe" && len(d.data)%2 != 0 {
						t.Errorf("the file has %d bytes, without its pad", len(d.data))
					}
				})
			}
		}
	}
}

func TestD5WAVLimits(t *testing.T) {
	for _, rate := range []int{audio.MinRate, 8000, 44100, 192000, audio.MaxRate} {
		for channels := 1; channels <= audio.MaxChannels; channels++ {
			f := audio.Format{Rate: rate, Channels: channels, Encoding: audio.S24LE3}
			d := &memDisk{}
			record(t, d, f, counted(f, 3), 3)
			if got, sound, err := readWAV(bytes.NewReader(d.data)); got != f || len(sound) != 3*f.FrameBytes() {
				t.Fatalf("%v: read %v, %d bytes, error %v", f, got, len(sound), err)
			}
		}
	}
}
