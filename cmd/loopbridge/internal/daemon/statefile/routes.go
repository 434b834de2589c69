package statefile

import (
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
	saved := s.state.Routes[spec.Name]
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
		if s.state.Routes == nil {
			s.state.Routes = map[string]savedRoute{}
		}
		s.state.Routes[now.Name] = savedRoute{&now.Setting.Gain, &now.Setting.Balance, &now.Setting.Mute, &now.Paused}
	}
}
