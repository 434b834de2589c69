package live

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/loopbridge/loopbridge/api"
)

// Source is what viewers see beside meters.
type Source struct {
	Hello func() api.Version
	// Events calls tell for each event until cancel is called, on any goroutine, and at any time after that no more.
	Events func(tell func(api.Event)) (cancel func())
	Quit   <-chan struct{} // closed: viewers are disconnected
}

const (
	maxRequest    = 64 << 10         // bytes of a request
	quietAfter    = 15 * time.Second // without a text, a viewer is asked whether it is still there
	writePatience = 5 * time.Second  // how long a viewer may take none
	askEvery      = 50 * time.Millisecond
)

// seat is a viewer with what it asked for.
type seat struct {
	board  *Board
	source Source
	viewer *Viewer
	cancel func() // of its events; nil: it wants none
}

func (s *seat) leave() {
	s.board.Leave(s.viewer)
	s.events(false)
}

// do does what the viewer asks for.
func (s *seat) do(r *api.LiveRequest) error {
	if r.Meters != nil {
		if err := s.board.Watch(s.viewer, r.Meters); err != nil {
			return err
		}
	}
	if r.Events != nil {
		s.events(*r.Events)
	}
	if r.Reset && !s.board.Reset(s.viewer) {
		return errNotOwn
	}
	return nil
}

var errNotOwn = errors.New("these meters are shared with others: ask for own ones to reset them")

func (s *seat) events(on bool) {
	switch {
	case on && s.cancel == nil:
		s.cancel = s.source.Events(func(e api.Event) { s.tell(api.LiveMessage{Event: &e}) })
	case !on && s.cancel != nil:
		s.cancel()
		s.cancel = nil
	}
}

func (s *seat) tell(m api.LiveMessage) {
	if text, err := json.Marshal(m); err == nil {
		s.viewer.Tell(text)
	}
}

// Handler answers GET /v1/live: a WebSocket, or, for who asks without an upgrade, an event stream whose request is in the
// query: place, want, every and events.
func Handler(b *Board, source Source) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s := &seat{board: b, source: source, viewer: NewViewer()}
		defer s.leave()
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			select {
			case <-source.Quit:
				cancel()
			case <-ctx.Done():
			}
		}()
		if r.Header.Get("Upgrade") == "" {
			s.stream(ctx, w, r)
			return
		}
		s.socket(ctx, w, r)
	}
}

// socket serves a WebSocket until it ends.
func (s *seat) socket(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil) // it has answered if it fails
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(maxRequest)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hello := s.source.Hello()
	s.tell(api.LiveMessage{Hello: &hello})
	go func() {
		defer cancel()
		s.write(ctx, c)
	}()
	s.read(ctx, c)
	c.Close(websocket.StatusNormalClosure, "")
}

// read does what the viewer asks for, at most askEvery.
func (s *seat) read(ctx context.Context, c *websocket.Conn) {
	for {
		_, text, err := c.Read(ctx)
		if err != nil {
			return
		}
		var r api.LiveRequest
		if err = json.Unmarshal(text, &r); err == nil {
			err = s.do(&r)
		}
		if err != nil {
			s.tell(api.LiveMessage{Error: err.Error()})
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(askEvery):
		}
	}
}

// write shows the viewer what there is.
func (s *seat) write(ctx context.Context, c *websocket.Conn) {
	for {
		next, stop := context.WithTimeout(ctx, quietAfter)
		text, err := s.viewer.Next(next)
		stop()
		patient, stop := context.WithTimeout(ctx, writePatience)
		switch {
		case err == nil:
			err = c.Write(patient, websocket.MessageText, text)
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			err = c.Ping(patient)
		}
		stop()
		if err != nil {
			return
		}
	}
}
