package statefile

import (
	"encoding/json"

	"github.com/loopbridge/loopbridge/loop/route"
	"github.com/loopbridge/loopbridge/mixer"
)

// savedRoute is the state of a route; what is nil was not saved.
type savedRoute struct {
	Gain    *int  `json:"gain"`
	Balance *int  `json:"balance"`
	Mute    *bool `json:"mute"`
	Pause   *bool `json:"pause"`
}

// Routes makes the file keep the state of the routes of a board from now on.
func (s *File) Routes(board *route.Board) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.board = board
}

// RestoreRoute gives a route that is about to be added the saved state of its name: what was muted is never
// heard. A damaged value changes nothing.
func (s *File) RestoreRoute(spec *route.Spec) {
	s.writing.Lock()
	defer s.writing.Unlock()
	var saved savedRoute
	if text := s.state.Routes[spec.Name]; text == nil {
		return
	} else if err := json.Unmarshal(text, &saved); err != nil { // what could be read is used
		s.log.Warn().Err(err).Str("file", s.path).Str("route", spec.Name).Msg("part of its state is not restored")
	}
	most := mixer.MaxGain
	if spec.Feedback {
		most--
	}
	if g := saved.Gain; g != nil && *g >= 0 && *g <= most {
		spec.Setting.Gain = *g
	}
	if b := saved.Balance; b != nil && *b >= 0 && *b <= mixer.MaxBalance {
		spec.Setting.Balance = *b
	}
	if saved.Mute != nil {
		spec.Setting.Mute = *saved.Mute
	}
	if saved.Pause != nil {
		spec.Paused = *saved.Pause
	}
}

// keepRoutes copies the state of the routes. It needs writing.
func (s *File) keepRoutes() {
	if s.board == nil {
		return
	}
	for _, r := range s.board.Routes() {
		now := r.Status()
		keepText(&s.state.Routes, now.Name, savedRoute{&now.Setting.Gain, &now.Setting.Balance, &now.Setting.Mute, &now.Paused})
	}
}
