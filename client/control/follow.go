package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/client/internal/reach"
)

// maxText limits what the daemon may tell at once, in bytes: 256 places of 64 channels need less.
const maxText = 1 << 20

// Events calls tell for every event until ctx ends, or the daemon hangs up: then it returns
// ErrReset. It goes on with a program that takes the place of the daemon's; what happens at that moment may be missing.
func (c *Client) Events(ctx context.Context, tell func(api.Event)) error {
	return c.follow(ctx, "/v1/events", func(text []byte) {
		var e api.Event
		if json.Unmarshal(text, &e) == nil {
			tell(e)
		}
	})
}

// Live calls tell, one call after the other, with what the daemon is, then with each reading of the meters and each event that
// r asks for, until ctx ends, or the daemon hangs up: then it returns ErrReset. While tell takes its time, readings are
// left out. The meters are the caller's own, whatever r says: loudness and maxima begin with the call, so r.Reset has no
// effect. They begin anew with a program that takes the place of the daemon's, which Live goes on with.
// ErrInvalid: the request makes no sense. ErrNoDevice: the daemon is of a release that shows no meters.
func (c *Client) Live(ctx context.Context, r api.LiveRequest, tell func(api.LiveMessage)) error {
	return c.follow(ctx, "/v1/live?"+liveQuery(r).Encode(), func(text []byte) {
		var m api.LiveMessage
		if json.Unmarshal(text, &m) == nil {
			tell(m)
		}
	})
}

// liveQuery returns a request as the event stream takes it.
func liveQuery(r api.LiveRequest) url.Values {
	q := url.Values{}
	if m := r.Meters; m != nil {
		q["place"], q["want"] = m.Places, m.Want
		if m.Every != 0 {
			q.Set("every", strconv.Itoa(m.Every))
		}
	}
	if r.Events != nil {
		q.Set("events", strconv.FormatBool(*r.Events))
	}
	return q
}

// follow calls tell with the data of an event stream, and goes on with a program that takes the place of the daemon's.
func (c *Client) follow(ctx context.Context, path string, tell func(text []byte)) error {
	before, _ := c.Version(ctx) // an older daemon has none
	for {
		err := c.stream(ctx, path, tell)
		if !errors.Is(err, audio.ErrReset) {
			return err
		}
		now, gone := c.Version(ctx)
		if gone != nil || now.Handovers == before.Handovers {
			return err
		}
		before = now
	}
}

// stream is follow for one program.
func (c *Client) stream(ctx context.Context, path string, tell func(text []byte)) error {
	stream, cancel := context.WithCancel(ctx)
	defer cancel()
	var r *http.Response
	// The daemon must begin at once, and may then stay silent until something happens.
	err := reach.Bound(ctx, c.socket, func(bounded context.Context) (err error) {
		undo := context.AfterFunc(bounded, cancel)
		defer undo()
		if r, err = c.send(stream, http.MethodGet, path, nil); err != nil && bounded.Err() != nil {
			return bounded.Err()
		}
		return err
	})
	if err != nil {
		return err
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, maxText)
	for lines.Scan() {
		if text, found := bytes.CutPrefix(lines.Bytes(), []byte("data: ")); found {
			tell(text)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return audio.ErrReset.With("the daemon has hung up")
}
