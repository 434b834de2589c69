package control

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/internal/reach"
)

// Sound is what is heard at a place, as a WAV stream. One goroutine at a time may use it.
type Sound struct {
	response *http.Response
	cancel   context.CancelFunc
	patience time.Duration
	socket   string
}

// Sound begins to listen to a place, such as main:play, loop0/client or route/mic, for so many seconds (0: without end). The
// stream ends before that if the place has another format, or none, or if the caller reads more than a second too late; and
// it fails when ctx ends. All channels are floats. ErrNoDevice: there is no such place. ErrBusy: nothing can be heard there
// for now.
func (c *Client) Sound(ctx context.Context, place string, seconds float64) (*Sound, error) {
	path := "/v1/sound/" + (&url.URL{Path: place}).EscapedPath()
	if seconds > 0 {
		path += "?seconds=" + strconv.FormatFloat(seconds, 'g', -1, 64)
	}
	stream, cancel := context.WithCancel(ctx)
	s := &Sound{cancel: cancel, patience: reach.Patience(ctx), socket: c.socket}
	err := reach.Bound(ctx, c.socket, func(bounded context.Context) (err error) {
		undo := context.AfterFunc(bounded, cancel)
		defer undo()
		if s.response, err = c.send(stream, http.MethodGet, path, nil); err != nil && bounded.Err() != nil {
			return bounded.Err()
		}
		return err
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return s, nil
}

// Read implements io.Reader. It blocks until there is something, and fails with ErrTimedOut after the patience of the context
// of Sound: the daemon sends silence if there is nothing else.
func (s *Sound) Read(p []byte) (int, error) {
	var gaveUp atomic.Bool
	limit := time.AfterFunc(s.patience, func() {
		gaveUp.Store(true)
		s.cancel()
	})
	defer limit.Stop()
	n, err := s.response.Body.Read(p)
	if n == 0 && gaveUp.Load() {
		return 0, audio.ErrTimedOut.With("the daemon on %s has sent no sound for %v: is it stopped?", s.socket, s.patience)
	}
	return n, err
}

// Lost returns how many frames the daemon has lost, in whose place there is silence. It is known when Read has returned
// io.EOF.
func (s *Sound) Lost() uint64 {
	n, err := strconv.ParseUint(s.response.Trailer.Get("Loopbridge-Lost"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Close ends the listening.
func (s *Sound) Close() error {
	s.cancel()
	return s.response.Body.Close()
}

var _ io.ReadCloser = (*Sound)(nil)
