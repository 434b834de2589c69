package server

import (
	"math"
	"net/http"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/mixer"
)

// levels answers with the levels of what find returns.
func (c *Control) levels(find finder) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := find(r)
		if err != nil {
			answerError(w, status(err), err.Error())
			return
		}
		l := s.Levels()
		answer(w, http.StatusOK, api.Levels{Play: levelsOf(&l.Play), Record: levelsOf(&l.Record)})
	}
}

func levelsOf(r *mixer.Reading) api.SideLevels {
	s := api.SideLevels{Frames: r.Frames, Clipped: r.Clipped, Peak: []*float64{}, RMS: []*float64{}}
	for _, c := range r.Channels {
		s.Peak, s.RMS = append(s.Peak, decibels(c.Peak)), append(s.RMS, decibels(c.RMS))
	}
	return s
}

// decibels rounds to two decimals and returns nil for silence.
func decibels(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	x = math.Round(x*100) / 100
	return &x
}
