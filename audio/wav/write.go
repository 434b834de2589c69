package wav

import (
	"io"

	"github.com/loopbridge/loopbridge/audio"
)

// Writer records frames as a WAV file or stream. It belongs to one goroutine at
// a time and never closes what it writes to.
//
// On a seekable target the header is right whenever recording ends, be it by a kill
// or a full disk: it is written first, for no frames, and its sizes follow once per
// second of audio, in [Writer.Sync] and in [Writer.Close]. A reader of a file
// without Close sees all frames but the last second's, at most; the rest of the
// bytes lies behind the sound, where readers stop. Beyond 4 GiB the file becomes
// RF64 in place.
//
// On a pipe the sizes are 0xFFFFFFFF: the sound lasts until the stream ends.
type Writer struct {
	w     io.Writer
	f     audio.Format
	disk  *wavDisk // nil: a pipe
	limit uint64   // RIFF size in bytes beyond which the file is RF64

	frames  int64 // on disk
	patched int64 // in the header
	err     error // ended the recording
	closed  bool
	head    int64     // length of the header in bytes
	hdr     [128]byte // room for the longest, 116 bytes
	zero    [1]byte   // the pad
}

// NewWriter writes the header for format f to w, starting at its present
// position, and may block as w does. The positions of f go into the header where they are
// in the order of a file (FilePositions), else the usual ones. A w that is an io.WriteSeeker and can really
// seek, and was not opened for appending, is a file; any other is a pipe.
//
// An encoding that WAV does not have is ErrInvalid, which names the encoding to use
// instead; so is an f that does not validate. ErrIO wraps a failure of w.
func NewWriter(w io.Writer, f audio.Format) (*Writer, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if wavTag(f.Encoding) == 0 {
		return nil, audio.ErrInvalid.With("a WAV file cannot hold %s; use %s", f.Encoding, wavInstead(f.Encoding))
	}
	wav := &Writer{w: w, f: f, disk: newWAVDisk(w), limit: wavMaxRIFF}
	h := wav.header(0, 0)
	wav.head = int64(len(h))
	if n, err := w.Write(h); err != nil || n < len(h) {
		return nil, audio.ErrIO.With("writing the WAV header failed: %v", wavShort(err))
	}
	return wav, nil
}

// Format is the format of the frames that WriteFrames takes.
func (w *Writer) Format() audio.Format { return w.f }

// Frames is how many whole frames were written to the target so far.
func (w *Writer) Frames() int64 { return w.frames }

// WriteFrames writes p, whole frames of the writer's format (ErrInvalid otherwise,
// and nothing is written). p stays the caller's. It may block as the target does,
// and does not allocate.
//
// A failure of the target, such as a full disk, ends the recording: the header is
// set to the whole frames that were written, the rest of a frame is cut off if the
// target has Truncate(size int64) error, and this and every later call return the
// same ErrIO that wraps the cause. After Close it is ErrClosed.
func (w *Writer) WriteFrames(p []byte) error {
	size := w.f.FrameBytes()
	switch {
	case w.closed:
		return audio.ErrClosed
	case w.err != nil:
		return w.err
	case len(p)%size != 0:
		return audio.ErrInvalid.With("%d bytes are not whole frames of %d bytes", len(p), size)
	}
	for len(p) > 0 {
		n := len(p)
		if w.disk != nil { // never more than a second beyond the header
			n = min(n, int(int64(w.f.Rate)-(w.frames-w.patched))*size)
		}
		m, err := w.w.Write(p[:n])
		w.frames += int64(m / size)
		if err != nil || m < n {
			return w.fail(wavShort(err), m%size)
		}
		p = p[n:]
		if w.disk != nil && w.frames-w.patched >= int64(w.f.Rate) {
			if err := w.patch(); err != nil {
				return w.fail(err, 0)
			}
		}
	}
	return nil
}

// Sync sets the header to the frames written so far. It may block, and does not
// flush the operating system's caches: against a power cut, sync the file as well.
// On a pipe it does nothing. It returns the error that ended the recording, if any;
// its own failure (ErrIO) does so too. After Close it is ErrClosed.
func (w *Writer) Sync() error {
	switch {
	case w.closed:
		return audio.ErrClosed
	case w.err != nil || w.disk == nil || w.frames == w.patched:
		return w.err
	}
	if err := w.patch(); err != nil {
		return w.fail(err, 0)
	}
	return nil
}

// Close ends the recording: as Sync, then no more frames are taken. It returns the
// error that ended the recording early, if any, and nil when called again. The
// target stays open. Bytes that were in the file before, beyond the sound, remain.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	err := w.Sync()
	w.closed = true
	return err
}

// fail ends the recording after cause, with the first part bytes of a frame behind
// the last whole one.
func (w *Writer) fail(cause error, part int) error {
	w.err = audio.ErrIO.With("writing the WAV file failed after %d frames: %v", w.frames, cause)
	if w.disk != nil {
		if part > 0 {
			w.disk.truncate(w.end())
		}
		w.patch() // the cause says more than a second failure
	}
	return w.err
}

// wavShort is the cause of a write that was not complete.
func wavShort(err error) error {
	if err == nil {
		return io.ErrShortWrite
	}
	return err
}
