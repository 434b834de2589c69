package server

import (
	"net/http"
	"strconv"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/server/live"
	"github.com/loopbridge/loopbridge/tap"
)

// live shows a viewer meters and events.
func (c *Control) live() http.HandlerFunc {
	return live.Handler(c.viewers, live.Source{Hello: c.versionOf, Events: c.tellEvents, Quit: c.quit})
}

// tellEvents calls tell for each event until cancel is called.
func (c *Control) tellEvents(tell func(api.Event)) (cancel func()) {
	events := c.Bay.Subscribe(eventRoom)
	go func() {
		for e := range events.C {
			tell(eventOf(&e))
		}
	}()
	return events.Cancel
}

// listen lets a browser hear a place.
func (c *Control) listen(w http.ResponseWriter, r *http.Request) {
	p, err := tap.ParsePlace(r.PathValue("place"))
	channels := [2]int{0, 1}
	for i, key := range []string{"left", "right"} {
		if text := r.URL.Query().Get(key); text != "" && err == nil {
			channels[i], err = channelOf(key, text)
		}
	}
	if err == nil {
		_, err = c.Bay.Find(p.Subject)
	}
	if err != nil {
		answerError(w, status(err), err.Error())
		return
	}
	live.Listen(c.Hub, c.quit, p, channels)(w, r)
}

// channelOf counts from 0; people from 1.
func channelOf(key, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > audio.MaxChannels {
		return 0, audio.ErrInvalid.With("%s=%s is no channel: use 1 to %d", key, text, audio.MaxChannels)
	}
	return n - 1, nil
}
