package live

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
)

// ofQuery understands a request in a query. Its meters are its own.
func ofQuery(q url.Values) (r api.LiveRequest, err error) {
	if places := q["place"]; len(places) > 0 {
		r.Meters = &api.LiveMeters{Places: places, Want: q["want"], Own: true}
		if text := q.Get("every"); text != "" {
			if r.Meters.Every, err = strconv.Atoi(text); err != nil {
				return r, audio.ErrInvalid.With("every=%q is no number of ms", text)
			}
		}
	}
	if text := q.Get("events"); text != "" {
		on, err := strconv.ParseBool(text)
		if err != nil {
			return r, audio.ErrInvalid.With("events=%q: say true or false", text)
		}
		r.Events = &on
	}
	return r, nil
}

// stream serves server-sent events until the viewer leaves.
func (s *seat) stream(ctx context.Context, w http.ResponseWriter, q *http.Request) {
	r, err := ofQuery(q.URL.Query())
	if err == nil {
		err = s.do(&r)
	}
	if err != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(api.Error{Error: err.Error()})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close") // the end of the stream is that of the connection
	hello := s.source.Hello()
	s.tell(api.LiveMessage{Hello: &hello})
	out := http.NewResponseController(w)
	for {
		next, stop := context.WithTimeout(ctx, quietAfter)
		text, err := s.viewer.Next(next)
		stop()
		switch {
		case err == nil:
			_, err = w.Write(append(append([]byte("data: "), text...), "\n\n"...))
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			_, err = w.Write([]byte(": nothing new\n\n"))
		}
		if err != nil || out.Flush() != nil {
			return
		}
	}
}
