package wav

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// broadcast is a Broadcast Wave file of some frames with cue points.
func broadcast(t *testing.T, d *memDisk, f audio.Format, frames int, cues ...Cue) {
	t.Helper()
	w, err := NewWriterWith(wavTargets()["file"](d), f, Options{Broadcast: &Broadcast{
		Description: "mic: main/record", Originator: "loopbridge", Origination: time.Date(2026, 11, 29, 22, 5, 7, 0, time.UTC),
		TimeReference: 3816336000, History: CodingHistory(f, "loopbridge; 7 frames are missing before"),
	}})
	if err == nil {
		err = w.WriteFrames(counted(f, frames))
	}
	if err == nil {
		err = w.CloseWith(cues)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// FFmpeg reads of a Broadcast Wave file what was written, and the sound.
func TestBroadcastWave(t *testing.T) {
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Skip("not tested: what FFmpeg reads of a Broadcast Wave file; there is no ffprobe")
	}
	for _, f := range []audio.Format{{Rate: 48000, Channels: 2, Encoding: audio.S16LE}, {Rate: 48000, Channels: 1, Encoding: audio.S24LE3}, {Rate: 48000, Channels: 6, Encoding: audio.FloatLE}} {
		d := &memDisk{}
		broadcast(t, d, f, 4801, Cue{0, "begin"}, Cue{4800, "the door, opened"})
		path := filepath.Join(t.TempDir(), "x.wav")
		if err := os.WriteFile(path, d.data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(ffprobe, "-v", "error", "-show_entries", "format_tags:stream=duration_ts", path).CombinedOutput()
		for _, want := range []string{"duration_ts=4801", "TAG:comment=mic: main/record", "TAG:encoded_by=loopbridge", "TAG:date=2026-11-29",
			"TAG:creation_time=22:05:07", "TAG:time_reference=3816336000", "T=loopbridge; 7 frames are missing before",
			fmt.Sprintf("F=48000,W=%d", f.Encoding.Bits())} {
			if !bytes.Contains(out, []byte(want)) {
				t.Errorf("%s: ffprobe does not say %q: %v\n%s", f, want, err, out)
			}
		}
		if _, sound, err := readWAV(bytes.NewReader(d.data)); err != nil || !bytes.Equal(sound, counted(f, 4801)) {
			t.Errorf("%s: %d bytes, %v", f, len(sound), err)
		}
		if text := string(d.data[len(d.data)-120:]); !strings.Contains(text, "cue \x34\x00\x00\x00\x02") || !strings.Contains(text, "the door, opened\x00") {
			t.Errorf("%s ends in %q", f, text)
		}
	}
}

// A file that was cut at any byte has, once repaired, all frames that are there, also where cue points were begun.
func TestRepair(t *testing.T) {
	for _, f := range []audio.Format{{Rate: 1000, Channels: 1, Encoding: audio.U8}, {Rate: 1000, Channels: 1, Encoding: audio.S24LE3}, {Rate: 1000, Channels: 3, Encoding: audio.S16LE}, {Rate: 1000, Channels: 2, Encoding: audio.FloatLE}} {
		want := counted(f, 700)
		d := &memDisk{}
		w, err := NewWriterWith(wavTargets()["file"](d), f, Options{Broadcast: &Broadcast{}, Every: 300})
		if err != nil {
			t.Fatal(err)
		}
		head := len(d.data)
		cuts := 0
		try := func() {
			for _, all := range []bool{true, false} {
				cuts++
				half := half{&memDisk{data: bytes.Clone(d.data)}}
				frames, err := Repair(half, all)
				_, sound, readErr := readWAV(bytes.NewReader(half.data))
				least := int64(0)
				if all {
					least = min(w.Frames(), 700)
				}
				if err != nil || readErr != nil || int64(len(sound)/f.FrameBytes()) != frames || !bytes.HasPrefix(want, sound) || frames < least {
					t.Fatalf("%s: after %d frames: %d frames repaired (%v), %d bytes read (%v)", f, w.Frames(), frames, err, len(sound), readErr)
				}
			}
		}
		d.changed = try
		for i := 0; i < 700; i += 70 {
			if err := w.WriteFrames(want[i*f.FrameBytes() : (i+70)*f.FrameBytes()]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.CloseWith([]Cue{{5, "a"}, {699, "odd"}}); err != nil {
			t.Fatal(err)
		}
		d.changed = nil
		if cuts < 20 {
			t.Errorf("%s: only %d cuts", f, cuts)
		}
		for _, size := range []int{0, 3, 40, head - 1} { // within the header
			half := half{&memDisk{data: bytes.Clone(d.data[:size])}}
			if _, err := Repair(half, true); !errors.Is(err, audio.ErrInvalid) || len(half.data) != size {
				t.Errorf("%s: %d bytes: %v, now %d", f, size, err, len(half.data))
			}
		}
	}
}

// powerDisk is a disk with a cache: what was written since the last sync may be there, or be zeros, or be missing.
type powerDisk struct {
	*memDisk
	safe []byte
}

func (p *powerDisk) sync() error {
	p.safe = bytes.Clone(p.data)
	return nil
}

// With a sync before the header promises anything, a loss of power at any moment leaves what was synced, whatever else has
// come to the disk.
func TestPowerLoss(t *testing.T) {
	f := audio.Format{Rate: 1000, Channels: 1, Encoding: audio.S24LE3}
	want := counted(f, 2000)
	d := &powerDisk{memDisk: &memDisk{}}
	losses, synced := 0, int64(0)
	w, err := NewWriterWith(wavTargets()["file"](d.memDisk), f, Options{Broadcast: &Broadcast{}, Every: 256, Before: func() error { return d.sync() }})
	if err != nil {
		t.Fatal(err)
	}
	head := len(d.data)
	_ = d.sync()
	d.changed = func() {
		losses++
		headerToo := append(bytes.Clone(d.data[:head]), d.safe[head:]...)
		zeros := append(bytes.Clone(d.data[:head]), d.safe[head:]...)
		zeros = append(zeros, make([]byte, len(d.data)-len(d.safe))...)
		for name, there := range map[string][]byte{"what was synced": d.safe, "the header, too": headerToo, "zeros": zeros, "all": d.data} {
			half := half{&memDisk{data: bytes.Clone(there)}}
			frames, err := Repair(half, false)
			_, sound, readErr := readWAV(bytes.NewReader(half.data))
			if err != nil || readErr != nil || int64(len(sound)/3) != frames || !bytes.HasPrefix(want, sound) || frames < synced {
				t.Fatalf("%s: after %d frames, %d synced: %d frames (%v), %d bytes (%v)", name, w.Frames(), synced, frames, err, len(sound), readErr)
			}
		}
	}
	for i := 0; i < 2000; i += 50 {
		if err := w.WriteFrames(want[i*3 : (i+50)*3]); err != nil {
			t.Fatal(err)
		}
		if i%500 == 0 {
			if err := w.Sync(); err != nil {
				t.Fatal(err)
			}
			_ = d.sync() // the header
			synced = w.Frames()
		}
	}
	if err := w.Close(); err != nil || losses < 50 {
		t.Errorf("%v, %d losses", err, losses)
	}
}

// half is a file that was left, to be repaired.
type half struct{ *memDisk }

func (h half) Read(p []byte) (int, error) {
	n, err := h.ReadAt(p, h.pos)
	h.pos += int64(n)
	return n, err
}

func (h half) ReadAt(p []byte, off int64) (int, error) { return bytes.NewReader(h.data).ReadAt(p, off) }

func (h half) WriteAt(p []byte, off int64) (int, error) { return h.write(p, off) }

func (h half) Truncate(size int64) error {
	h.data = h.data[:size]
	return nil
}

// FuzzRepair repairs files that are none: it may refuse them, and then leaves them as they are.
func FuzzRepair(f *testing.F) {
	whole := &memDisk{}
	w, err := NewWriterWith(wavTargets()["file"](whole), audio.Format{Rate: 1000, Channels: 1, Encoding: audio.FloatLE}, Options{Broadcast: &Broadcast{}})
	if err != nil {
		f.Fatal(err)
	}
	_ = w.WriteFrames(make([]byte, 400))
	_ = w.CloseWith([]Cue{{3, "x"}})
	f.Add(whole.data, true)
	f.Add(whole.data[:len(whole.data)-60], false)
	f.Add(whole.data[:800], true)
	f.Fuzz(func(t *testing.T, file []byte, all bool) {
		m := half{&memDisk{data: bytes.Clone(file)}}
		frames, err := Repair(m, all)
		if errors.Is(err, audio.ErrInvalid) && !bytes.Equal(m.data, file) || frames < 0 || len(m.data) > len(file)+1 {
			t.Errorf("%d frames, %d bytes of %d: %v", frames, len(m.data), len(file), err)
		}
		if err != nil {
			return
		}
		if _, sound, err := readWAV(bytes.NewReader(m.data)); err != nil && len(sound) > 0 {
			t.Errorf("%d frames, and reading them: %v", frames, err)
		}
	})
}
