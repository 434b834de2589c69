package record_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/record"
)

// kinds are the formats with an encoding that both have.
func kinds() []record.Format { return []record.Format{record.WAV, record.FLAC} }

// A disk that hangs costs nothing while the queue lasts, and the recorder says that it fails.
func TestSlowDisk(t *testing.T) {
	for _, kind := range kinds() {
		inWorld(t, audio.S24LE3, func(w *world) {
			r := w.add(w.spec(kind))
			w.play(0)
			w.run(time.Second)
			goOn := w.disk.stall()
			w.run(8 * time.Second)
			w.is(r, record.Failing)
			goOn()
			w.run(time.Second)
			now := w.is(r, record.Recording)
			r.Stop()
			w.run(100 * time.Millisecond)
			if n := w.counts(w.joined(kind), 0, 9.7*rate); now.Gaps != 0 || now.Missing != 0 || now.Segments != 1 || uint64(n) != r.Status().Frames {
				t.Errorf("%v: %d frames, %+v", kind, n, now)
			}
		})
	}
}

// When the queue is full, frames are lost and counted, a new segment begins behind them whose header says so, and an event
// tells of it. The recorder goes on by itself.
func TestGapIsCountedAndMarked(t *testing.T) {
	for _, kind := range kinds() {
		inWorld(t, audio.S24LE3, func(w *world) {
			r := w.add(w.spec(kind))
			w.play(0)
			w.run(time.Second)
			goOn := w.disk.stall()
			w.run(15 * time.Second)
			if now := w.is(r, record.Failing); now.Missing == 0 {
				t.Error("what is lost is not told while it is lost")
			}
			goOn()
			w.run(5 * time.Second)
			w.is(r, record.Recording)
			r.Stop()
			w.run(100 * time.Millisecond)
			now, files := r.Status(), w.files(kind)
			if len(files) != 2 || now.Gaps != 1 || now.Missing < 3*rate {
				t.Fatalf("%v: %v, %+v", kind, files, now)
			}
			before := w.counts(w.sound(files[0]), 0, 10*rate)
			after := w.sound(files[1])
			w.counts(after, uint64(before)+now.Missing, 4*rate)
			text, err := os.ReadFile(files[1])
			says := map[record.Format]string{record.WAV: num(now.Missing) + " frames are missing before", record.FLAC: "MISSINGBEFORE=" + num(now.Missing)}
			if err != nil || !bytes.Contains(text, []byte(says[kind])) {
				t.Errorf("the header does not say %q: %v", says[kind], err)
			}
			if told := w.told("missing: the disk was too slow"); len(told) != 1 || !strings.HasPrefix(told[0], num(now.Missing)+" frames") {
				t.Errorf("told %q", told)
			}
		})
	}
}

// With silence for what is missing there is one segment, and its length is right.
func TestGapOfSilence(t *testing.T) {
	for _, kind := range kinds() {
		inWorld(t, audio.S24LE3, func(w *world) {
			s := w.spec(kind)
			s.Gap = record.Silence
			r := w.add(s)
			w.play(0)
			w.run(time.Second)
			goOn := w.disk.stall()
			w.run(15 * time.Second)
			goOn()
			w.run(2 * time.Second)
			w.stop() // nothing to hear for a while
			w.run(3 * time.Second)
			w.play(1 << 20)
			w.run(2 * time.Second)
			r.Stop()
			w.run(100 * time.Millisecond)
			now, files := r.Status(), w.files(kind)
			if len(files) != 1 || now.Gaps != 1 || now.Silent < now.Missing+2.5*rate || now.Silent > now.Missing+3.5*rate {
				t.Fatalf("%v: %v, %+v", kind, files, now)
			}
			size := w.f.FrameBytes()
			sound := w.sound(files[0])
			gap := bytes.Index(sound[size:], make([]byte, 40*size))/size + 1
			w.counts(sound[:gap*size], 0, 10*rate)
			after := uint64(gap) + now.Missing
			w.counts(sound[after*uint64(size):][:rate*size], after, rate)
			if d := float64(len(sound)/size) / rate; d < 22 || d > 23.1 {
				t.Errorf("%v: %v s, want 23", kind, d)
			}
			if marks := w.marks(files[0]); len(marks) != 1 || marks[0].Frame != int64(gap) || !strings.Contains(marks[0].Text, num(now.Missing)) {
				t.Errorf("%v: %v, want one at %d", kind, marks, gap)
			}
		})
	}
}

// A disk that is full, or has become read-only, ends a segment with what it took. When there is room again, the next
// segment begins with the next frame: nothing is lost that the queue can hold.
func TestFullDisk(t *testing.T) {
	for _, kind := range kinds() {
		for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EROFS} {
			inWorld(t, audio.S24LE3, func(w *world) {
				r := w.add(w.spec(kind))
				w.play(0)
				w.run(2 * time.Second)
				if no == syscall.ENOSPC {
					w.disk.free.Store(map[record.Format]int64{record.WAV: 30000, record.FLAC: 1500}[kind])
				} else {
					w.disk.no.Store(int32(no))
				}
				w.run(4 * time.Second)
				now := w.is(r, record.Failing)
				if !errors.Is(now.Error, no) && !strings.Contains(fmt.Sprint(now.Error), "full") {
					t.Errorf("%v: %v", no, now.Error)
				}
				w.disk.free.Store(-1)
				w.disk.no.Store(0)
				w.run(8 * time.Second)
				w.is(r, record.Recording)
				r.Stop()
				w.run(100 * time.Millisecond)
				now = r.Status()
				if now.Gaps != 0 || now.Missing != 0 || now.Segments != 2 || len(w.files(kind)) != 2 {
					t.Errorf("%v, %v: %+v, %v", kind, no, now, w.files(kind))
				}
				if n := w.counts(w.joined(kind), 0, 13*rate); uint64(n) != now.Frames {
					t.Errorf("%v, %v: %d frames in files, %d counted", kind, no, n, now.Frames)
				}
				if told := w.told("fails, and tries again"); len(told) == 0 {
					t.Error("no event tells that it fails")
				}
			})
		}
	}
}

// A folder that is removed, or not mounted, is not made, but waited for. What is heard meanwhile waits in the queue.
func TestFolderGoesAndComes(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		r := w.add(w.spec(record.WAV))
		w.play(0)
		w.run(3 * time.Second)
		away := w.dir + "-away"
		if err := os.Rename(w.dir, away); err != nil {
			t.Fatal(err)
		}
		w.run(5 * time.Second)
		now := w.is(r, record.Failing)
		if now.Error == nil || !strings.Contains(now.Error.Error(), "not there") {
			t.Errorf("it says %v", now.Error)
		}
		if _, err := os.Stat(w.dir); err == nil {
			t.Error("the folder was made")
		}
		if err := os.Rename(away, w.dir); err != nil {
			t.Fatal(err)
		}
		w.run(8 * time.Second)
		w.is(r, record.Recording)
		r.Stop()
		w.run(100 * time.Millisecond)
		if now := r.Status(); now.Gaps != 0 || len(w.files(record.WAV)) != 2 {
			t.Errorf("%+v, %v", now, w.files(record.WAV))
		}
		w.counts(w.joined(record.WAV), 0, 15.5*rate)
	})
}

// Somebody removes the file that is being written: a new one is begun.
func TestFileIsRemoved(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		r := w.add(w.spec(record.WAV))
		w.play(0)
		w.run(3 * time.Second)
		if err := os.Remove(w.files(record.WAV)[0]); err != nil {
			t.Fatal(err)
		}
		w.run(5 * time.Second)
		w.is(r, record.Recording)
		r.Stop()
		w.run(100 * time.Millisecond)
		files := w.files(record.WAV)
		if len(files) != 1 || !strings.HasSuffix(files[0], "tape-000002.wav") {
			t.Fatal(files)
		}
		sound := w.sound(files[0])
		w.counts(sound, w.first(sound), 3.5*rate)
	})
}

// A reader that is late beyond its ring loses frames of the loop, which are counted as those of a slow disk.
func TestReaderIsLate(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		s := w.spec(record.WAV)
		s.Of = "cable/heard"
		r := w.add(s)
		w.run(time.Second)
		for range 500 { // five seconds in which the goroutines get no turn
			w.clock.Advance(period)
		}
		synctest.Wait()
		w.run(time.Second)
		r.Stop()
		w.run(100 * time.Millisecond)
		now := r.Status()
		n := len(w.joined(record.WAV)) / w.f.FrameBytes()
		if total := uint64(n) + now.Missing; total < 6.8*rate || total > 7.1*rate || uint64(n) != now.Frames {
			t.Errorf("%d frames and %d missing: %+v", n, now.Missing, now)
		}
	})
}

// Retention removes the oldest of its own files, and no other, whatever they are called.
func TestKeep(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		foreign := []string{"tape-000000.wav", "tape-000001.flac", "tape-000009_2.wav", "other-000001.wav", "note.txt"}
		for _, name := range foreign {
			if err := os.WriteFile(filepath.Join(w.dir, name), []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := w.spec(record.WAV)
		s.Split, s.Keep = time.Second, record.Keep{Bytes: 3 * rate * 6}
		r := w.add(s)
		w.play(0)
		w.run(10 * time.Second)
		r.Stop()
		w.run(100 * time.Millisecond)
		now := r.Status()
		for _, name := range foreign {
			if text, err := os.ReadFile(filepath.Join(w.dir, name)); err != nil || string(text) != "mine" {
				t.Errorf("%s: %q, %v", name, text, err)
			}
		}
		var own []string
		for _, name := range w.files(record.WAV) {
			if text, _ := os.ReadFile(name); string(text) != "mine" {
				own = append(own, filepath.Base(name))
			}
		}
		if now.Removed < 6 || int(now.Segments-now.Removed) != len(own) || len(own) > 4 || own[len(own)-1] != "tape-000010.wav" {
			t.Errorf("%v; %+v", own, now)
		}
		if told := w.told("removed tape-"); uint64(len(told)) != now.Removed {
			t.Errorf("%d events for %d files: %q", len(told), now.Removed, told)
		}
	})
}

// Files grow old by the clock that goes on steadily, and only if the index names them.
func TestKeepByAge(t *testing.T) {
	inWorld(t, audio.S24LE3, func(w *world) {
		s := w.spec(record.WAV)
		s.Split, s.Keep = time.Second, record.Keep{Age: 24 * time.Hour}
		r := w.add(s)
		w.play(0)
		w.run(3500 * time.Millisecond)
		stranger := filepath.Join(w.dir, "tape-000077.wav")
		if err := os.WriteFile(stranger, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-25 * time.Hour)
		for _, name := range []string{stranger, w.files(record.WAV)[0]} {
			if err := os.Chtimes(name, old, old); err != nil {
				t.Fatal(err)
			}
		}
		w.run(2 * time.Second)
		files := w.files(record.WAV)
		if r.Status().Removed != 1 || filepath.Base(files[0]) != "tape-000002.wav" || files[len(files)-1] != stranger {
			t.Errorf("%v; %+v", files, r.Status())
		}
	})
}
