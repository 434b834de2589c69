package flac

import (
	"crypto/md5"
	"hash"
	"io"

	"github.com/loopbridge/loopbridge/audio"
)

// Limits of a Writer.
const (
	MaxChannels = 8
	MaxRate     = 1<<20 - 1 // Hz
)

// room is how many bytes are left for comments that come at the end.
const room = 8 << 10

// File is what a Writer writes: a new file, from its beginning.
type File interface {
	io.Writer
	io.WriterAt
	// Truncate cuts the file.
	Truncate(size int64) error
}

// Writer writes a FLAC file. It serves one goroutine at a time, and never closes its file.
//
// The file grows by whole blocks of 4096 frames, each of which can be decoded without the others, in one write for each
// call. Until Close its header leaves open how many there are, which every reader must accept. After a kill the last
// block may be cut in the middle: readers stop there, and Repair takes it away.
type Writer struct {
	w        File
	f        audio.Format
	e        *encoder
	sum      hash.Hash
	comments []string
	size     int   // of the bodies of comments and padding
	end      int64 // of the file

	held   []byte // frames of a block that is not full
	frames int64  // in the file
	given  int64
	known  known
	blocks []block // in e.out
	err    error
	closed bool
}

// block is where a block ends that is about to be written.
type block struct {
	end    int
	frames int
}

// NewWriter writes the header of a file with comments such as "TITLE=mic". ErrInvalid: FLAC cannot have the format: use
// S16LE or S24LE3, at most MaxChannels and MaxRate. ErrIO wraps a failure of w.
func NewWriter(w File, f audio.Format, all []string) (*Writer, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	switch {
	case f.Encoding != audio.S16LE && f.Encoding != audio.S24LE3:
		return nil, audio.ErrInvalid.With("a FLAC file is written from %s or %s, not %s", audio.S16LE, audio.S24LE3, f.Encoding)
	case f.Channels > MaxChannels:
		return nil, audio.ErrInvalid.With("a FLAC file has at most %d channels, not %d", MaxChannels, f.Channels)
	}
	x := &Writer{w: w, f: f, e: newEncoder(f.Channels, f.Encoding.Bits(), f.Rate), sum: md5.New(), comments: all,
		held: make([]byte, 0, blockFrames*f.FrameBytes())}
	head := appendBlock([]byte(magic), streamInfo, appendInfo(nil, f, &x.known))
	head, x.size = appendComments(head, all, room, -1)
	n, err := w.Write(head)
	if err == nil && n < len(head) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return nil, audio.ErrIO.With("writing the FLAC header failed: %v", err)
	}
	x.end = int64(n)
	return x, nil
}

// Format returns the format of the frames that WriteFrames takes.
func (x *Writer) Format() audio.Format { return x.f }

// Frames returns how many frames are in the file. Those of a block that is not full are not.
func (x *Writer) Frames() int64 { return x.frames }

// Bytes returns how long the file is.
func (x *Writer) Bytes() int64 { return x.end }

// WriteFrames writes whole frames (else ErrInvalid), and does not keep p. It may block as the file does; once buffers have
// grown, it does not allocate. After a failure the file has the first Frames frames, and this and every later call returns
// the same ErrIO. After Close it returns ErrClosed.
func (x *Writer) WriteFrames(p []byte) error {
	size := x.f.FrameBytes()
	switch {
	case x.closed:
		return audio.ErrClosed
	case x.err != nil:
		return x.err
	case len(p)%size != 0:
		return audio.ErrInvalid.With("%d bytes are not whole frames of %d bytes", len(p), size)
	}
	x.sum.Write(p)
	x.given += int64(len(p) / size)
	for len(p) > 0 {
		if whole := blockFrames * size; len(x.held) == 0 && len(p) >= whole {
			x.encode(p[:whole])
			p = p[whole:]
			continue
		}
		n := min(len(p), cap(x.held)-len(x.held))
		x.held = append(x.held, p[:n]...)
		if p = p[n:]; len(x.held) == cap(x.held) {
			x.encode(x.held)
			x.held = x.held[:0]
		}
	}
	return x.flush()
}

func (x *Writer) encode(p []byte) {
	from := len(x.e.out.b)
	x.e.encode(p)
	size := len(x.e.out.b) - from
	x.known.largest = max(x.known.largest, size)
	if x.known.smallest == 0 || size < x.known.smallest {
		x.known.smallest = size
	}
	x.blocks = append(x.blocks, block{len(x.e.out.b), len(p) / x.f.FrameBytes()})
}

// flush writes the blocks that are ready.
func (x *Writer) flush() error {
	if len(x.e.out.b) == 0 {
		return nil
	}
	n, err := x.w.Write(x.e.out.b)
	if err == nil && n < len(x.e.out.b) {
		err = io.ErrShortWrite
	}
	whole := 0
	for _, b := range x.blocks {
		if b.end <= n {
			whole = b.end
			x.frames += int64(b.frames)
		}
	}
	x.end += int64(whole)
	x.e.out.b, x.blocks = x.e.out.b[:0], x.blocks[:0]
	if err == nil {
		return nil
	}
	x.err = audio.ErrIO.With("writing the FLAC file failed after %d frames: %v", x.frames, err)
	_ = x.w.Truncate(x.end) // if it cannot, readers stop there
	x.known = known{total: uint64(x.frames)}
	_ = x.info()
	return x.err
}

// info writes STREAMINFO anew, and nothing else.
func (x *Writer) info() error {
	_, err := x.w.WriteAt(appendInfo(nil, x.f, &x.known), int64(infoAt))
	return err
}

// Close writes what is left, and lets the header say how many frames there are, with their check sum and more comments,
// as far as there is room. It returns the error that ended the file early, and nil when called again. The file stays open.
func (x *Writer) Close(more ...string) error {
	if x.closed || x.err != nil {
		x.closed = true
		return x.err
	}
	if len(x.held) > 0 {
		x.encode(x.held)
		x.held = x.held[:0]
		if err := x.flush(); err != nil {
			return err
		}
	}
	x.closed = true
	x.known.total = uint64(x.frames)
	x.sum.Sum(x.known.md5[:0])
	err := x.info()
	if err == nil && len(more) > 0 {
		var b []byte
		b, _ = appendComments(nil, append(x.comments[:len(x.comments):len(x.comments)], more...), room, x.size)
		_, err = x.w.WriteAt(b, int64(infoAt+infoBytes))
	}
	if err != nil {
		x.err = audio.ErrIO.With("writing the FLAC header failed: %v", err)
	}
	return x.err
}
