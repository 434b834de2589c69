package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/history"
)

// usualPoints is how many values a list has at most, unless asked for others.
const usualPoints = 720

// history answers with the last hours.
func (c *Control) history(w http.ResponseWriter, r *http.Request) {
	steps, by, err := stepsOf(r.URL.Query().Get("hours"), r.URL.Query().Get("points"))
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	h := api.History{Seconds: (time.Duration(by) * history.Step).Seconds(), Places: []api.PlaceHistory{}, Devices: []api.DeviceHistory{}}
	if c.History != nil {
		places, devices := c.History.Read(steps, by)
		for _, p := range places {
			h.Places = append(h.Places, api.PlaceHistory{Place: p.Place, Peak: known(p.Peak), Loudness: known(p.Loudness)})
		}
		for _, d := range devices {
			h.Devices = append(h.Devices, api.DeviceHistory{Device: d.Device, Xruns: known(d.Xruns), PPM: known(d.PPM)})
		}
	}
	answer(w, http.StatusOK, h)
}

// stepsOf returns how many steps are asked for, in groups of how many.
func stepsOf(hours, points string) (steps, by int, err error) {
	most := usualPoints
	if points != "" {
		most, err = strconv.Atoi(points)
		if err != nil || most < 1 || most > history.Steps {
			return 0, 0, audio.ErrInvalid.With("points=%s: use 1 to %d", points, history.Steps)
		}
	}
	steps = history.Steps
	if hours != "" {
		h, err := strconv.ParseFloat(hours, 64)
		if err != nil || !(h > 0 && h <= 24) {
			return 0, 0, audio.ErrInvalid.With("hours=%s: use more than 0, and at most 24", hours)
		}
		steps = max(1, int(h*float64(time.Hour/history.Step)+0.5))
	}
	return steps, (steps + most - 1) / most, nil
}

// known makes nil of what is not known.
func known(values []int16) []*int {
	all := make([]*int, len(values))
	for i, v := range values {
		if v != history.Unknown {
			n := int(v)
			all[i] = &n
		}
	}
	return all
}
