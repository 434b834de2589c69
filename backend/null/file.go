package null

import (
	"io"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// MaxFileBytes is how much memory the frames of a file may take.
const MaxFileBytes = 256 << 20

// ReadWAV reads a whole WAV file into memory and returns a Source that repeats it without a gap:
// frame i is frame i modulo its length. It converts encoding and channels to those of f; equal ones
// stay bit for bit, except that NaN becomes 0. audio.ErrInvalid: CheckWAV fails, or the file has no
// frames, too many, or fewer than its header promises.
func ReadWAV(r io.Reader, f audio.Format) (Source, error) {
	return readWAV(r, f, MaxFileBytes)
}

// CheckWAV reads only the header of a WAV file, and returns why ReadWAV would refuse it for a
// device of format f: it is no WAV file, has another rate, or is longer than MaxFileBytes.
func CheckWAV(r io.Reader, f audio.Format) error {
	_, err := openWAV(r, f, MaxFileBytes)
	return err
}

func openWAV(r io.Reader, f audio.Format, limit int) (*wav.Reader, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	wav, err := wav.NewReader(r)
	if err != nil {
		return nil, err
	}
	if rate := wav.Format().Rate; rate != f.Rate {
		return nil, audio.ErrInvalid.With("the file has %d Hz and the device %d Hz; "+
			"convert the file, or give the device its rate", rate, f.Rate)
	}
	if frames, known := wav.Frames(); known && frames > int64(limit/f.FrameBytes()) {
		return nil, tooLong(f, limit)
	}
	return wav, nil
}

func tooLong(f audio.Format, limit int) error {
	frames := int64(limit / f.FrameBytes())
	return audio.ErrInvalid.With("the file is too long to be held in memory; use at most %d frames (%v, %d MiB)",
		frames, f.Duration(frames), limit>>20)
}

func readWAV(r io.Reader, f audio.Format, limit int) (Source, error) {
	wav, err := openWAV(r, f, limit)
	if err != nil {
		return nil, err
	}
	const frames = 4096 // at a time
	from := wav.Format()
	adapter := audio.NewAdapter(from, f, frames)
	block := make([]byte, frames*from.FrameBytes())
	var data []byte
	for {
		n, err := wav.ReadFrames(block)
		if n > 0 {
			if len(data)+n*f.FrameBytes() > limit {
				return nil, tooLong(f, limit)
			}
			end := len(data)
			data = slices.Grow(data, n*f.FrameBytes())[:end+n*f.FrameBytes()]
			adapter.Apply(data[end:], block[:n*from.FrameBytes()])
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(data) == 0 {
		return nil, audio.ErrInvalid.With("the file has no frames; use one that has sound")
	}
	return &file{data: data, frame: f.FrameBytes()}, nil
}

// file repeats whole frames.
type file struct {
	data  []byte
	frame int
}

func (s *file) Fill(block []byte, first uint64) {
	at := int(first%uint64(len(s.data)/s.frame)) * s.frame
	for len(block) > 0 {
		n := copy(block, s.data[at:])
		block, at = block[n:], 0
	}
}
