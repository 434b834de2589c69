package wav

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
)

// Whatever the bytes: no panic, a valid format, never more frames than bytes, and
// an end that repeats.
func FuzzWAVReader(f *testing.F) {
	le, be := binary.LittleEndian, binary.BigEndian
	for _, e := range wavEncodings() {
		for _, channels := range []int{1, 3, 64} {
			format := audio.Format{Rate: 8000, Channels: channels, Encoding: e}
			f.Add(wavFile(f, format, counted(format, 5)))
			d := &memDisk{}
			record(f, struct{ io.Writer }{d}, format, counted(format, 5), 5)
			f.Add(d.data)
		}
	}
	pcm := chunk(le, "fmt ", plainFmt(le, 1, 2, 8000, 4, 16))
	f.Add(riff(le, "RF64", chunk(le, "ds64", make([]byte, 28)), pcm, []byte("data\xff\xff\xff\xff1234")))
	f.Add(riff(le, "BW64", chunk(le, "ds64", bytes.Repeat([]byte{0xFF}, 24)), pcm, []byte("data\xff\xff\xff\xff1234")))
	f.Add(riff(le, "RIFF", chunk(le, "LIST", make([]byte, 9)), pcm, pcm, chunk(le, "data", make([]byte, 9))))
	f.Add(riff(be, "RIFX", chunk(be, "fmt ", extFmt(be, 1, 1, 8000, 4, 32, 24)), chunk(be, "data", make([]byte, 9))))
	f.Fuzz(func(t *testing.T, file []byte) {
		size := int64(-1)
		if len(file)%2 == 0 {
			size = int64(len(file))
		}
		r, err := NewFileReader(bytes.NewReader(file), size)
		if err != nil {
			if r != nil {
				t.Errorf("a reader with the error %v", err)
			}
			return
		}
		format := r.Format()
		if err := format.Validate(); err != nil {
			t.Fatal(err)
		}
		total, known := r.Frames()
		if total < 0 || !known && total != 0 {
			t.Fatalf("%d frames, known %v", total, known)
		}
		p := make([]byte, 7*format.FrameBytes())
		var sum int64
		for {
			n, err := r.ReadFrames(p)
			sum += int64(n)
			if err == nil && (n < 1 || n > 7) || err != nil && n != 0 {
				t.Fatalf("%d frames with error %v", n, err)
			}
			if err == nil {
				continue
			}
			total, known = r.Frames() // what goes on behind its end is counted, too
			if sum > int64(len(file)/format.FrameBytes()) || known && sum > total || err == io.EOF && known && sum != total {
				t.Fatalf("%d frames of %d, known %v, from %d bytes, error %v", sum, total, known, len(file), err)
			}
			if _, again := r.ReadFrames(p); again != err {
				t.Fatalf("the end was %v, then %v", err, again)
			}
			return
		}
	})
}

// Any sound, written in any pieces to any target, is read back byte for byte.
func TestWAVAnyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := audio.Format{
			Rate:     rapid.IntRange(audio.MinRate, 2000).Draw(t, "rate"),
			Channels: rapid.IntRange(1, audio.MaxChannels).Draw(t, "channels"),
			Encoding: rapid.SampledFrom(wavEncodings()).Draw(t, "encoding"),
		}
		target := rapid.SampledFrom([]string{"seek", "file", "pipe"}).Draw(t, "target")
		d := &memDisk{}
		w, err := NewWriter(wavTargets()[target](d), f)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "low limit") {
			w.limit = uint64(rapid.IntRange(0, 1<<16).Draw(t, "limit"))
		}
		sound := counted(f, rapid.IntRange(0, 3000).Draw(t, "frames"))
		for rest := sound; len(rest) > 0; {
			n := rapid.IntRange(0, len(rest)/f.FrameBytes()).Draw(t, "piece") * f.FrameBytes()
			if err := w.WriteFrames(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
			if rapid.Bool().Draw(t, "sync") {
				if err := w.Sync(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, back, err := readWAV(bytes.NewReader(d.data))
		if err != nil || got != f || !bytes.Equal(back, sound) {
			t.Fatalf("%s: wrote %v, %d bytes; read %v, %d bytes, error %v", target, f, len(sound), got, len(back), err)
		}
	})
}
