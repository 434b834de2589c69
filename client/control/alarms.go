package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/loopbridge/loopbridge/api"
)

// Alarms lists all alarms by name.
func (c *Client) Alarms(ctx context.Context) ([]api.Alarm, error) {
	var list api.Alarms
	err := c.do(ctx, http.MethodGet, "/v1/alarms", nil, &list)
	return list.Alarms, err
}

// Alarm returns an alarm. ErrNoDevice: there is none with that name.
func (c *Client) Alarm(ctx context.Context, name string) (a api.Alarm, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/alarms/"+url.PathEscape(name), nil, &a)
	return a, err
}

// Acknowledge says that somebody knows of an alarm that is raised, and returns it. by may be empty, for the user who runs
// this program. ErrNoDevice: there is none with that name. ErrBusy: it is not raised.
func (c *Client) Acknowledge(ctx context.Context, name, by, text string) (a api.Alarm, err error) {
	body, err := json.Marshal(api.Acknowledge{By: by, Text: text})
	if err == nil {
		err = c.do(ctx, http.MethodPost, "/v1/alarms/"+url.PathEscape(name)+"/ack", body, &a)
	}
	return a, err
}

// TestAlarm does the actions of an alarm for real, marked as a test, and returns when all are done. ErrNoDevice: there is
// none with that name.
func (c *Client) TestAlarm(ctx context.Context, name string) (t api.AlarmTest, err error) {
	err = c.await(ctx, http.MethodPost, "/v1/alarms/"+url.PathEscape(name)+"/test", &t)
	return t, err
}
