package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/server/live"
	"github.com/loopbridge/loopbridge/tap"
)

// sound sends what is heard at a place as a file that has no end.
func (c *Control) sound(w http.ResponseWriter, r *http.Request) {
	refuse := func(err error) { answerError(w, status(err), err.Error()) }
	p, err := tap.ParsePlace(r.PathValue("place"))
	var long time.Duration
	if text := r.URL.Query().Get("seconds"); text != "" && err == nil {
		long, err = secondsOf(text)
	}
	if err == nil {
		_, err = c.Bay.Find(p.Subject)
	}
	if err != nil {
		refuse(err)
		return
	}
	live.Sound(c.Hub, c.quit, p, long, refuse)(w, r)
}

// longest is how long a sound may be asked for; without a limit it has none.
const longest = 24 * time.Hour

func secondsOf(text string) (time.Duration, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0 && n <= longest.Seconds()) {
		return 0, audio.ErrInvalid.With("seconds=%s is out of range: use more than 0, up to %.0f", text, longest.Seconds())
	}
	return time.Duration(n * float64(time.Second)), nil
}
