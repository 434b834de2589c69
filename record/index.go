package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
)

// index is the file that says what a recorder has written: a line of JSON for each thing that happened, in the folder of
// the segments. Only what it names is ever removed. The writer's goroutine uses it.
type index struct {
	disk    Disk
	path    string
	entries []entry // of segments that are there, oldest first
	number  uint64  // of the newest segment
}

// entry is a segment.
type entry struct {
	file   string // without the folder
	number uint64
	bytes  int64
	ended  bool
	boot   string
}

// line is one of the file. What it does not say is left out.
type line struct {
	What    string `json:"what"` // begin, end, mark, gap, remove
	File    string `json:"file,omitempty"`
	Number  uint64 `json:"n,omitempty"`
	Time    string `json:"time,omitempty"`
	Boot    string `json:"boot,omitempty"` // of the machine
	Frames  int64  `json:"frames,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
	Missing uint64 `json:"missing,omitempty"` // frames before the segment
	Frame   int64  `json:"frame,omitempty"`   // of a mark or a gap within a segment
	Text    string `json:"text,omitempty"`
}

// maxIndex is the size in bytes from which an index is written anew when it is read.
const maxIndex = 1 << 20

// openIndex reads the index in a folder, if there is one. Lines that are damaged are left out.
func openIndex(d Disk, folder, recorder string) (*index, error) {
	x := &index{disk: d, path: filepath.Join(folder, ".recorder-"+recorder)}
	text, err := d.ReadFile(x.path)
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	for one := range bytes.Lines(text) {
		var l line
		if json.Unmarshal(one, &l) == nil {
			x.take(&l)
		}
	}
	if len(text) > maxIndex {
		return x, x.compact()
	}
	return x, nil
}

// take changes entries by a line.
func (x *index) take(l *line) {
	at := slices.IndexFunc(x.entries, func(e entry) bool { return e.file == l.File })
	switch {
	case l.What == "begin" && at < 0 && l.File != "" && l.File == filepath.Base(l.File):
		x.entries = append(x.entries, entry{file: l.File, number: l.Number, boot: l.Boot})
		x.number = max(x.number, l.Number)
	case l.What == "last":
		x.number = max(x.number, l.Number)
	case at < 0:
	case l.What == "end":
		x.entries[at].ended, x.entries[at].bytes = true, l.Bytes
	case l.What == "remove":
		x.entries = slices.Delete(x.entries, at, at+1)
	}
}

// add appends a line.
func (x *index) add(l line) error {
	x.take(&l)
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return x.disk.Append(x.path, append(text, '\n'))
}

// compact writes the file anew, with what still counts.
func (x *index) compact() error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	_ = e.Encode(line{What: "last", Number: x.number}) // to memory
	for _, s := range x.entries {
		_ = e.Encode(line{What: "begin", File: s.file, Number: s.number, Boot: s.boot})
		if s.ended {
			_ = e.Encode(line{What: "end", File: s.file, Bytes: s.bytes})
		}
	}
	return x.disk.Replace(x.path, b.Bytes())
}
