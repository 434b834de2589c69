package server

import (
	"errors"
	"net/http"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// maxConfiguration is the size of the largest configuration.
const maxConfiguration = 1 << 20

func (c *Control) reload(w http.ResponseWriter, _ *http.Request) {
	c.reloaded(w, func() (api.Reload, error) { return c.Configuration.Reload() })
}

func (c *Control) diff(w http.ResponseWriter, r *http.Request) {
	if text, ok := bodyUpTo(w, r, maxConfiguration); ok {
		c.reloaded(w, func() (api.Reload, error) { return c.Configuration.Diff(r.URL.Query().Get("name"), text) })
	}
}

func (c *Control) reloaded(w http.ResponseWriter, do func() (api.Reload, error)) {
	if c.Configuration == nil {
		answerError(w, http.StatusNotFound, "this daemon has no configuration")
		return
	}
	reply, err := do()
	switch {
	case errors.Is(err, audio.ErrInvalid):
		answerError(w, http.StatusBadRequest, err.Error())
	case err != nil: // what is there does not let it
		answerError(w, http.StatusConflict, err.Error())
	default:
		answer(w, http.StatusOK, reply)
	}
}
