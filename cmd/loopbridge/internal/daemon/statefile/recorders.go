package statefile

import (
	"encoding/json"

	"github.com/loopbridge/loopbridge/record"
)

// savedRecorder is the state of a recorder.
type savedRecorder struct {
	Stopped bool `json:"stopped"`
}

// Recorders makes the file keep the state of the recorders of a board from now on.
func (s *File) Recorders(board *record.Board) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.recorders = board
}

// RestoreRecorder gives a recorder that is about to be added the saved state of its name: what was stopped does not record
// by itself. A damaged value changes nothing.
func (s *File) RestoreRecorder(spec *record.Spec) {
	s.writing.Lock()
	defer s.writing.Unlock()
	text := s.state.Recorders[spec.Name]
	if text == nil {
		return
	}
	var saved savedRecorder
	if err := json.Unmarshal(text, &saved); err != nil {
		s.log.Warn().Err(err).Str("file", s.path).Str("recorder", spec.Name).Msg("its state is not restored")
		return
	}
	spec.Stopped = saved.Stopped
}

// keepRecorders copies the state of the recorders. It needs writing.
func (s *File) keepRecorders() {
	if s.recorders == nil {
		return
	}
	for _, r := range s.recorders.Recorders() {
		now := r.Status()
		keepText(&s.state.Recorders, now.Name, savedRecorder{now.State == record.Stopped})
	}
}
