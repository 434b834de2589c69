package null

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend"
	"github.com/loopbridge/loopbridge/backend/backendtest"
)

// reports is all that a stream or a recorder told, after Close.
func reports(r backend.Reporter) (all []string) {
	for err := range r.Reports() {
		all = append(all, err.Error())
	}
	return all
}

// slowDisk blocks in every Write while it is held.
type slowDisk struct {
	*os.File
	hold chan struct{} // a Write after the first takes one; closed: no more blocking
	head bool          // was written
}

func (d *slowDisk) Write(p []byte) (int, error) {
	if d.head {
		<-d.hold
	}
	d.head = true
	return d.File.Write(p)
}

// fullDisk has room for so many bytes.
type fullDisk struct {
	*os.File
	room int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	n, err := d.File.Write(p[:min(len(p), d.room)])
	d.room -= n
	if err == nil && n < len(p) {
		err = syscall.ENOSPC
	}
	return n, err
}

// TestRecorderKeepsAll: through a stream, whatever the blocks and the lateness, stops and
// starts: the file is what was written.
func TestRecorderKeepsAll(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		wish := config(rapid.SampledFrom([]int{1000, 44100}).Draw(rt, "rate"), 10, 8)
		wish.Format.Encoding = rapid.SampledFrom([]audio.Encoding{audio.U8, audio.S24LE3, audio.FloatLE}).Draw(rt, "encoding")
		wish.Format.Channels = rapid.IntRange(1, 3).Draw(rt, "channels")
		wish.Period = max(10, MinPeriod(wish.Format.Rate))
		wish.Play = true
		c := newSimClock()
		c.late = func() int64 { return rapid.Int64Range(0, 50e6).Draw(rt, "late") }
		disk := newDisk(t)
		s, err := Open(wish, Options{Clock: c, Freewheel: rapid.Bool().Draw(rt, "freewheel"), Output: newRecorder(t, disk, wish.Format)})
		if err != nil {
			rt.Fatal(err)
		}
		counter := backendtest.NewCounter(wish.Format)
		want := []byte{}
		frame := wish.Format.FrameBytes()
		for range rapid.IntRange(0, 3).Draw(rt, "runs") {
			if err := s.Start(); err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(0, 20).Draw(rt, "ticks") {
				tick, err := s.Wait()
				if err != nil {
					rt.Fatal(err)
				}
				for left := tick.Writable; left > 0; {
					n := rapid.IntRange(1, left).Draw(rt, "block")
					block := make([]byte, n*frame)
					counter.Fill(block, uint64(len(want)/frame))
					want = append(want, block...)
					if _, err := s.Write(block); err != nil {
						rt.Fatal(err)
					}
					left -= n
				}
			}
			if err := s.Stop(); err != nil {
				rt.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
		f, got := readBack(t, disk.Name())
		if f != wish.Format || !bytes.Equal(got, want) {
			rt.Fatalf("%d bytes of %s were played, the file has %d of %s", len(want), wish.Format, len(got), f)
		}
		r, _ := backend.As[backend.Reporter](s)
		if told := reports(r); len(told) != 0 {
			rt.Fatal(told)
		}
	})
}

// TestRecorderWraps: more than its memory holds, in blocks that do not divide it.
func TestRecorderWraps(t *testing.T) {
	f := audio.Format{Rate: 1000, Channels: 1, Encoding: audio.S24LE3}
	disk := newDisk(t)
	r := newRecorder(t, disk, f)
	const frames = 50_000
	want := numbered(f, frames)
	for done, n := 0, 1; done < frames; n = n%997 + 61 {
		n := min(n, frames-done)
		eventually(t, func() bool { return r.Room() >= n })
		r.Play(want[done*3 : (done+n)*3])
		done += n
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, got := readBack(t, disk.Name()); !bytes.Equal(got, want) || r.Dropped() != 0 {
		t.Errorf("%d bytes of %d, %d frames dropped", len(got), len(want), r.Dropped())
	}
}

// TestRecorderFlush: what was played is in a whole file soon after a Stop, with the
// stream still open, as it would be after a kill.
func TestRecorderFlush(t *testing.T) {
	wish := config(8000, 2000, 8)
	wish.Play = true
	disk := newDisk(t)
	c := newSimClock()
	s, err := Open(wish, Options{Clock: c, Output: newRecorder(t, disk, wish.Format)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	c.late = func() int64 { return 1e9 }
	if _, err := s.Wait(); err != nil {
		t.Fatal(err)
	}
	want := numbered(wish.Format, 9234) // the header knows the first second by itself
	for _, block := range [][]byte{want[:4*9000], want[4*9000:]} {
		if _, err := s.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { _, got := readBack(t, disk.Name()); return bytes.Equal(got, want) })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestSlowDisk: while the disk blocks, Write takes every frame at once. The file has
// those that found room in memory, in their order, and the rest is counted and told once.
func TestSlowDisk(t *testing.T) {
	wish := config(1000, 100, 4)
	wish.Play, wish.Format.Channels = true, 1
	disk := &slowDisk{File: newDisk(t), hold: make(chan struct{})}
	r := newRecorder(t, disk, wish.Format)
	s, err := Open(wish, Options{Clock: newSimClock(), Output: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	const frames = 20_000 // of which memory holds 4000
	all := numbered(wish.Format, frames)
	for done := 0; done < frames; {
		tick, err := s.Wait()
		if err != nil || tick.Lost != 0 {
			t.Fatal(tick, err)
		}
		n, err := s.Write(all[2*done : 2*(done+tick.Writable)])
		if err != nil || n != tick.Writable {
			t.Fatal(n, err)
		}
		done += n
	}
	const held = recorderSeconds * 1000
	if n := r.Dropped(); n != frames-held {
		t.Errorf("%d frames dropped, want %d", n, frames-held)
	}
	close(disk.hold)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, got := readBack(t, disk.Name()); !bytes.Equal(got, all[:2*held]) {
		t.Errorf("the file has %d bytes, want the first %d", len(got), 2*held)
	}
	reporter, ok := backend.As[backend.Reporter](s)
	if !ok {
		t.Fatal("the stream is no Reporter")
	}
	told := reports(reporter)
	if len(told) != 2 || !strings.Contains(told[0], "too slowly") || told[1] != "the output file is closed: 16000 frames are missing, 4000 are in it" {
		t.Errorf("told %q", told)
	}
}

// TestSlowDiskRecovers: frames come in again as soon as there is room, and every frame is
// in the file or counted.
func TestSlowDiskRecovers(t *testing.T) {
	f := audio.Format{Rate: 1000, Channels: 1, Encoding: audio.S32LE}
	disk := &slowDisk{File: newDisk(t), hold: make(chan struct{})}
	r := newRecorder(t, disk, f)
	all := numbered(f, 9000)
	r.Play(all[:4*5000])
	for range 4 {
		disk.hold <- struct{}{} // a batch each
	}
	eventually(t, func() bool { return r.Room() >= 1000 })
	r.Play(all[4*5000 : 4*5001])
	close(disk.hold)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	want := append(bytes.Clone(all[:4*4000]), all[4*5000:4*5001]...)
	if _, got := readBack(t, disk.Name()); !bytes.Equal(got, want) || r.Dropped() != 1000 {
		t.Errorf("%d frames in the file, %d dropped", len(got)/4, r.Dropped())
	}
}

// TestFreewheelWaitsForDisk: a clock that follows the work loses nothing to a slow disk.
func TestFreewheelWaitsForDisk(t *testing.T) {
	wish := config(1000, 100, 4)
	wish.Play, wish.Format.Channels = true, 1
	disk := &slowDisk{File: newDisk(t), hold: make(chan struct{})}
	r := newRecorder(t, disk, wish.Format)
	s, err := Open(wish, Options{Freewheel: true, Output: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	const frames = 20_000
	all := numbered(wish.Format, frames)
	for done := 0; done < frames; {
		if done == recorderSeconds*1000 {
			s.Wake() // ends a Wait that waits for the disk, at the same position
			if tick, err := s.Wait(); err != nil || tick.Position != uint64(done) {
				t.Fatal(tick, err)
			}
			close(disk.hold)
		}
		tick, err := s.Wait()
		if err != nil {
			t.Fatal(err)
		}
		n := min(tick.Writable, frames-done)
		if _, err := s.Write(all[2*done : 2*(done+n)]); err != nil {
			t.Fatal(err)
		}
		done += n
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, got := readBack(t, disk.Name()); !bytes.Equal(got, all) || r.Dropped() != 0 {
		t.Errorf("%d frames in the file, %d dropped", len(got)/2, r.Dropped())
	}
}

// TestFullDisk: the file ends with the last whole frame that found room, the rest is
// counted, told once, and given back by Close; the stream goes on.
func TestFullDisk(t *testing.T) {
	wish := config(1000, 100, 4)
	wish.Play = true
	for _, room := range []int{4 * 100, 4*1000 + 1, 4*1800 + 3} {
		disk := &fullDisk{File: newDisk(t), room: 1 << 20}
		r := newRecorder(t, disk, wish.Format)
		disk.room = room
		s, err := Open(wish, Options{Clock: newSimClock(), Freewheel: true, Output: r})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		const frames = 10_000
		all := numbered(wish.Format, frames)
		for done := 0; done < frames; {
			tick, err := s.Wait()
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.Write(all[4*done : 4*(done+tick.Writable)])
			if err != nil {
				t.Fatal(err)
			}
			done += n
		}
		if err := s.Close(); !errors.Is(err, audio.ErrIO) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("close gives %v", err)
		}
		_, got := readBack(t, disk.Name())
		if !bytes.Equal(got, all[:room/4*4]) || r.Dropped() != uint64(frames-room/4) {
			t.Errorf("room for %d bytes: %d frames in the file, %d dropped", room, len(got)/4, r.Dropped())
		}
		told := reports(r)
		if len(told) != 2 || !strings.Contains(told[0], "no space left on device") || !strings.Contains(told[1], "frames are missing") {
			t.Errorf("told %q", told)
		}
	}
}

// TestDeadDisk: Close gives up on a disk that never answers, and the reports end; the
// goroutine ends when the disk does answer.
func TestDeadDisk(t *testing.T) {
	file := newDisk(t)
	synctest.Test(t, func(t *testing.T) {
		f := audio.Format{Rate: 1000, Channels: 1, Encoding: audio.S16LE}
		disk := &slowDisk{File: file, hold: make(chan struct{})}
		r := newRecorder(t, disk, f)
		r.Play(numbered(f, 4500))
		err := r.Close()
		if !errors.Is(err, audio.ErrIO) || err.Error() != "the output file takes no more: 4500 frames are not in it" {
			t.Errorf("close gives %v", err)
		}
		if told := reports(r); len(told) != 0 {
			t.Errorf("told %q", told)
		}
		close(disk.hold)
		<-r.done
	})
}

func TestRecorderRefuses(t *testing.T) {
	disk := newDisk(t)
	_, err := NewRecorder(disk, audio.Format{Rate: 48000, Channels: 2, Encoding: audio.S16BE})
	if !errors.Is(err, audio.ErrInvalid) || err.Error() != "a WAV file cannot hold S16_BE; use S16_LE" {
		t.Errorf("S16_BE: %v", err)
	}
	if _, err := NewRecorder(&fullDisk{File: disk}, audio.DefaultFormat()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full disk: %v", err)
	}
	if err := disk.Close(); err != nil {
		t.Errorf("a refusal has closed the file: %v", err)
	}
}
