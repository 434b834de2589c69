package statefile

import (
	"encoding/json"

	"github.com/loopbridge/loopbridge/alarm"
)

// Alarms makes the file keep the state of the alarms of a board from now on.
func (s *File) Alarms(board *alarm.Board) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.alarms = board
}

// SavedAlarms returns the saved state of alarms by name. A damaged one is left out.
func (s *File) SavedAlarms() map[string]alarm.Saved {
	s.writing.Lock()
	defer s.writing.Unlock()
	all := map[string]alarm.Saved{}
	for name, text := range s.state.Alarms {
		var saved alarm.Saved
		if err := json.Unmarshal(text, &saved); err != nil {
			s.log.Warn().Err(err).Str("file", s.path).Str("alarm", name).Msg("its state is not restored")
			continue
		}
		saved.Waiting, saved.Running = nil, nil
		all[name] = saved
	}
	return all
}

// keepAlarms copies the state of the alarms, without what is under way: that has long ended when the file is read. It
// needs writing.
func (s *File) keepAlarms() {
	if s.alarms == nil {
		return
	}
	s.state.Alarms = nil // one that is no more is not kept
	for name, saved := range s.alarms.Saved() {
		saved.Waiting, saved.Running = nil, nil
		keepText(&s.state.Alarms, name, saved)
	}
}
