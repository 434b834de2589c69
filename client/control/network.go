package control

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"github.com/loopbridge/loopbridge/api"
)

// AddDevice adds the device of the network that a JSON object describes, with the keys of the configuration, and returns its state.
// ErrInvalid lists all that is wrong with it. ErrBusy: its name is taken.
func (c *Client) AddDevice(ctx context.Context, text []byte) (s api.State, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/devices", text, &s)
	return s, err
}

// RemoveDevice removes a device of the network. ErrNoDevice: there is no such device. ErrBusy: a loop is on it. ErrInvalid: it is
// none of the network.
func (c *Client) RemoveDevice(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, "/v1/devices/"+url.PathEscape(name), nil, nil)
}

// Description returns the description (SDP) of what a device sends to the network. ErrNoDevice: there is no such device, or no way
// to where it sends. ErrInvalid: it sends nothing.
func (c *Client) Description(ctx context.Context, device string) ([]byte, error) {
	var text bytes.Buffer
	err := c.do(ctx, http.MethodGet, "/v1/devices/"+url.PathEscape(device)+"/sdp", nil, &text)
	return text.Bytes(), err
}

// Streams returns the streams that others announce on the network, by name.
func (c *Client) Streams(ctx context.Context) (s api.Streams, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/streams", nil, &s)
	return s, err
}
