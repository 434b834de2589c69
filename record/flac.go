package record

import (
	"fmt"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/audio/flac"
)

// flacSegment is a segment of the format FLAC. Each write brings whole blocks; up to 4096 frames are held back, and stay
// in the queue until their block is written.
type flacSegment struct {
	*flac.Writer
	file File
}

func newFLAC(w File, f audio.Format, h *heading) (segment, error) {
	all := []string{"TITLE=" + h.recorder, "SOURCE=" + h.of, "ENCODER=" + program, "DATE=" + h.began.Format(time.RFC3339Nano),
		fmt.Sprintf("TRACKNUMBER=%d", h.number), fmt.Sprintf("TIMEREFERENCE=%d", h.frame)}
	if h.missing > 0 {
		all = append(all, fmt.Sprintf("MISSINGBEFORE=%d", h.missing))
	}
	writer, err := flac.NewWriter(w, f, all)
	if err != nil {
		return nil, err
	}
	return &flacSegment{writer, w}, nil
}

func (s *flacSegment) Write(frames []byte) error { return s.WriteFrames(frames) }

// Sync implements segment.
func (s *flacSegment) Sync() error { return s.file.Sync() }

// Close implements segment. Marks are chapters, as players of Ogg files know them.
func (s *flacSegment) Close(marks []Mark) error {
	var all []string
	f := s.Format()
	for i, m := range marks {
		at := f.Duration(m.Frame)
		all = append(all, fmt.Sprintf("CHAPTER%03d=%02d:%02d:%06.3f", i+1, int(at.Hours()), int(at.Minutes())%60, (at%time.Minute).Seconds()),
			fmt.Sprintf("CHAPTER%03dNAME=%s", i+1, m.Text), fmt.Sprintf("CHAPTER%03dFRAME=%d", i+1, m.Frame))
	}
	if err := s.Writer.Close(all...); err != nil {
		return err
	}
	return s.file.Sync()
}
