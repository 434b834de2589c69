package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/loopbridge/loopbridge/audio"
)

func TestWAVHeaders(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		f          audio.Format
		tag        uint16
		size       uint32
		mask       uint32
		fact, byps int
	}{
		{audio.Format{Rate: 8000, Channels: 1, Encoding: audio.U8}, wavPCM, 16, 0, 0, 8000},
		{audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S16LE}, wavPCM, 16, 0, 0, 176400},
		{audio.Format{Rate: 44100, Channels: 3, Encoding: audio.S16LE}, wavExtensible, 40, 0x7, 1, 264600},
		{audio.Format{Rate: 44100, Channels: 1, Encoding: audio.S24LE3}, wavExtensible, 40, 0x4, 1, 132300},
		{audio.Format{Rate: 44100, Channels: 2, Encoding: audio.S32LE}, wavExtensible, 40, 0x3, 1, 352800},
		{audio.Format{Rate: 44100, Channels: 4, Encoding: audio.U8}, wavExtensible, 40, 0x33, 1, 176400},
		{audio.Format{Rate: 44100, Channels: 5, Encoding: audio.U8}, wavExtensible, 40, 0x37, 1, 220500},
		{audio.Format{Rate: 44100, Channels: 6, Encoding: audio.FloatLE}, wavExtensible, 40, 0x3F, 1, 1058400},
		{audio.Format{Rate: 44100, Channels: 7, Encoding: audio.FloatLE}, wavExtensible, 40, 0x70F, 1, 1234800},
		{audio.Format{Rate: 44100, Channels: 8, Encoding: audio.FloatLE}, wavExtensible, 40, 0x63F, 1, 1411200},
		{audio.Format{Rate: 44100, Channels: 9, Encoding: audio.FloatLE}, wavExtensible, 40, 0, 1, 1587600},
		{audio.Format{Rate: 768000, Channels: 64, Encoding: audio.Float64LE}, wavExtensible, 40, 0, 1, 393216000},
		{audio.Format{Rate: 48000, Channels: 2, Encoding: audio.FloatLE}, wavFloat, 18, 0, 1, 384000},
		{audio.Format{Rate: 48000, Channels: 1, Encoding: audio.Float64LE}, wavFloat, 18, 0, 1, 384000},
		{audio.Format{Rate: 8000, Channels: 1, Encoding: audio.MuLaw}, wavMuLaw, 18, 0, 1, 8000},
		{audio.Format{Rate: 8000, Channels: 6, Encoding: audio.ALaw}, wavALaw, 18, 0, 1, 48000},
	} {
		t.Run(c.f.String(), func(t *testing.T) {
			b := wavFile(t, c.f, counted(c.f, 3))
			if string(b[:4]) != "RIFF" || le.Uint32(b[4:]) != uint32(len(b)-8) {
				t.Errorf("starts with % x, %d bytes", b[:8], len(b))
			}
			if string(b[12:16]) != "JUNK" || le.Uint32(b[16:]) != wavDS64Bytes {
				t.Errorf("no room for ds64: % x", b[12:20])
			}
			b = b[48:]
			if le.Uint32(b[4:]) != c.size || le.Uint16(b[8:]) != c.tag || le.Uint32(b[16:]) != uint32(c.byps) {
				t.Errorf("fmt is % x", b[:c.size+8])
			}
			if c.size == 40 && le.Uint32(b[28:]) != c.mask {
				t.Errorf("channel mask %#x, want %#x", le.Uint32(b[28:]), c.mask)
			}
			b = b[8+c.size:]
			if c.fact == 1 {
				if string(b[:4]) != "fact" || le.Uint32(b[8:]) != 3 {
					t.Errorf("fact is % x", b[:12])
				}
				b = b[12:]
			}
			if string(b[:4]) != "data" || int(le.Uint32(b[4:])) != 3*c.f.FrameBytes() {
				t.Errorf("data is % x", b[:8])
			}
		})
	}
}

func TestWAVWriterRefusals(t *testing.T) {
	holds := map[audio.Encoding]bool{}
	for _, e := range wavEncodings() {
		holds[e] = true
	}
	for _, e := range audio.Encodings() {
		if holds[e] {
			continue
		}
		_, err := NewWriter(&memDisk{}, audio.Format{Rate: 48000, Channels: 2, Encoding: e})
		instead := wavInstead(e)
		want := fmt.Sprintf("a WAV file cannot hold %s; use %s", e, instead)
		if !holds[instead] || !errors.Is(err, audio.ErrInvalid) || err.Error() != want {
			t.Errorf("%v: error %v, want %q", e, err, want)
		}
	}
	if _, err := NewWriter(&memDisk{}, audio.Format{Rate: 999, Channels: 2, Encoding: audio.S16LE}); !errors.Is(err, audio.ErrInvalid) {
		t.Errorf("rate 999: error %v", err)
	}
	if _, err := NewWriter(memFile{&memDisk{limit: 20}}, audio.DefaultFormat()); !errors.Is(err, errFull) || !errors.Is(err, audio.ErrIO) {
		t.Errorf("no room for the header: error %v", err)
	}
	d := &memDisk{}
	w, err := NewWriter(d, audio.DefaultFormat())
	if err != nil {
		t.Fatal(err)
	}
	was := len(d.data)
	if err := w.WriteFrames(make([]byte, 7)); !errors.Is(err, audio.ErrInvalid) || len(d.data) != was {
		t.Errorf("7 bytes: error %v", err)
	}
	if err := errors.Join(w.WriteFrames(make([]byte, 8)), w.Close(), w.Close()); err != nil {
		t.Errorf("the recording goes on: error %v", err)
	}
	if a, b := w.WriteFrames(make([]byte, 8)), w.Sync(); a != audio.ErrClosed || b != audio.ErrClosed {
		t.Errorf("after Close: errors %v, %v; want ErrClosed", a, b)
	}
}

// Sync and Close must leave what an os.File holds exactly, its pad included.
func TestWAVSync(t *testing.T) {
	f := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.S24LE3}
	file, err := os.Create(filepath.Join(t.TempDir(), "a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := NewWriter(file, f)
	if err != nil {
		t.Fatal(err)
	}
	want := counted(f, 9)
	for i := range 9 {
		if err := errors.Join(w.WriteFrames(want[i*3:i*3+3]), w.Sync()); err != nil {
			t.Fatal(err)
		}
		b, _ := os.ReadFile(file.Name())
		if got := binary.LittleEndian.Uint32(b[4:]); int(got) != len(b)-8 || len(b)%2 != 0 {
			t.Errorf("after %d frames: %d bytes on disk, RIFF size %d", i+1, len(b), got)
		}
		if _, sound, err := readWAV(bytes.NewReader(b)); !bytes.Equal(sound, want[:i*3+3]) || err != nil {
			t.Errorf("after %d frames: % x, error %v", i+1, sound, err)
		}
	}
	if err := w.Close(); err != nil || w.Frames() != 9 || w.Format() != f {
		t.Errorf("close: error %v, %d frames", err, w.Frames())
	}
	if err := file.Sync(); err != nil {
		t.Errorf("Close closed the file: %v", err)
	}
}

// A file opened for appending, as by a shell's >>, can seek but not patch.
func TestWAVAppend(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	f := audio.Format{Rate: 1000, Channels: 1, Encoding: audio.U8}
	want := counted(f, 4001)
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(file.Fd())) // as os.Stdout comes to be
	if err != nil {
		t.Fatal(err)
	}
	inherited := os.NewFile(uintptr(fd), "stdout")
	record(t, inherited, f, want, 1500)
	inherited.Close()
	file.Close()
	b, _ := os.ReadFile(name)
	if _, sound, err := readWAV(bytes.NewReader(b)); !bytes.Equal(sound, want) || err != nil {
		t.Errorf("read %d bytes, error %v", len(sound), err)
	}
}

func TestWAVOSPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f := audio.Format{Rate: 1000, Channels: 2, Encoding: audio.FloatLE}
	want := counted(f, 3001)
	go func() {
		record(t, w, f, want, 479)
		w.Close()
	}()
	got, sound, err := readWAV(r)
	if got != f || !bytes.Equal(sound, want) || err != nil {
		t.Errorf("read %v, %d bytes, error %v", got, len(sound), err)
	}
}

func TestWAVNotAtStart(t *testing.T) {
	for target, open := range wavTargets() {
		d := &memDisk{}
		w := open(d)
		w.Write([]byte("before"))
		record(t, w, audio.DefaultFormat(), counted(audio.DefaultFormat(), 100000), 30000)
		if _, sound, err := readWAV(bytes.NewReader(d.data[6:])); len(sound) != 400000 || err != nil ||
			string(d.data[:6]) != "before" {
			t.Errorf("%s: read %d bytes, error %v", target, len(sound), err)
		}
	}
}

func TestWAVDevFull(t *testing.T) {
	file, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("not tested: ENOSPC of the kernel; there is no /dev/full")
	}
	defer file.Close()
	_, err = NewWriter(file, audio.DefaultFormat())
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error %v, want one that wraps ENOSPC", err)
	}
}

func TestWAVWriteAllocatesNothing(t *testing.T) {
	f := audio.Format{Rate: 1000, Channels: 1, Encoding: audio.U8}
	for target, open := range wavTargets() {
		d := &memDisk{data: make([]byte, 0, 1<<20)}
		w, err := NewWriter(open(d), f)
		if err != nil {
			t.Fatal(err)
		}
		p := counted(f, 479) // every third patches the header, with and without pad
		if n := testing.AllocsPerRun(50, func() { w.WriteFrames(p) }); n != 0 {
			t.Errorf("%s: %v allocations per WriteFrames", target, n)
		}
	}
}
