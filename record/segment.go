package record

import (
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/wav"
)

// segment is a file that is being written. One goroutine uses it.
type segment interface {
	// Write appends whole frames. After an error the segment is over, and Frames says how many frames it has.
	Write(frames []byte) error
	// Frames returns how many frames the file has, in writes that have succeeded.
	Frames() int64
	// Sync brings them to the disk.
	Sync() error
	// Close writes what is held back and the marks, and brings all of it to the disk. The file stays open.
	Close(marks []Mark) error
}

// Mark is a place in a segment with a text.
type Mark struct {
	Frame int64  `json:"frame"` // from the first one of the segment
	Text  string `json:"text"`
}

// heading is what the header of a segment says.
type heading struct {
	recorder string
	of       string
	began    time.Time // the time of day at the first frame
	frame    uint64    // that frame's place in its day
	missing  uint64    // frames before it; 0: it follows the segment before, or there is none
	number   uint64
}

// program is what files name as their originator.
const program = "loopbridge"

// encodingFor returns the encoding to read for a format of files.
func encodingFor(f Format, e audio.Encoding) audio.Encoding {
	if f == WAV {
		return wav.Instead(e)
	}
	switch e {
	case audio.U8, audio.S8, audio.S16LE, audio.S16BE, audio.MuLaw, audio.ALaw:
		return audio.S16LE
	}
	return audio.S24LE3
}

// newSegment writes the header of a segment.
func newSegment(w File, kind Format, f audio.Format, h *heading) (segment, error) {
	if kind == FLAC {
		return newFLAC(w, f, h)
	}
	return newWAV(w, f, h)
}

// wavSegment is a segment of the format WAV. Its header promises what has been brought to the disk, so it is right also
// without power; what lies behind it after a kill is sound, too, and is added when the recorder starts again.
type wavSegment struct {
	*wav.Writer
	file File
}

func newWAV(w File, f audio.Format, h *heading) (segment, error) {
	writer, err := wav.NewWriterWith(w, f, wav.Options{
		Broadcast: &wav.Broadcast{
			Description: h.recorder + ": " + h.of, Originator: program, Origination: h.began, TimeReference: h.frame,
			History: wav.CodingHistory(f, h.remark()),
		},
		Before: w.Sync, Every: int(f.Frames(syncEvery + syncEvery/2)), // Sync comes first
	})
	if err != nil {
		return nil, err
	}
	return &wavSegment{writer, w}, nil
}

func (s *wavSegment) Write(frames []byte) error { return s.WriteFrames(frames) }

// Sync implements segment.
func (s *wavSegment) Sync() error {
	if err := s.Writer.Sync(); err != nil { // first the sound
		return err
	}
	return s.file.Sync()
}

// Close implements segment.
func (s *wavSegment) Close(marks []Mark) error {
	cues := make([]wav.Cue, len(marks))
	for i, m := range marks {
		cues[i] = wav.Cue{Frame: m.Frame, Text: m.Text}
	}
	if err := s.CloseWith(cues); err != nil {
		return err
	}
	return s.file.Sync()
}
