package record

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/flac"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// repair ends segments that were left when the daemon was killed or the power went: the header gets the frames that are
// there, and a file without a whole header, which has none, is removed. Only files are touched that the index says were
// begun and not ended.
func (w *writer) repair() {
	for _, e := range slices.Clone(w.index.entries) {
		if e.ended || e.file == w.name || !w.pattern.matches(e.file) {
			continue
		}
		path := filepath.Join(w.pattern.folder, e.file)
		frames, bytes, err := w.repairFile(path, e.boot == w.board.boot)
		l := line{What: "end", File: e.file, Frames: frames, Bytes: bytes, Time: now()}
		switch {
		case errors.Is(err, fs.ErrNotExist):
			l = line{What: "remove", File: e.file}
		case errors.Is(err, audio.ErrInvalid) && bytes < headless && w.disk.Remove(path) == nil:
			l = line{What: "remove", File: e.file}
		case err != nil:
			w.say(fmt.Sprintf("%s was not ended, and cannot be repaired: %v", e.file, err))
		default:
			w.say(fmt.Sprintf("%s was not ended, and is now: %d frames", e.file, frames))
		}
		w.noted(w.index.add(l))
	}
}

// headless is the size in bytes below which a file can be without a whole header.
const headless = 10 << 10

// repairFile ends one. killed: only the program has ended, so all that is in the file was written.
func (w *writer) repairFile(path string, killed bool) (frames, bytes int64, err error) {
	f, err := w.disk.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if w.spec.Format == FLAC {
		frames, err = flac.Repair(f)
	} else {
		frames, err = repairWAV(f, killed)
	}
	if err == nil {
		err = f.Sync()
	}
	if i, failed := f.Stat(); failed == nil {
		bytes = i.Size()
	}
	return frames, bytes, err
}

// repairWAV lets the header say how many frames there are: all that lie behind it, or, if the power went, no more than
// it said before, because a disk may have given a file its length before its contents.
func repairWAV(f File, killed bool) (frames int64, err error) {
	return wav.Repair(f, killed)
}
