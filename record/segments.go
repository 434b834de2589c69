package record

import (
	"cmp"
	"path/filepath"
	"slices"
	"time"

	"github.com/loopbridge/loopbridge/audio"
)

// Segment is a file that a recorder has written, and that was not removed since.
type Segment struct {
	File    string // without its folder
	Number  uint64
	Bytes   int64
	Ended   bool // nothing more comes
	Changed time.Time
	path    string
}

// Path returns where the segment is.
func (s *Segment) Path() string { return s.path }

// Segments returns what the recorder has written, the newest first, for people who want to hear it. Any goroutine may call
// it; it reads from the disk, and blocks for as long as that takes.
func (r *Recorder) Segments() ([]Segment, error) {
	folder := r.pattern.Folder()
	x, err := readIndex(r.board.disk, folder, r.spec.Name)
	if err != nil {
		return nil, audio.ErrIO.With("the index of recorder %s cannot be read: %v", r.spec.Name, err)
	}
	var all []Segment
	for _, e := range x.entries {
		s := Segment{File: e.file, Number: e.number, Ended: e.ended, path: filepath.Join(folder, e.file)}
		info, err := r.board.disk.Stat(s.path)
		if err != nil || !info.Mode().IsRegular() {
			continue // somebody has moved it
		}
		s.Bytes, s.Changed = info.Size(), info.ModTime()
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Segment) int { return cmp.Compare(b.Number, a.Number) })
	return all, nil
}

// Segment returns a segment by the name of its file. ErrNoDevice: the recorder has none.
func (r *Recorder) Segment(file string) (Segment, error) {
	all, err := r.Segments()
	if err != nil {
		return Segment{}, err
	}
	if at := slices.IndexFunc(all, func(s Segment) bool { return s.File == file }); at >= 0 {
		return all[at], nil
	}
	return Segment{}, audio.ErrNoDevice.With("recorder %s has no segment %q", r.spec.Name, file)
}
