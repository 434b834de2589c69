package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

const (
	syncEvery = 10 * time.Second // until what was written is brought to the disk: so much is lost with the power
	lookEvery = time.Second      // until the file is looked for again
	fillMost  = time.Minute      // of silence for what is missing
	tryFirst  = time.Second      // until a disk that failed is tried again; then twice as long, and so on
	tryLast   = 30 * time.Second
)

// writer writes what is in the queue of a recorder. One goroutine uses it.
type writer struct {
	*Recorder
	disk  Disk
	index *index // nil: not read yet

	seg     segment // nil: none
	file    File
	name    string // of the file
	f       audio.Format
	fed     uint64 // frames given to seg
	since   uint64 // of these, frames of the queue behind the last silence
	marks   []Mark
	synced  time.Time
	tidied  time.Time
	missing uint64 // frames before the next segment
	fill    uint64 // frames of silence to write before all else

	next  uint64 // the place in its day of the first frame of the segment, or of the one behind the last segment
	known bool   // next is valid

	pause time.Duration // until the next try; 0: the disk does not fail
	again time.Time
	quiet []byte
}

func newWriter(r *Recorder) *writer { return &writer{Recorder: r, disk: r.board.disk} }

// run writes until ctx ends.
func (w *writer) run(ctx context.Context) {
	_ = w.asked(w.look) // what was left is ended at once; if the folder is not there, before the first segment
	tick, ticks := time.NewTimer(lookEvery), true
	defer tick.Stop()
	for {
		if !ticks && (w.seg != nil || w.pause > 0) { // else nothing is to be done by itself
			tick.Reset(lookEvery)
			ticks = true
		}
		select {
		case <-w.queue.bell:
		case <-tick.C:
			ticks = false
			w.care()
		case <-ctx.Done():
			if w.file != nil {
				_ = w.file.Close()
			}
			return
		}
		for w.step() {
		}
	}
}

// step does the next thing, and reports whether there may be more.
func (w *writer) step() bool {
	if w.pause > 0 && time.Now().Before(w.again) {
		return false
	}
	if w.fill > 0 {
		return w.silence()
	}
	f, _ := w.queue.format()
	frames, due := w.queue.next(w.most(f), uint64(f.Frames(w.spec.Preroll)))
	switch {
	case due != nil:
		return w.heed(due)
	case frames == nil:
		return false
	}
	return w.write(f, frames)
}

// most returns how many frames to write at a time.
func (w *writer) most(f audio.Format) uint64 {
	n := uint64(f.Rate)
	if w.spec.Split > 0 {
		n = min(n, w.split(f)-w.fed)
	}
	return n
}

func (w *writer) split(f audio.Format) uint64 { return uint64(f.Frames(w.spec.Split)) }

// write writes frames of the queue.
func (w *writer) write(f audio.Format, frames []byte) bool {
	written, err := w.append(f, frames)
	w.since += written
	w.queue.feed(written)
	return w.wrote(f, err)
}

// silence writes frames for what is missing.
func (w *writer) silence() bool {
	f := w.f
	n := min(w.fill, w.most(f), silentBlock)
	if size := silentBlock * f.FrameBytes(); len(w.quiet) != size {
		w.quiet = make([]byte, size)
		f.Encoding.Silence(w.quiet)
	}
	written, err := w.append(f, w.quiet[:int(n)*f.FrameBytes()])
	if written > 0 {
		w.since = 0
	}
	w.fill -= written
	w.mu.Lock()
	w.status.Silent += written
	w.mu.Unlock()
	if err != nil { // what is missing is said before the next segment
		w.missing, w.fill = w.missing+w.fill, 0
	}
	return w.wrote(f, err)
}

// silentBlock is how many frames of silence are written at a time.
const silentBlock = 4096

// append writes frames to a segment, which it begins if there is none, and returns how many the segment has taken.
func (w *writer) append(f audio.Format, frames []byte) (written uint64, err error) {
	if w.seg != nil && w.f != f {
		w.end()
	}
	if w.seg == nil {
		if err := w.begin(f); err != nil {
			return 0, err
		}
	}
	n := uint64(len(frames) / f.FrameBytes())
	if err = w.asked(func() error { return w.seg.Write(frames) }); err != nil {
		if has := uint64(w.seg.Frames()); has < w.fed { // it has lost frames that it had taken before
			n = 0
		} else {
			n = has - w.fed
		}
	}
	w.fed += n
	return n, err
}

// wrote does what is due once frames are written, or were not.
func (w *writer) wrote(f audio.Format, err error) bool {
	switch {
	case err != nil && w.seg == nil:
		w.fail(err)
		return false
	case err != nil:
		w.broken(err)
		return false
	}
	w.well()
	w.kept()
	if w.spec.Split > 0 && w.fed >= w.split(f) {
		w.end()
	}
	return true
}

// asked lets the disk do something, and notes since when.
func (w *writer) asked(f func() error) error {
	w.mu.Lock()
	w.blocked = time.Now()
	w.mu.Unlock()
	err := f()
	w.mu.Lock()
	w.blocked = time.Time{}
	w.mu.Unlock()
	return err
}

// kept gives the room of what is in the file back to the reader.
func (w *writer) kept() {
	held := min(w.fed-uint64(w.seg.Frames()), w.since)
	w.queue.release(held)
	w.count()
}

// count lets others see how far the segment is.
func (w *writer) count() {
	size, err := w.file.Seek(0, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.status.segBytes = uint64(size)
	}
	w.status.Frames += w.fed - uint64(w.status.Position) // fewer, if the segment has lost some
	w.status.Position = int64(w.fed)
}

// heed does what a note says.
func (w *writer) heed(n *note) bool {
	switch n.Kind {
	case noteGap:
		w.gap(n)
	case noteQuiet:
		if w.seg != nil {
			w.fill = n.Lost
		}
	case noteMark:
		w.mark(n.Text)
	case noteEnd:
		w.end()
		w.mu.Lock()
		w.tellLocked()
		w.mu.Unlock()
	case noteOver:
		if w.spec.Gap == Pause {
			w.end()
		}
	case noteCut:
		w.end()
		w.mu.Lock()
		if w.cut != nil {
			w.queue.suspend(true)
			close(w.cut)
			w.cut = nil
		}
		w.mu.Unlock()
	}
	return true
}

// gap notes that frames are missing.
func (w *writer) gap(n *note) {
	w.mu.Lock()
	w.status.Gaps++
	w.status.Missing += n.Lost
	f := w.status.Format
	w.mu.Unlock()
	why := n.Text
	if why == "" {
		why = "the disk was too slow"
	}
	what := fmt.Sprintf("%d frames (%s) are missing: %s", n.Lost, f.Duration(int64(n.Lost)).Round(time.Microsecond), why)
	w.say(what)
	if w.index != nil {
		w.noted(w.index.add(line{What: "gap", File: w.name, Frame: int64(w.fed), Missing: n.Lost, Time: now(), Text: why}))
	}
	if w.seg != nil && w.spec.Gap == Silence && n.Lost <= uint64(f.Frames(fillMost)) {
		w.marks = append(w.marks, Mark{int64(w.fed), fmt.Sprintf("gap: %d frames of silence instead of what is missing", n.Lost)})
		w.fill = n.Lost
		return
	}
	w.end()
	w.missing += n.Lost
}

// mark notes a mark.
func (w *writer) mark(text string) {
	if w.seg == nil {
		return
	}
	w.marks = append(w.marks, Mark{int64(w.fed), text})
	w.noted(w.index.add(line{What: "mark", File: w.name, Frame: int64(w.fed), Time: now(), Text: text}))
	w.say(fmt.Sprintf("mark in %s at %s: %s", filepath.Base(w.name), w.f.Duration(int64(w.fed)).Round(time.Millisecond), text))
}

// now returns the time of day for the index.
func now() string { return time.Now().Format(time.RFC3339) }

// noted tells of an index that cannot be written: the sound is more important.
func (w *writer) noted(err error) {
	if err != nil {
		w.say(fmt.Sprintf("the index of its segments cannot be written: %v", err))
	}
}

// care looks after the file once a second: that it is still there, and gets to the disk.
func (w *writer) care() {
	if w.seg == nil {
		return
	}
	if time.Since(w.synced) >= syncEvery {
		w.synced = time.Now()
		if err := w.asked(w.seg.Sync); err != nil {
			w.broken(err)
			return
		}
	}
	if err := w.there(); err != nil {
		w.broken(err)
		return
	}
	w.measure()
	w.tidy()
}

// there reports with an error that the file is not there any more.
func (w *writer) there() error {
	path := filepath.Join(w.pattern.folder, w.name)
	found, err := w.disk.Stat(path)
	if err == nil {
		var own fs.FileInfo
		if own, err = w.file.Stat(); err == nil && !os.SameFile(found, own) {
			err = fs.ErrNotExist
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return audio.ErrIO.With("%s was removed while it was being written: %v", path, fs.ErrNotExist)
	}
	return nil
}

// measure finds out how much room there is.
func (w *writer) measure() {
	free, err := w.disk.Free(w.pattern.folder)
	if err != nil {
		free = 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Free = free
}
