package client

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/client/internal/reach"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// Await waits for a daemon that accepts programs on a socket, or, for "", where FindSocket looks.
// It returns the socket and how much of wait is left: all of it if the daemon is there already, or
// if wait is pcm.Forever. It connects at most 20 times a second and sends nothing. Errors are
// those of Open.
func Await(ctx context.Context, socket string, wait time.Duration) (found string, left time.Duration, err error) {
	s := newSearch(socket, wait)
	defer s.close()
	for left := wait; ; left = s.left() {
		c, found, err := reach.First(ctx, "unixpacket", placesOf(socket))
		if err == nil {
			c.Close()
			return found, left, nil
		}
		if !s.again(ctx, err) {
			return found, 0, stopped(ctx, err)
		}
	}
}

// stopped returns err, or ErrInterrupted if ctx has ended.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return err
}

// The pause between two connects grows until something changes in the folder of a socket.
const (
	leastPause     = 50 * time.Millisecond
	mostPause      = 16 * leastPause
	mostBlindPause = 4 * leastPause // where changes are not noticed
)

// search paces the connects of a program that waits for a daemon.
type search struct {
	socket  string
	wait    time.Duration // pcm.Forever: no limit
	began   time.Time
	tried   time.Time // when the last connect began
	pause   time.Duration
	folders changes
}

// changes watches the folders of sockets.
type changes interface {
	// sleep returns at a time, or when ctx ends, or sooner and with true if something has
	// happened since the previous call.
	sleep(ctx context.Context, until time.Time, sockets []string) bool
	blind() bool // it notices nothing
	close()
}

func newSearch(socket string, wait time.Duration) *search {
	now := time.Now()
	return &search{socket: socket, wait: wait, began: now, tried: now, pause: leastPause}
}

// left returns the remaining time, at least a millisecond, rounded for printing.
func (s *search) left() time.Duration {
	if s.wait < 0 {
		return pcm.Forever
	}
	return max(time.Millisecond, (s.wait - time.Since(s.began)).Round(time.Millisecond))
}

// again sleeps after a connect or request that failed with err until another connect makes sense.
// It returns false if none does: a daemon has answered, the time is up, or ctx has ended.
func (s *search) again(ctx context.Context, err error) bool {
	end := s.began.Add(s.wait)
	all := placesOf(s.socket)
	if !reach.Missing(err) || len(all[0]) > reach.MaxPath || s.wait >= 0 && !time.Now().Before(end) {
		return false
	}
	if s.folders == nil {
		s.folders = watchFolders()
	}
	soonest, at := s.tried.Add(leastPause), s.tried.Add(s.pause)
	if s.wait >= 0 && at.After(end) {
		at = end // the last one
	}
	changed := s.folders.sleep(ctx, at, all)
	if changed && soonest.Before(at) {
		at = soonest
	}
	if changed {
		s.folders.sleep(ctx, at, nil)
	}
	now := time.Now()
	if ctx.Err() != nil || now.Before(soonest) {
		return false
	}
	switch {
	case changed:
		s.pause = leastPause
	case s.folders.blind():
		s.pause = min(2*s.pause, mostBlindPause)
	default:
		s.pause = min(2*s.pause, mostPause)
	}
	s.tried = now
	return true
}

func (s *search) close() {
	if s.folders != nil {
		s.folders.close()
	}
}

// watchFolders returns a watcher, which is blind if the kernel has no inotify instance left.
func watchFolders() changes {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return unnoticed{}
	}
	return inotify{os.NewFile(uintptr(fd), "inotify"), fd}
}

// unnoticed is the blind watcher.
type unnoticed struct{}

func (unnoticed) blind() bool { return true }
func (unnoticed) close()      {}

func (unnoticed) sleep(ctx context.Context, until time.Time, _ []string) bool {
	select {
	case <-ctx.Done():
	case <-time.After(time.Until(until)):
	}
	return false
}

// inotify watches with an inotify instance.
type inotify struct {
	file *os.File
	fd   int // of file
}

func (n inotify) blind() bool { return false }
func (n inotify) close()      { n.file.Close() }

func (n inotify) sleep(ctx context.Context, until time.Time, sockets []string) bool {
	if len(sockets) == 0 {
		return unnoticed{}.sleep(ctx, until, nil)
	}
	for _, path := range sockets {
		n.watch(path)
	}
	_ = n.file.SetReadDeadline(until)
	stop := context.AfterFunc(ctx, func() { _ = n.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	got, _ := n.file.Read(make([]byte, 4096))
	return got > 0
}

// watch watches the folder of a socket, or the nearest parent that exists.
func (n inotify) watch(socket string) {
	const changes = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_ATTRIB | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF
	for path := socket; ; {
		folder := filepath.Dir(path)
		if _, err := unix.InotifyAddWatch(n.fd, folder, changes); err == nil || folder == path {
			return
		}
		path = folder
	}
}
