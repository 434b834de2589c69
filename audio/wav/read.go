package wav

import (
	"io"

	"github.com/loopbridge/loopbridge/audio"
)

// Reader reads the frames of one WAV file or stream. It serves one goroutine at a time.
type Reader struct {
	r     io.Reader
	f     audio.Format // without positions
	stand audio.Positions
	total int64 // frames of sound as far as known; valid if known is set
	known bool
	done  int64 // frames delivered
	err   error // sticky

	promised int64  // frames by the header, which may be fewer than total
	lies     []lie  // of the header
	behind   behind // what follows the sound
	carry    []byte // read from r but not yet delivered
}

// NewReader reads r up to the first frame and may block as r does; r may be a pipe. It accepts
// PCM (8, 16, 24, 32 bits), float (32, 64 bits), A-law and µ-law, plain or extensible, as RIFF,
// RIFX, RF64 or BW64.
//
// ErrInvalid says what is wrong with the header; ErrIO wraps a failure of r. Sizes in the header
// are believed only as far as the data confirms them and allocate nothing.
func NewReader(r io.Reader) (*Reader, error) { return NewFileReader(r, -1) }

// NewFileReader is NewReader for a file of size bytes, or −1 if unknown. The size reveals the
// length of the sound early where the header is wrong.
func NewFileReader(r io.Reader, size int64) (*Reader, error) {
	s := wavScanner{r: r, size: size}
	if err := s.scan(); err != nil {
		return nil, err
	}
	data, known := s.dataSize()
	w := &Reader{r: r, f: s.f, stand: s.f.Positions, known: known, lies: s.lies}
	w.f.Positions = audio.Positions{}
	frame := int64(w.f.FrameBytes())
	w.promised = data / frame
	if known {
		data = s.truth(data)
	}
	w.total = data / frame
	w.behind = behind{at: s.pos, data: data, size: size, order: s.order}
	if known && !s.placeholder(s.riff) {
		w.behind.riff = int64(s.riff) + 8
	}
	w.behind.also, w.behind.hasAlso = s.other()
	if w.total > w.promised {
		w.lie("its header promises %d frames, and there are %d", w.promised, w.total)
	}
	return w, nil
}

// Format returns the format of the stored frames, without positions. It is always valid.
func (w *Reader) Format() audio.Format { return w.f }

// Positions returns the positions of the channels by the mask of the header, or else the usual
// ones. One or two channels have none, nor do unknown layouts.
func (w *Reader) Positions() audio.Positions { return w.stand }

// Frames returns the number of frames as far as the header and the file size tell; it grows if
// sound continues beyond the promised end. It is unknown for a stream written to a pipe and for
// the sizes that such programs use as placeholders (0 without further chunks, close to 2 GiB,
// close to 4 GiB); then the sound lasts until r ends.
func (w *Reader) Frames() (total int64, known bool) { return w.total, w.known }

// Lies returns a clause for each false statement of the header that did not stop the reader, such
// as "its header promises 96000 frames, and there are 192000". The end of the sound may add more.
// It allocates.
func (w *Reader) Lies() (clauses []string) {
	for _, l := range w.lies {
		clauses = append(clauses, l.String())
	}
	return clauses
}

// ReadFrames reads whole frames into p, at least one and as many as there are now; like an
// io.Reader it may return fewer than fit. p must hold at least one frame (else ErrInvalid); the
// part of p after its last whole frame is unchanged. It may block as r does and does not allocate.
//
// Behind the promised sound it reads on to the end of r: it skips chunks and delivers anything
// else as sound. Then it returns 0 and io.EOF.
//
// A file shorter than promised ends, after its last whole frame, with an ErrInvalid that wraps
// io.ErrUnexpectedEOF; a partial frame is dropped. Another WAV file behind the first, or data
// behind the chunks that is not a chunk, is ErrInvalid too. ErrIO wraps a failure of r. Every
// error except that of a small p is final.
func (w *Reader) ReadFrames(p []byte) (frames int, err error) {
	size := w.f.FrameBytes()
	if len(p) < size {
		return 0, audio.ErrInvalid.With("a buffer of %d bytes cannot hold a frame of %d bytes", len(p), size)
	}
	if w.err == nil && w.known && w.done == w.total {
		w.err = w.goOn()
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
		if n > 0 { // complete a frame, do not wait for more
			end = n - n%size + size
		}
		m, err := w.read(p[n:end])
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

// read serves carry first.
func (w *Reader) read(p []byte) (int, error) {
	if len(w.carry) == 0 {
		return w.r.Read(p)
	}
	n := copy(p, w.carry)
	w.carry = w.carry[n:]
	return n, nil
}

func (w *Reader) ended(err error) error {
	switch {
	case err != io.EOF:
		return audio.ErrIO.With("reading the WAV file failed after %d frames: %v", w.done, err)
	case !w.known || w.done == w.total:
		w.tellLength()
		return io.EOF
	}
	return audio.ErrInvalid.With("the WAV file is cut off: its header promises %d frames, it has %d (%v)",
		w.total, w.done, io.ErrUnexpectedEOF)
}
