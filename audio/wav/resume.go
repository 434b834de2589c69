package wav

import (
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
	wav := &Writer{w: w, f: f, disk: newWAVDisk(w), limit: wavMaxRIFF, frames: at.Frames, patched: at.Frames}
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
