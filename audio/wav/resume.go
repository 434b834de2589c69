package wav

import (
	"encoding/binary"
	"io"

	"github.com/loopbridge/loopbridge/audio"
)

// Written is how far a Writer is: plain values, with which the Writer of another process goes on.
type Written struct {
	Base   int64  `json:"base"`             // offset of the header in the file
	Frames int64  `json:"frames"`           // after the header
	Pipe   bool   `json:"pipe,omitempty"`   // the target cannot seek
	Failed string `json:"failed,omitempty"` // what ended the recording
}

// Written returns how far w is. Call Sync before.
func (w *Writer) Written() Written {
	at := Written{Frames: w.frames, Pipe: w.disk == nil}
	if w.disk != nil {
		at.Base = w.disk.base
	}
	if w.err != nil {
		at.Failed = w.err.Error()
	}
	return at
}

// ResumeWriter returns a Writer that goes on behind the last frame of a file or stream that a Writer of the same format
// has written to. A file is set to that position, and what follows it is overwritten. ErrInvalid: it is no place in w.
// ErrIO wraps a failure of w.
func ResumeWriter(w io.Writer, f audio.Format, at Written) (*Writer, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if wavTag(f.Encoding) == 0 {
		return nil, audio.ErrInvalid.With("a WAV file cannot hold %s; use %s", f.Encoding, wavInstead(f.Encoding))
	}
	wav := &Writer{w: w, f: f, disk: newWAVDisk(w), limit: wavMaxRIFF, frames: at.Frames, patched: at.Frames, every: int64(f.Rate)}
	if at.Failed != "" {
		wav.err = audio.ErrIO.With("%s", at.Failed)
	}
	most := (1<<62 - at.Base) / int64(f.FrameBytes())
	switch {
	case at.Base < 0 || at.Frames < 0 || at.Frames > most:
		return nil, audio.ErrInvalid.With("a WAV file cannot go on with frame %d after byte %d", at.Frames, at.Base)
	case at.Pipe != (wav.disk == nil):
		return nil, audio.ErrInvalid.With("a WAV file cannot go on in a pipe, and a pipe not in a file")
	}
	wav.head = int64(len(wav.header(0, 0)))
	if at.Pipe {
		return wav, nil
	}
	wav.disk.base = at.Base
	end := at.Base + wav.end()
	size, err := wav.disk.s.Seek(0, io.SeekEnd)
	switch {
	case err == nil && size < end:
		return nil, audio.ErrInvalid.With("the WAV file has become shorter: it has %d bytes, and %d frames end at %d",
			size, at.Frames, end)
	case err == nil:
		_, err = wav.disk.s.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, audio.ErrIO.With("the WAV file cannot go on: %v", err)
	}
	return wav, nil
}

// Repair ends a WAV file whose Writer was killed: its header gets the whole frames that the file has, and a part of one
// is cut off. all: the frames behind those that the header promises count, too. It returns how many frames there are.
// ErrInvalid: the header cannot be understood, and the file stays as it is. ErrIO wraps a failure of f.
func Repair(f interface {
	io.ReadWriteSeeker
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
}, all bool) (frames int64, err error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return 0, unrepaired(err)
	}
	s := wavScanner{r: f, size: size}
	if err := s.scan(); err != nil {
		return 0, err
	}
	frame := int64(s.f.FrameBytes())
	head := s.pos
	frames = (size - head) / frame
	if promised := int64(min(s.data, 1<<62)) / frame; promised < frames && (!all || cuesAt(f, head+promised*frame, size)) {
		frames = promised
	}
	return frames, repairHeader(f, frame, head, frames)
}

// repairHeader sets the sizes in a header that ends before byte head.
func repairHeader(f interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
}, frame, head, frames int64) error {
	data := frames * frame
	end, pad := head+data, data&1
	look := make([]byte, head)
	if _, err := f.ReadAt(look, 0); err != nil {
		return unrepaired(err)
	}
	if err := f.Truncate(end); err != nil {
		return unrepaired(err)
	}
	if pad == 1 {
		if _, err := f.WriteAt([]byte{0}, end); err != nil {
			return unrepaired(err)
		}
	}
	le, riff := binary.LittleEndian, uint64(end+pad-8)
	switch ds64 := string(look[12:16]) == "ds64"; {
	case riff <= wavMaxRIFF && !ds64:
		le.PutUint32(look[4:], uint32(riff))
		le.PutUint32(look[head-4:], uint32(data))
	case !ds64 && string(look[12:16]) != "JUNK":
		return audio.ErrInvalid.With("the WAV file is too long for its header")
	default:
		copy(look, "RF64\xff\xff\xff\xff")
		copy(look[12:], "ds64")
		copy(look[head-4:], "\xff\xff\xff\xff")
		le.PutUint64(look[20:], riff)
		le.PutUint64(look[28:], uint64(data))
		le.PutUint64(look[36:], uint64(frames))
	}
	if fact := look[head-20:]; string(fact[:4]) == "fact" {
		le.PutUint32(fact[8:], uint32(min(frames, wavMax32)))
	}
	if _, err := f.WriteAt(look, 0); err != nil {
		return unrepaired(err)
	}
	return nil
}

func unrepaired(err error) error { return audio.ErrIO.With("the WAV file cannot be repaired: %v", err) }

// cuesAt reports whether the sound that ends at a byte is followed by what CloseWith writes behind it.
func cuesAt(f io.ReaderAt, at, size int64) bool {
	var b [8]byte
	at += at & 1
	if _, err := f.ReadAt(b[:], at); err != nil {
		return false
	}
	return string(b[:4]) == "cue " && int64(binary.LittleEndian.Uint32(b[4:])) <= size-at-8
}
