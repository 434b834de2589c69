package server

import (
	"math"
	"net/http"

	"github.com/loopbridge/loopbridge/mixer"
)

// levelsReply is what a device, or an end of a loop, played and recorded since they were asked
// for before.
type levelsReply struct {
	Play   sideLevels `json:"play"`
	Record sideLevels `json:"record"`
}

// sideLevels are by channel, in dBFS; null is silence.
type sideLevels struct {
	Frames  uint64     `json:"frames"`
	Clipped uint64     `json:"clipped"`
	Peak    []*float64 `json:"peak_db"`
	RMS     []*float64 `json:"rms_db"`
}

// levels answers with the levels of what find finds.
func (c *Control) levels(find finder) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, err := find(r)
		if err != nil {
			answerError(w, status(err), err.Error())
			return
		}
		l := s.Levels()
		answer(w, http.StatusOK, levelsReply{levelsOf(&l.Play), levelsOf(&l.Record)})
	}
}

func levelsOf(r *mixer.Reading) sideLevels {
	s := sideLevels{Frames: r.Frames, Clipped: r.Clipped, Peak: []*float64{}, RMS: []*float64{}}
	for _, c := range r.Channels {
		s.Peak, s.RMS = append(s.Peak, decibels(c.Peak)), append(s.RMS, decibels(c.RMS))
	}
	return s
}

// decibels with two decimals, nil for silence.
func decibels(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	x = math.Round(x*100) / 100
	return &x
}
