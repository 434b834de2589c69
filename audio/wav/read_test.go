package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/loopbridge/loopbridge/audio"
)

// wavFile is sound recorded to a file in memory.
func wavFile(t testing.TB, f audio.Format, sound []byte) []byte {
	d := &memDisk{}
	record(t, d, f, sound, 100)
	return d.data
}

// Every prefix of a file gives an error or fewer frames.
func TestWAVPrefixes(t *testing.T) {
	for _, f := range []audio.Format{{Rate: 8000, Channels: 2, Encoding: audio.S16LE}, {Rate: 8000, Channels: 3, Encoding: audio.S24LE3}, {Rate: 8000, Channels: 1, Encoding: audio.MuLaw}} {
		want := counted(f, 51)
		file := wavFile(t, f, want)
		head := len(file) - len(want) - len(want)&1
		for n := range len(file) {
			_, sound, err := readWAV(bytes.NewReader(file[:n]))
			whole := max(0, n-head) / f.FrameBytes() * f.FrameBytes()
			switch {
			case !bytes.Equal(sound, want[:whole]):
				t.Errorf("%v, %d bytes: read %d bytes of sound, want the first %d", f, n, len(sound), whole)
			case whole == len(want) && err != nil:
				t.Errorf("%v, %d bytes: error %v, although the sound is all there", f, n, err)
			case whole < len(want) && !(errors.Is(err, io.ErrUnexpectedEOF) && errors.Is(err, audio.ErrInvalid)) &&
				!(n < 4 && errors.Is(err, audio.ErrInvalid)):
				t.Errorf("%v, %d bytes: error %v, want ErrInvalid that wraps an unexpected EOF", f, n, err)
			}
		}
	}
}

func TestWAVCutOff(t *testing.T) {
	f := audio.DefaultFormat()
	file := wavFile(t, f, counted(f, 100))
	r, err := NewReader(bytes.NewReader(file[:len(file)-30])) // 7.5 frames
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 1000)
	if n, err := r.ReadFrames(p); n != 92 || err != nil {
		t.Fatalf("first read: %d frames, error %v; want 92", n, err)
	}
	for range 2 {
		n, err := r.ReadFrames(p)
		want := "the WAV file is cut off: its header promises 100 frames, it has 92 (unexpected EOF)"
		if n != 0 || !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != want {
			t.Errorf("then %d frames, error %v", n, err)
		}
	}
}

// Programs that write to a pipe cannot know the sizes; theirs are placeholders. A
// RIFF size with room for chunks behind the sound shows that the sizes are true.
func TestWAVPlaceholders(t *testing.T) {
	le := binary.LittleEndian
	for name, c := range map[string]struct {
		riff, data uint32
		frames     int64 // -1: unknown
	}{
		"FFmpeg":               {0xFFFFFFFF, 0xFFFFFFFF, -1},
		"FFFFFFFF less header": {0xFFFFFFFF, 0xFFFFFFFF - 36, -1},
		"SoX":                  {0x7FFFF024, 0x7FFFF000, -1},
		"SoX, 3 byte frames":   {0x7FFFF024, 0x7FFFEFFF, -1},
		"arecord":              {0x80000024, 0x80000000, -1},
		"libsndfile":           {0x80000023, 0x7FFFFFFF, -1},
		"both 0":               {0, 0, -1},
		"data 0, RIFF header":  {36, 0, -1},
		"data 0, more chunks":  {36 + 36, 0, 0},
		"RIFF 0, data true":    {0, 8, 4},
		"2 GiB and a LIST":     {0x80001000, 0x7FFFF000, 0x3FFFF800},
		"1 GiB":                {0x40000024, 0x40000000, 0x20000000},
		"3 GiB":                {0xC0000024, 0xC0000000, 0x60000000},
	} {
		t.Run(name, func(t *testing.T) {
			file := le.AppendUint32([]byte("RIFF"), c.riff)
			file = append(file, "WAVE"...)
			file = append(file, chunk(le, "fmt ", plainFmt(le, 1, 1, 8000, 2, 16))...)
			file = le.AppendUint32(append(file, "data"...), c.data)
			file = append(file, "aabbccddeeffg"...) // 6.5 frames
			r, err := NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			n, known := r.Frames()
			if known != (c.frames >= 0) || known && n != c.frames {
				t.Errorf("header promises %d frames, known %v; want %d", n, known, c.frames)
			}
			_, sound, err := readWAV(bytes.NewReader(file))
			if !known && (len(sound) != 12 || err != nil) {
				t.Errorf("read %d bytes, error %v; want the 12 of whole frames", len(sound), err)
			}
		})
	}
}

func TestWAVReaderIsStreaming(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	f := audio.Format{Rate: 8000, Channels: 2, Encoding: audio.S24LE3}
	step := make(chan int)
	go func() {
		wav, _ := NewWriter(w, f)
		for n := range step {
			wav.WriteFrames(counted(f, n))
		}
		w.Close()
	}()
	wav, err := NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 100*f.FrameBytes())
	for _, n := range []int{1, 7, 100} { // what is there comes at once, though p has room
		step <- n
		if got, err := wav.ReadFrames(p); got != n || err != nil {
			t.Fatalf("read %d frames, error %v; want %d", got, err, n)
		}
	}
	close(step)
	if n, err := wav.ReadFrames(p); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d frames, error %v", n, err)
	}
}

// The reader must not touch what follows the sound, nor what follows p's frames.
func TestWAVReaderTakesNoMore(t *testing.T) {
	f := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.S24LE3}
	file := bytes.NewReader(append(wavFile(t, f, counted(f, 10)), "next"...))
	r, err := NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	p := bytes.Repeat([]byte{0xEE}, 17)
	n, err := r.ReadFrames(p)
	if n != 5 || err != nil || p[15] != 0xEE || p[16] != 0xEE {
		t.Errorf("%d frames, error %v, buffer % x", n, err, p)
	}
	if _, err := r.ReadFrames(p[:2]); !errors.Is(err, audio.ErrInvalid) {
		t.Errorf("a buffer of 2 bytes: error %v, want ErrInvalid", err)
	}
	if n, err := r.ReadFrames(make([]byte, 100)); n != 5 || err != nil || file.Len() != len("next") {
		t.Errorf("%d frames, error %v, %d bytes left over", n, err, file.Len())
	}
}

func TestWAVReadError(t *testing.T) {
	f := audio.Format{Rate: 8000, Channels: 2, Encoding: audio.S16LE}
	file := wavFile(t, f, counted(f, 10))
	for _, cause := range []error{syscall.EIO, io.ErrUnexpectedEOF} {
		part := io.MultiReader(bytes.NewReader(file[:len(file)-5]), iotest.ErrReader(cause))
		_, sound, err := readWAV(iotest.DataErrReader(part))
		if len(sound) != 8*4 || !errors.Is(err, audio.ErrIO) || !errors.Is(err, cause) || !strings.Contains(err.Error(), "after 8 frames") {
			t.Errorf("read %d bytes, error %v; want EIO that wraps %v", len(sound), err, cause)
		}
	}
	if _, sound, err := readWAV(iotest.DataErrReader(bytes.NewReader(file))); len(sound) != 40 || err != nil {
		t.Errorf("EOF with the last bytes: read %d bytes, error %v", len(sound), err)
	}
}

func TestWAVRead64(t *testing.T) {
	le := binary.LittleEndian
	for name, c := range map[string]struct {
		id     string
		data64 uint64
		data32 uint32
		frames int64
	}{
		"RF64":                 {"RF64", 6 << 30, wavMax32, 3 << 30},
		"BW64":                 {"BW64", 6 << 30, wavMax32, 3 << 30},
		"small, with ds64":     {"RF64", 8, wavMax32, 4},
		"2 GiB is true here":   {"RF64", 0x80000000, wavMax32, 1 << 30},
		"32-bit size is valid": {"RF64", 99, 8, 4},
		"FFmpeg to a pipe":     {"RF64", 0, wavMax32, -1},
		"all ones":             {"BW64", math.MaxUint64, wavMax32, -1},
	} {
		t.Run(name, func(t *testing.T) {
			ds := le.AppendUint64(nil, 0)
			ds = le.AppendUint64(ds, c.data64)
			file := riff(le, c.id, chunk(le, "ds64", append(ds, make([]byte, 12+24)...)),
				chunk(le, "fmt ", plainFmt(le, 1, 1, 8000, 2, 16)), le.AppendUint32([]byte("data"), c.data32))
			r, err := NewReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if n, known := r.Frames(); known != (c.frames >= 0) || known && n != c.frames {
				t.Errorf("header promises %d frames, known %v; want %d", n, known, c.frames)
			}
		})
	}
}

func TestWAVReadAllocatesNothing(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S24LE3}
	r, err := NewReader(bytes.NewReader(wavFile(t, f, counted(f, 48000))))
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 479*f.FrameBytes())
	if n := testing.AllocsPerRun(50, func() { r.ReadFrames(p) }); n != 0 {
		t.Errorf("%v allocations per ReadFrames", n)
	}
}

// Recordings of people, which come with alsa-utils: 48000 Hz, mono, S16.
func TestWAVRecordings(t *testing.T) {
	const dir = "/usr/share/sounds/alsa"
	files, _ := os.ReadDir(dir)
	if len(files) == 0 {
		t.Skip("not tested: reading real recordings; alsa-utils is not installed")
	}
	for _, name := range files {
		file, err := os.Open(dir + "/" + name.Name())
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		f, sound, err := readWAV(file)
		if want := (audio.Format{Rate: 48000, Channels: 1, Encoding: audio.S16LE}); f != want || err != nil || len(sound) < 100000 {
			t.Errorf("%s: %v, %d bytes, error %v", name.Name(), f, len(sound), err)
		}
	}
}
