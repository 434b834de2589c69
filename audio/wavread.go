package audio

import "io"

// WAVReader reads the frames of one WAV file or stream. It belongs to one
// goroutine at a time.
type WAVReader struct {
	r     io.Reader
	f     Format
	total int64 // frames that the header promises, if known
	known bool
	done  int64 // frames delivered
	err   error // final
}

// NewWAVReader reads r up to the first frame and no byte further, so r may be a
// pipe; it may block as r does. It reads PCM (8, 16, 24, 32 bits), float (32, 64
// bits), A-law and mu-law, plain or extensible, as RIFF, RIFX, RF64 or BW64.
//
// ErrInvalid says in a sentence what is wrong with the header, ErrIO wraps a
// failure of r. Sizes in the header are believed only as an upper bound: they
// allocate nothing.
func NewWAVReader(r io.Reader) (*WAVReader, error) {
	s := wavScanner{r: r}
	if err := s.scan(); err != nil {
		return nil, err
	}
	size, known := s.dataSize()
	return &WAVReader{r: r, f: s.f, total: size / int64(s.f.FrameBytes()), known: known}, nil
}

// Format is the format of the frames, as they are stored; it always validates.
func (w *WAVReader) Format() Format { return w.f }

// Frames is how many frames the header promises. It is unknown for a stream that a
// program wrote to a pipe, and for sizes that such programs use as placeholders (0
// without further chunks, close to 2 GiB, close to 4 GiB); then the sound lasts
// until r ends.
func (w *WAVReader) Frames() (total int64, known bool) { return w.total, w.known }

// ReadFrames reads whole frames into p, at least one and as many as there are now;
// like an io.Reader it may return fewer than fit. p is the caller's and must hold a
// frame (ErrInvalid otherwise); the part of p after its last whole frame is not
// touched. It may block as r does, and does not allocate.
//
// At the end of the sound it returns 0 and io.EOF; chunks after it are not read. A
// file that is shorter than its header promises ends with an ErrInvalid that wraps
// io.ErrUnexpectedEOF, after every whole frame was delivered; a part of a frame is
// dropped. ErrIO wraps a failure of r. Every error but that of a small p is final.
func (w *WAVReader) ReadFrames(p []byte) (frames int, err error) {
	size := w.f.FrameBytes()
	if len(p) < size {
		return 0, ErrInvalid.With("a buffer of %d bytes cannot hold a frame of %d bytes", len(p), size)
	}
	if w.err == nil && w.known && w.done == w.total {
		w.err = io.EOF
	}
	if w.err != nil {
		return 0, w.err
	}
	p = p[:len(p)-len(p)%size]
	if w.known && int64(len(p)/size) > w.total-w.done {
		p = p[:int(w.total-w.done)*size]
	}
	for n := 0; n == 0 || n%size != 0; {
		end := len(p)
		if n > 0 { // complete a frame, wait for no other
			end = n - n%size + size
		}
		m, err := w.r.Read(p[n:end])
		n += m
		frames = n / size
		if err != nil {
			w.done += int64(frames)
			w.err = w.ended(err)
			if frames > 0 {
				return frames, nil
			}
			return 0, w.err
		}
	}
	w.done += int64(frames)
	return frames, nil
}

func (w *WAVReader) ended(err error) error {
	switch {
	case err != io.EOF:
		return ErrIO.With("reading the WAV file failed after %d frames: %v", w.done, err)
	case !w.known || w.done == w.total:
		return io.EOF
	}
	return ErrInvalid.With("the WAV file is cut off: its header promises %d frames, it has %d (%v)",
		w.total, w.done, io.ErrUnexpectedEOF)
}
