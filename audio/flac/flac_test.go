package flac_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/flac"
)

// What another program reads is what was written, bit for bit, and the header is right.
func TestReadByAnother(t *testing.T) {
	for _, e := range []audio.Encoding{audio.S16LE, audio.S24LE3} {
		for _, channels := range []int{1, 2, 5, 8} {
			f := audio.Format{Rate: 48000, Channels: channels, Encoding: e}
			for name, x := range signals(3*4096+1234, channels) {
				want := samples(x, e)
				file := encoded(t, f, want)
				got, info, err := decoded(t, file.b)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%s, %s: read %d bytes of %d: %v", name, f, len(got), len(want), err)
				}
				if info.NSamples != 3*4096+1234 || info.MD5sum != sum(want) || info.NChannels != uint8(channels) || info.SampleRate != 48000 ||
					int(info.BitsPerSample) != e.Bits() {
					t.Errorf("%s, %s: %+v", name, f, info)
				}
			}
		}
	}
}

// Sounds of any length, rate and content come back.
func TestAnySound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := audio.Format{Rate: rapid.IntRange(1000, 768000).Draw(t, "rate"), Channels: rapid.IntRange(1, 8).Draw(t, "channels"),
			Encoding: rapid.SampledFrom([]audio.Encoding{audio.S16LE, audio.S24LE3}).Draw(t, "encoding")}
		frames := rapid.SampledFrom([]int{0, 1, 5, 100, 4095, 4096, 4097, 4296}).Draw(t, "frames")
		shift := rapid.IntRange(0, 23).Draw(t, "shift")
		seed := rapid.Uint32().Draw(t, "seed")
		want := make([]byte, 0, frames*f.FrameBytes())
		for range frames * f.Channels {
			seed = seed*1664525 + 1013904223
			v := int32(seed) >> (32 - f.Encoding.Bits()) >> min(shift, f.Encoding.Bits()-1)
			for range f.Encoding.Bytes() {
				want = append(want, byte(v))
				v >>= 8
			}
		}
		m := &memory{}
		w, err := flac.NewWriter(m, f, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.WriteFrames(want), w.Close()); err != nil {
			t.Fatal(err)
		}
		if got, _, err := decodedOrNot(m.b); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("read %d bytes of %d: %v", len(got), len(want), err)
		}
	})
}

// FFmpeg, whose decoder is another one, reads the same, and says nothing.
func TestReadByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("not tested: what FFmpeg reads; there is no ffmpeg")
	}
	for _, e := range []audio.Encoding{audio.S16LE, audio.S24LE3} {
		f := audio.Format{Rate: 44100, Channels: 2, Encoding: e}
		all := signals(2*4096+99, 2)
		all["long"] = signals(130*4096, 2)["sine"] // frame numbers of two bytes
		for name, x := range all {
			want := samples(x, e)
			path := filepath.Join(t.TempDir(), "x.flac")
			if err := os.WriteFile(path, encoded(t, f, want, "CHAPTER001=00:00:01.000").b, 0o600); err != nil {
				t.Fatal(err)
			}
			raw := map[audio.Encoding]string{audio.S16LE: "s16le", audio.S24LE3: "s24le"}[e]
			var says bytes.Buffer
			c := exec.Command(ffmpeg, "-v", "warning", "-i", path, "-f", raw, "-c:a", "pcm_"+raw, "-")
			c.Stderr = &says
			if got, err := c.Output(); err != nil || says.Len() > 0 || !bytes.Equal(got, want) {
				t.Fatalf("%s, %s: %d bytes of %d: %v\n%s", name, f, len(got), len(want), err, &says)
			}
		}
	}
}

// After any write the file is one that can be read, up to the frames that are in it.
func TestFileIsValidAtAnyTime(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	want := samples(signals(6*4096+10, 2)["walk"], f.Encoding)
	m, seen := &memory{}, 0
	w, err := flac.NewWriter(m, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.changed = func() {
		seen++
		got, _, err := decoded(t, m.b)
		if err != nil || !bytes.HasPrefix(want, got) || int64(len(got)) < w.Frames()*4 {
			t.Fatalf("after %d writes: %d bytes, %v", seen, len(got), err)
		}
	}
	for i := 0; i < len(want); i += 2000 {
		if err := w.WriteFrames(want[i:min(len(want), i+2000)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close("MARK=x"); err != nil {
		t.Fatal(err)
	}
	if got, _, err := decoded(t, m.b); seen < 9 || err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d writes; %d bytes of %d, %v", seen, len(got), len(want), err)
	}
}

// A file that was cut at any byte has, once repaired, all its whole blocks.
func TestRepair(t *testing.T) {
	for _, e := range []audio.Encoding{audio.S16LE, audio.S24LE3} {
		f := audio.Format{Rate: 48000, Channels: 2, Encoding: e}
		want := samples(signals(4*4096+300, 2)["quiet"], e)
		m := &memory{}
		w, err := flac.NewWriter(m, f, nil)
		if err != nil {
			t.Fatal(err)
		}
		head := len(m.b)
		ends := map[int]int64{head: 0}
		for i := 0; i < 4; i++ {
			if err := w.WriteFrames(want[i*4096*f.FrameBytes() : (i+1)*4096*f.FrameBytes()]); err != nil {
				t.Fatal(err)
			}
			ends[len(m.b)] = w.Frames()
		}
		frames := int64(0)
		for cut := head; cut <= len(m.b); cut++ {
			if n, whole := ends[cut]; whole {
				frames = n
			} else if cut%211 != 0 {
				continue
			}
			broken := &memory{b: bytes.Clone(m.b[:cut])}
			if cut%2 == 0 { // as after a loss of power
				broken.b = append(broken.b, make([]byte, 5000)...)
			}
			got, err := flac.Repair(broken)
			if err != nil || got != frames {
				t.Fatalf("cut at %d: %d frames, want %d: %v", cut, got, frames, err)
			}
			sound, info, err := decoded(t, broken.b)
			if err != nil || info.NSamples != uint64(frames) || !bytes.Equal(sound, want[:frames*int64(f.FrameBytes())]) {
				t.Fatalf("cut at %d: %d bytes, %d frames: %v", cut, len(sound), info.NSamples, err)
			}
		}
		whole := encoded(t, f, want)
		if n, err := flac.Repair(whole); err != nil || n != 4*4096+300 {
			t.Errorf("a whole file has %d frames: %v", n, err)
		}
	}
	for _, text := range []string{"", "fLaC", "RIFF and so on, for long enough that it is no matter of length at all"} {
		m := &memory{b: []byte(text)}
		if _, err := flac.Repair(m); !errors.Is(err, audio.ErrInvalid) || string(m.b) != text {
			t.Errorf("%q: %v, now %q", text, err, m.b)
		}
	}
}

// A disk that is full at any byte leaves a file with what it took.
func TestDiskFull(t *testing.T) {
	f := audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16LE}
	want := samples(signals(5*4096, 2)["walk"], f.Encoding)
	size := len(encoded(t, f, want).b)
	for limit := 9000; limit < size; limit += 997 {
		m := &memory{limit: limit}
		w, err := flac.NewWriter(m, f, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = w.WriteFrames(want)
		if again := w.WriteFrames(nil); !errors.Is(err, errFull) || !errors.Is(err, audio.ErrIO) || again != err || w.Close() != err {
			t.Fatalf("room for %d: %v, then %v", limit, err, again)
		}
		got, info, err := decoded(t, m.b)
		if err != nil || info.NSamples != uint64(w.Frames()) || !bytes.Equal(got, want[:w.Frames()*4]) || w.Frames()%4096 != 0 {
			t.Fatalf("room for %d: %d frames, %d bytes: %v", limit, w.Frames(), len(got), err)
		}
	}
}

// Comments that come at the end are there, as far as there is room.
func TestComments(t *testing.T) {
	f := audio.Format{Rate: 8000, Channels: 1, Encoding: audio.S16LE}
	long := make([]string, 300)
	for i := range long {
		long[i] = fmt.Sprintf("CHAPTER%03d=%0100d", i, i)
	}
	m := encoded(t, f, make([]byte, 2000), long...)
	if got, _, err := decoded(t, m.b); err != nil || len(got) != 2000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for text, want := range map[string]bool{"TITLE=test": true, long[0]: true, long[60]: true, long[200]: false} {
		if bytes.Contains(m.b, []byte(text)) != want {
			t.Errorf("%.20s: want %v", text, want)
		}
	}
}

func TestFormatsThatAreNone(t *testing.T) {
	for _, f := range []audio.Format{{}, {Rate: 48000, Channels: 9, Encoding: audio.S16LE}, {Rate: 48000, Channels: 2, Encoding: audio.FloatLE}} {
		if _, err := flac.NewWriter(&memory{}, f, nil); !errors.Is(err, audio.ErrInvalid) {
			t.Errorf("%s: %v", f, err)
		}
	}
	w, err := flac.NewWriter(&memory{}, audio.Format{Rate: 8000, Channels: 2, Encoding: audio.S16LE}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteFrames(make([]byte, 3)); !errors.Is(err, audio.ErrInvalid) {
		t.Error(err)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if err := w.WriteFrames(nil); !errors.Is(err, audio.ErrClosed) {
		t.Error(err)
	}
}
