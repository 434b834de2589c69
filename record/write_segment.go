package record

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// begin makes a file for the next segment.
func (w *writer) begin(f audio.Format) error {
	return w.asked(func() error { return w.beginAsked(f) })
}

func (w *writer) beginAsked(f audio.Format) (err error) {
	if err := w.look(); err != nil {
		return err
	}
	if err := w.fits(f); err != nil {
		return err
	}
	h := w.heading(f)
	if err := w.create(&h); err != nil {
		return w.cause(err)
	}
	w.seg, err = newSegment(w.file, w.spec.Format, f, &h)
	if err == nil {
		err = w.disk.SyncFolder(w.pattern.folder)
	}
	if err != nil {
		w.drop()
		return w.cause(err)
	}
	w.f, w.fed, w.since, w.marks, w.missing = f, 0, 0, nil, 0
	w.next, w.known = h.frame, true
	w.synced = time.Now()
	w.mu.Lock()
	w.status.Segments++
	w.status.File, w.status.Position, w.status.Since = filepath.Join(w.pattern.folder, w.name), 0, time.Now()
	w.tellLocked()
	w.mu.Unlock()
	w.measure()
	w.tidy()
	return nil
}

// look reads the index of the folder, and ends what was left there.
func (w *writer) look() (err error) {
	if w.index != nil {
		return nil
	}
	folder := w.pattern.folder
	if _, err := w.disk.Free(folder); err != nil {
		return w.cause(err)
	}
	if w.index, err = openIndex(w.disk, folder, w.spec.Name); err != nil {
		return audio.ErrIO.With("the index of segments in %s cannot be read: %v", folder, err)
	}
	w.repair()
	return nil
}

// fits refuses to begin a segment on a disk that has no room for some seconds of it.
func (w *writer) fits(f audio.Format) error {
	free, err := w.disk.Free(w.pattern.folder)
	if err != nil {
		return w.cause(err)
	}
	w.mu.Lock()
	w.status.Free = free
	w.mu.Unlock()
	if least := uint64(roomSeconds * f.Rate * f.FrameBytes()); free < least {
		return audio.ErrIO.With("the disk of %s is full: it has %d bytes, and a segment is begun with %d; remove something, or set keep",
			w.pattern.folder, free, least)
	}
	return nil
}

// roomSeconds is how much room in seconds of sound a disk must have for a new segment.
const roomSeconds = 2

// cause turns an error of the disk into a sentence.
func (w *writer) cause(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return audio.ErrIO.With("the folder %s is not there; make it, or mount what it is on: %v", w.pattern.folder, err)
	}
	return audio.ErrIO.With("no segment can be begun in %s: %v", w.pattern.folder, err)
}

// heading returns what the header of a segment says that begins with the next frame.
func (w *writer) heading(f audio.Format) heading {
	_, waits := w.queue.format()
	began := time.Now().Add(-f.Duration(int64(waits)))
	at := time.Duration(began.Hour())*time.Hour + time.Duration(began.Minute())*time.Minute +
		time.Duration(began.Second())*time.Second + time.Duration(began.Nanosecond())
	frame, day := uint64(f.Frames(at)), uint64(f.Frames(24*time.Hour))
	// Segments that follow each other do so to the frame, as long as the clock of the machine agrees to a second.
	if next := (w.next + w.missing) % day; w.known && w.f.Rate == f.Rate {
		if off := (next + day - frame) % day; off < uint64(f.Rate) || off > day-uint64(f.Rate) {
			frame = next
		}
	}
	return heading{recorder: w.spec.Name, of: w.spec.Of, began: began, frame: frame, missing: w.missing, number: w.index.number + 1}
}

// create makes a file of a name that is free. The index has it before, so that whatever is left of it is known to be ours.
func (w *writer) create(h *heading) (err error) {
	for try := 1; ; try++ {
		w.name = w.pattern.base(h.began, h.number, try)
		path := filepath.Join(w.pattern.folder, w.name)
		if _, err := w.disk.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			continue
		}
		err = w.index.add(line{What: "begin", File: w.name, Number: h.number, Time: h.began.Format(time.RFC3339Nano), Boot: w.board.boot,
			Missing: h.missing})
		if err != nil {
			return err
		}
		if w.file, err = w.disk.Create(path); err == nil {
			return nil
		}
		w.noted(w.index.add(line{What: "remove", File: w.name}))
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// drop removes a file that is no segment.
func (w *writer) drop() {
	_ = w.file.Close()
	if w.disk.Remove(filepath.Join(w.pattern.folder, w.name)) == nil {
		w.noted(w.index.add(line{What: "remove", File: w.name}))
	}
	w.seg, w.file, w.name = nil, nil, ""
}

// end ends the segment, if there is one.
func (w *writer) end() {
	if w.seg == nil {
		return
	}
	if err := w.asked(func() error { return w.seg.Close(w.marks) }); err != nil {
		w.broken(err)
		return
	}
	w.queue.release(0)
	w.finish1(int64(w.fed))
}

// finish1 closes a file that has so many frames.
func (w *writer) finish1(frames int64) {
	size := int64(0)
	if i, err := w.file.Stat(); err == nil {
		size = i.Size()
	}
	_ = w.file.Close() // what was synced is there
	w.noted(w.index.add(line{What: "end", File: w.name, Frames: frames, Bytes: size, Time: now()}))
	w.mu.Lock()
	w.status.Bytes += uint64(size)
	w.status.segBytes, w.status.File, w.status.Position = 0, "", 0
	w.mu.Unlock()
	w.next += w.fed
	w.seg, w.file, w.name, w.fed, w.since = nil, nil, "", 0, 0
}

// broken ends a segment that cannot be written any further. What is not in the file comes again.
func (w *writer) broken(err error) {
	has := min(uint64(w.seg.Frames()), w.fed)
	lacks := w.fed - has
	held := min(lacks, w.since)
	w.missing += lacks - held // silence
	w.queue.release(held)
	w.queue.rewind()
	w.fed = has
	w.count()
	w.finish1(int64(has))
	w.fail(audio.ErrIO.With("%s", err))
}

// fail notes that the disk fails, and when it is tried again.
func (w *writer) fail(err error) {
	w.pause = min(max(2*w.pause, tryFirst), tryLast)
	w.again = time.Now().Add(w.pause)
	w.index = nil // the folder may be another one
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.problem = err
	w.tellLocked()
}

// well notes that the disk does not fail.
func (w *writer) well() {
	if w.pause == 0 {
		return
	}
	w.pause = 0
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.problem = nil
	w.tellLocked()
}

// remark is the last word of a coding history.
func (h *heading) remark() string {
	if h.missing == 0 {
		return program
	}
	return fmt.Sprintf("%s; %d frames are missing before", program, h.missing)
}
