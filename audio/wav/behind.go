package wav

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/loopbridge/loopbridge/audio"
)

// behind describes what follows the promised sound of a WAV file: nothing, chunks, or more sound,
// because the program that wrote the header was killed or its 32-bit sizes wrapped.
//
//	promised sound │ pad, if its length is odd │ chunk │ chunk …   skipped
//	promised sound │ anything else …                               more sound
type behind struct {
	at, data int64 // where the sound begins, and its length, in bytes
	size     int64 // of the file; −1: unknown
	riff     int64 // of the file, by its header; 0: unknown
	order    binary.ByteOrder
	also     int64 // the other length that an RF64 header gives the sound
	hasAlso  bool
	over     bool // the length is no longer known
}

// lie is a false statement of a header.
type lie struct {
	format string
	args   []any
}

func (l lie) String() string { return fmt.Sprintf(l.format, l.args...) }

func (w *Reader) lie(format string, args ...any) {
	w.lies = append(w.lies, lie{format, args})
}

// tellLength reports the true length at the end of sound that went on.
func (w *Reader) tellLength() {
	if w.behind.over && w.done > w.promised {
		w.lie("its header promises %d frames, and there are %d", w.promised, w.done)
		w.behind.over = false
	}
}

// goOn examines what follows the promised sound. It returns nil if that is more sound.
func (w *Reader) goOn() error {
	b := &w.behind
	frame := int64(w.f.FrameBytes())
	part := int(b.data % frame) // of a frame that continues in the extra sound
	look := make([]byte, part+1+wavChunkHead)
	n, err := io.ReadFull(readFunc(w.read), look)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return audio.ErrIO.With("reading the WAV file failed after %d frames: %v", w.done, err)
	}
	look = look[:n]
	if n <= part {
		return io.EOF
	}
	tail := look[part:]
	at := b.at + b.data // offset of tail
	pad := int(b.data & 1)
	switch {
	case len(tail) == pad:
		return io.EOF
	case b.chunkAt(tail[pad:], at+int64(pad)):
		w.carry = tail[pad:]
		return w.passChunks(at + int64(pad))
	case pad == 1 && b.chunkAt(tail, at):
		w.lie("its sound lacks its pad byte")
		w.carry = tail
		return w.passChunks(at)
	case len(tail) > 3 && string(tail[:3]) == "TAG":
		more := make([]byte, wavID3Bytes+1-len(tail))
		n, err := io.ReadFull(readFunc(w.read), more)
		if err == io.ErrUnexpectedEOF && n == len(more)-1 {
			return io.EOF // ID3v1, which is not a chunk
		}
		look = append(look, more[:n]...) // an error will come again
	}
	w.carry = look
	if b.hasAlso && b.also > b.data {
		w.total, b.data, b.hasAlso = b.also/frame, b.also, false
		w.lie("its header promises %d frames, and its ds64 chunk %d", w.promised, w.total)
		if w.done < w.total {
			return nil
		}
	}
	w.known, w.total, b.over = false, 0, true
	return nil
}

// chunkAt reports whether p, at that offset of the file, starts a chunk.
func (b *behind) chunkAt(p []byte, at int64) bool {
	if len(p) < wavChunkHead || !wavPrintable(p[:4]) {
		return false
	}
	if wavMagic(string(p[:4])) {
		return true // passChunks reports it
	}
	end := at + wavChunkHead + int64(b.order.Uint32(p[4:]))
	switch {
	case b.size >= 0 && end > b.size:
		return false
	case wavKnownChunk(string(p[:4])):
		return true
	}
	return end <= b.riff || b.size >= 0 && end+end&1 >= b.size
}

// passChunks skips chunks, the first at that offset, until the end of the file.
func (w *Reader) passChunks(at int64) error {
	b := &w.behind
	head := make([]byte, wavChunkHead)
	for {
		n, err := io.ReadFull(readFunc(w.read), head)
		switch {
		case err == io.EOF:
			return io.EOF
		case err != nil && err != io.ErrUnexpectedEOF:
			return audio.ErrIO.With("reading the chunks behind the sound of the WAV file failed: %v", err)
		case n == wavChunkHead && wavMagic(string(head[:4])):
			return audio.ErrInvalid.With("another WAV file follows the first, "+
				"%d bytes from its beginning, and is not played; give one at a time", at)
		case err == nil && wavPrintable(head[:4]):
		case wavZero(head[:n]): // padding
			rest, failed := io.Copy(io.Discard, zeroes{readFunc(w.read)})
			if failed == nil {
				return io.EOF
			}
			at += rest
			fallthrough
		default:
			return audio.ErrInvalid.With("the WAV file is damaged: "+
				"%d bytes from its beginning, behind its sound, there is neither a chunk nor its end", at)
		}
		size := int64(b.order.Uint32(head[4:]))
		size += size & 1
		m, err := io.CopyN(io.Discard, readFunc(w.read), size)
		if err != nil && err != io.EOF {
			return audio.ErrIO.With("reading the chunks behind the sound of the WAV file failed: %v", err)
		}
		if at += wavChunkHead + m; m < size {
			return io.EOF // the file ends within a chunk that is not sound
		}
	}
}

// readFunc adapts a function to io.Reader.
type readFunc func(p []byte) (int, error)

// Read implements io.Reader.
func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// zeroes reads while there are only zeros; after that its error is not io.EOF.
type zeroes struct{ r io.Reader }

// Read implements io.Reader.
func (z zeroes) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if !wavZero(p[:n]) {
		return 0, audio.ErrInvalid
	}
	return n, err
}
