package wav

import (
	"io"

	"github.com/loopbridge/loopbridge/audio"
)

// Writer records frames as a WAV file or stream. It serves one goroutine at a time and never
// closes its target.
//
// On a seekable target the header is valid whenever recording ends, even by a kill or a full
// disk: it is written first, for no frames, and updated once per second of audio, in
// [Writer.Sync] and in [Writer.Close]. Without Close, a reader misses at most the last second;
// those bytes lie behind the sound, where readers stop. Beyond 4 GiB the file becomes RF64 in
// place.
//
// On a pipe the sizes are 0xFFFFFFFF: the sound lasts until the stream ends.
type Writer struct {
	w     io.Writer
	f     audio.Format
	disk  *wavDisk // nil: a pipe
	limit uint64   // RIFF size in bytes beyond which the file becomes RF64

	frames  int64 // on disk
	patched int64 // in the header
	err     error // what ended the recording
	closed  bool
	head    int64   // length of the header in bytes
	hdr     []byte  // room for it
	zero    [1]byte // the pad
	bext    *Broadcast
	every   int64        // frames between two updates of the header
	before  func() error // an update; nil: nothing
}

// NewWriter writes the header for format f to w at its current position, and may block as w does.
// The header has the positions of f if they are in the order of a file (FilePositions), else the
// usual ones. w is treated as a file if it is an io.WriteSeeker that can seek and was not opened
// for appending, else as a pipe.
//
// ErrInvalid means that f is invalid, or that WAV does not have its encoding; the sentence then
// names one to use instead. ErrIO wraps a failure of w.
func NewWriter(w io.Writer, f audio.Format) (*Writer, error) { return NewWriterWith(w, f, Options{}) }

// Options are the options of NewWriterWith.
type Options struct {
	// Broadcast makes it a Broadcast Wave file: it has a bext chunk, which must not change. nil: there is none.
	Broadcast *Broadcast
	// Every is how many frames a header may be behind the sound, at most; 0: a second.
	Every int
	// Before is called before the header promises frames, on the goroutine that writes. With one that brings what was
	// written to the disk, the header tells the truth also if power is lost. An error ends the recording. nil: nothing.
	Before func() error
}

// NewWriterWith is NewWriter with options.
func NewWriterWith(w io.Writer, f audio.Format, o Options) (*Writer, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if wavTag(f.Encoding) == 0 {
		return nil, audio.ErrInvalid.With("a WAV file cannot hold %s; use %s", f.Encoding, wavInstead(f.Encoding))
	}
	wav := &Writer{w: w, f: f, disk: newWAVDisk(w), limit: wavMaxRIFF, bext: o.Broadcast, every: int64(o.Every), before: o.Before}
	if wav.every <= 0 {
		wav.every = int64(f.Rate)
	}
	h := wav.header(0, 0)
	wav.head = int64(len(h))
	if n, err := w.Write(h); err != nil || n < len(h) {
		return nil, audio.ErrIO.With("writing the WAV header failed: %v", wavShort(err))
	}
	return wav, nil
}

// Format returns the format of the frames that WriteFrames accepts.
func (w *Writer) Format() audio.Format { return w.f }

// Frames returns how many whole frames have been written to the target.
func (w *Writer) Frames() int64 { return w.frames }

// WriteFrames writes p, which must be whole frames (else ErrInvalid, and nothing is written), and
// does not keep it. It may block as the target does and does not allocate.
//
// A failure of the target, such as a full disk, ends the recording: the header is set to the
// whole frames written, a partial frame is cut off if the target has Truncate(size int64) error,
// and this and every later call return the same ErrIO, which wraps the cause. After Close it
// returns ErrClosed.
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
		if w.disk != nil { // never more than that beyond the header
			n = min(n, int(w.every-(w.frames-w.patched))*size)
		}
		m, err := w.w.Write(p[:n])
		w.frames += int64(m / size)
		if err != nil || m < n {
			return w.fail(wavShort(err), m%size)
		}
		p = p[n:]
		if w.disk != nil && w.frames-w.patched >= w.every {
			if err := w.patch(); err != nil {
				return w.fail(err, 0)
			}
		}
	}
	return nil
}

// Sync updates the header to the frames written so far; on a pipe it does nothing. It may block.
// It does not flush the operating system's caches: against a power cut, sync the file as well. It
// returns the error that ended the recording, which includes its own failure (ErrIO). After Close
// it returns ErrClosed.
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

// Close calls Sync and ends the recording. It returns the error that ended the recording early, if
// any, and nil when called again. The target stays open. Bytes that the file had beyond the sound
// remain.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	err := w.Sync()
	w.closed = true
	return err
}

// fail ends the recording after cause, with part bytes of a frame behind the last whole one.
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

// wavShort returns the cause of an incomplete write.
func wavShort(err error) error {
	if err == nil {
		return io.ErrShortWrite
	}
	return err
}
