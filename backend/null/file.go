package null

import (
	"io"
	"slices"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// MaxFileBytes is how much memory the frames of a file may take.
const MaxFileBytes = 256 << 20

// ReadWAV reads a whole WAV file into memory and gives it as a Source that repeats
// it without a gap: frame i is frame i modulo its length. Encoding and channels are
// converted here, once, to those of f; equal ones are carried bit for bit (floats
// that are not numbers become 0). audio.ErrInvalid says what CheckWAV says, or that
// there are no frames, too many, or fewer than the header promises.
func ReadWAV(r io.Reader, f audio.Format) (Source, error) {
	return readWAV(r, f, MaxFileBytes)
}

// CheckWAV reads the header of a WAV file only, and says why ReadWAV will refuse it
// for a device of format f: no WAV file, another rate, or longer than MaxFileBytes.
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
		return nil, audio.ErrInvalid.With("the file has %d Hz and the device %d Hz; convert the file, or give the device its rate", rate, f.Rate)
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
	const frames = 4096 // at once
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

// file is whole frames, repeated.
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
