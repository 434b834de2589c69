package record

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// tidyEvery is how often a recorder looks for segments to remove, beside when it begins one.
const tidyEvery = time.Minute

// tidy removes the oldest segments, for Spec.Keep: files that the index names, whose names fit the pattern, and never the
// one that is being written. The age of a file is compared with a clock that goes on steadily from the start of the
// daemon, so that nothing is removed because the clock of the machine jumps.
func (w *writer) tidy() {
	keep := w.keep()
	if keep == (Keep{}) || w.index == nil || time.Since(w.tidied) < tidyEvery && w.fed > 0 {
		return
	}
	w.tidied = time.Now()
	if _, err := w.disk.Stat(w.index.path); err != nil {
		return // the folder is another one
	}
	var own []segmentFile
	total := int64(0)
	for _, e := range w.index.entries {
		if !w.pattern.matches(e.file) {
			continue
		}
		info, err := w.disk.Stat(filepath.Join(w.pattern.folder, e.file))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if e.file != w.name {
				own = append(own, segmentFile{name: e.file, gone: true})
			}
		case err == nil && info.Mode().IsRegular():
			own = append(own, segmentFile{name: e.file, bytes: info.Size(), age: w.board.now().Sub(info.ModTime())})
			total += info.Size()
		}
	}
	for _, s := range own {
		old := keep.Age > 0 && s.age > keep.Age
		large := keep.Bytes > 0 && total > keep.Bytes
		if s.gone || s.name != w.name && (old || large) {
			total -= s.bytes
			w.remove(&s)
		}
	}
}

// segmentFile is a segment in the folder.
type segmentFile struct {
	name  string
	bytes int64
	age   time.Duration
	gone  bool // somebody else has removed it
}

// remove removes a segment, and says so.
func (w *writer) remove(s *segmentFile) {
	if !s.gone {
		if err := w.disk.Remove(filepath.Join(w.pattern.folder, s.name)); err != nil {
			w.say(fmt.Sprintf("%s cannot be removed: %v", s.name, err))
			return
		}
		w.mu.Lock()
		w.status.Removed++
		w.mu.Unlock()
		w.say(fmt.Sprintf("removed %s (%d bytes, %s old)", s.name, s.bytes, s.age.Round(time.Second)))
	}
	w.noted(w.index.add(line{What: "remove", File: s.name, Time: now()}))
}

// keep returns what is to be kept now.
func (r *Recorder) keep() Keep {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status.Keep
}
