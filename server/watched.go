package server

import (
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// watched is a value that files hold. It is read anew when one of them has changed, which get notices by looking
// at each: a system call.
type watched[T any] struct {
	paths []string
	load  func() (T, error)
	tell  func(T, error) // is called when the value, or what is wrong with it, has changed since the first get

	mu     sync.Mutex
	stamps []stamp // nil: before the first get
	value  T       // the last good one
	err    error   // why the files hold none now
}

// stamp changes with a file: its content, its owner or its mode.
type stamp struct {
	device, inode uint64
	changed       unix.Timespec
	size          int64
}

// stampOf returns the zero value for a file that is not there, or that cannot be looked at.
func stampOf(path string) (s stamp) {
	var info unix.Stat_t
	if unix.Stat(path, &info) == nil {
		s = stamp{uint64(info.Dev), info.Ino, info.Ctim, info.Size}
	}
	return s
}

// get returns the last good value, and why the files hold none now. Any goroutine may call it; it may read the files.
func (w *watched[T]) get() (T, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.look()
	if slices.Equal(now, w.stamps) && !slices.Contains(now, stamp{}) {
		return w.value, w.err
	}
	before := w.err
	value, err := w.load()
	if w.err = err; err == nil {
		w.value = value
	}
	if w.stamps != nil && (err == nil || before == nil || before.Error() != err.Error()) {
		w.tell(w.value, err)
	}
	if w.stamps = now; err == nil && slices.Contains(now, stamp{}) {
		w.stamps = w.look() // load has made the file
	}
	return w.value, w.err
}

func (w *watched[T]) look() []stamp {
	now := make([]stamp, len(w.paths))
	for i, path := range w.paths {
		now[i] = stampOf(path)
	}
	return now
}
