package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/loopbridge/loopbridge/api"
)

// Recorders lists all recorders by name.
func (c *Client) Recorders(ctx context.Context) ([]api.Recorder, error) {
	var list api.Recorders
	err := c.do(ctx, http.MethodGet, "/v1/recorders", nil, &list)
	return list.Recorders, err
}

// Recorder returns a recorder. ErrNoDevice: there is none with that name.
func (c *Client) Recorder(ctx context.Context, name string) (r api.Recorder, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/recorders/"+url.PathEscape(name), nil, &r)
	return r, err
}

// StartRecorder starts a stopped recorder, or one that waits for its trigger. ErrNoDevice: there is none with that name.
func (c *Client) StartRecorder(ctx context.Context, name string) (r api.Recorder, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/recorders/"+url.PathEscape(name)+"/start", nil, &r)
	return r, err
}

// StopRecorder ends what a recorder does until it is started again. ErrNoDevice: there is none with that name.
func (c *Client) StopRecorder(ctx context.Context, name string) (r api.Recorder, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/recorders/"+url.PathEscape(name)+"/stop", nil, &r)
	return r, err
}

// MarkRecorder puts a text at the newest frame of a recorder. ErrInvalid: it does not record.
func (c *Client) MarkRecorder(ctx context.Context, name, text string) (r api.Recorder, err error) {
	body, err := json.Marshal(api.Mark{Text: text})
	if err == nil {
		err = c.do(ctx, http.MethodPost, "/v1/recorders/"+url.PathEscape(name)+"/mark", body, &r)
	}
	return r, err
}
