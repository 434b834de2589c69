package null

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
	"github.com/loopbridge/loopbridge/backend"
)

const recorderKind = "null/recorder"

// kept is what the writer of a Recorder knows.
type kept struct {
	File    wav.Written `json:"file"`
	Dropped uint64      `json:"dropped"` // frames
	Slow    bool        `json:"slow"`    // reported
}

// handPatience is how long HandOver waits for the disk.
const handPatience = time.Second

// HandOver implements backend.Heir: everything played is then in the file, whose header says so. audio.ErrUnsupported:
// what it writes to is no open file. audio.ErrBusy: the disk does not answer in time.
func (r *Recorder) HandOver() (backend.Handed, error) {
	conn, ok := r.w.(syscall.Conn)
	if !ok {
		return backend.Handed{}, audio.ErrUnsupported.With("only an output that is a file can be handed to another program")
	}
	answer := make(chan kept, 1)
	timeout := time.NewTimer(handPatience)
	defer timeout.Stop()
	for asked, got := r.asked, (chan kept)(nil); ; {
		select {
		case asked <- answer:
			asked, got = nil, answer
		case k := <-got:
			return k.handed(conn)
		case <-r.done:
			return backend.Handed{}, audio.ErrClosed
		case <-timeout.C:
			return backend.Handed{}, audio.ErrBusy.With("the output file takes its frames too slowly; try again in a moment")
		}
	}
}

func (k kept) handed(conn syscall.Conn) (h backend.Handed, err error) {
	raw, err := conn.SyscallConn()
	if err == nil {
		err = errors.Join(raw.Control(func(fd uintptr) {
			h, err = backend.NewHanded(recorderKind, k, int(fd))
		}), err)
	}
	if err != nil {
		return backend.Handed{}, audio.ErrUnsupported.With("the output cannot be handed to another program: %v", err)
	}
	return h, nil
}

// ResumeRecorder returns the Recorder of frames of format f that h describes. It goes on with the same file, behind the
// last frame: see backend.Heir. audio.ErrInvalid: the descriptor is not one of that file, or the file has become
// shorter.
func ResumeRecorder(h backend.Handed, f audio.Format) (*Recorder, error) {
	var k kept
	if err := h.Decode(recorderKind, &k, 1, 0); err != nil {
		return nil, err
	}
	fd := h.Files[0]
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	switch {
	case err != nil:
		return nil, h.Damaged("descriptor %d is not open", fd)
	case flags&unix.O_ACCMODE == unix.O_RDONLY:
		return nil, h.Damaged("descriptor %d cannot be written to", fd)
	}
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) // so that after an error fd is as it was
	if err != nil {
		return nil, audio.ErrIO.With("the output cannot be taken over: %v; is the limit of open files reached?", err)
	}
	file := os.NewFile(uintptr(own), "output")
	w, err := wav.ResumeWriter(file, f, k.File)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	_ = unix.Close(fd)
	r := recorderOf(file, w)
	r.dropped.Store(k.Dropped)
	r.slow = k.Slow
	if k.File.Failed != "" {
		r.err = w.Sync()
		r.failed.Store(true)
	}
	go r.run()
	return r, nil
}
