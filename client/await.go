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

// Await waits until a daemon lets programs in on a socket, or for "" where FindSocket looks,
// and says where, and how much is left of the time that it may take, or pcm.Forever: all, if
// the daemon is there. It connects, at most 20 times a second, and asks the daemon nothing. Errors
// as for Open.
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

// stopped is a failure, or what it was if ctx has ended.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return err
}

// How long it takes from one connect to the next: longer and longer, unless something
// changes in the folder of a socket.
const (
	leastPause     = 50 * time.Millisecond
	mostPause      = 16 * leastPause
	mostBlindPause = 4 * leastPause // where changes are not noticed
)

// search is the time between two connects of somebody who waits for a daemon.
type search struct {
	socket  string
	wait    time.Duration // pcm.Forever: no limit
	began   time.Time
	tried   time.Time // the last connect began
	pause   time.Duration
	folders changes
}

// changes notices what happens in the folders of sockets.
type changes interface {
	// sleep ends at a time, or sooner and with true if something has happened since the
	// call before, or when ctx ends.
	sleep(ctx context.Context, until time.Time, sockets []string) bool
	blind() bool // it notices nothing
	close()
}

func newSearch(socket string, wait time.Duration) *search {
	now := time.Now()
	return &search{socket: socket, wait: wait, began: now, tried: now, pause: leastPause}
}

// left is how much there is of the time, at least a little, in what is worth printing.
func (s *search) left() time.Duration {
	if s.wait < 0 {
		return pcm.Forever
	}
	return max(time.Millisecond, (s.wait - time.Since(s.began)).Round(time.Millisecond))
}

// again sleeps after a connect or a request that failed with err until the next connect makes
// sense. It returns false if none does: a daemon has answered, the time is up, or ctx has ended.
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

// watchFolders is the kernel's notice of changes, or one that is blind.
func watchFolders() changes {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return unnoticed{}
	}
	return inotify{os.NewFile(uintptr(fd), "inotify"), fd}
}

// unnoticed is for want of an inotify instance.
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

// inotify is an instance of it.
type inotify struct {
	file *os.File
	fd   int // of it
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

// watch is of the folder of a socket, or the first above it that there is.
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
