package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/loopbridge/loopbridge/api"
	"github.com/loopbridge/loopbridge/loop/event"
)

func openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = io.WriteString(w, api.Description)
}

// A reader that falls more than eventRoom events behind, or does not read within writePatience, is
// disconnected. After quietAfter without an event a comment is sent, so that both sides notice if the
// other has gone.
const (
	eventRoom  = 256
	quietAfter = 15 * time.Second
)

// events streams server-sent events from now on.
func (c *Control) events(w http.ResponseWriter, r *http.Request) {
	events := c.Bay.Subscribe(eventRoom)
	defer events.Cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close") // the end of the stream is that of the connection
	out := http.NewResponseController(w)
	send := func(text string) bool {
		_, err := w.Write([]byte(text))
		return err == nil && out.Flush() == nil
	}
	if !send(": events of loopbridge\n\n") {
		return
	}
	quiet := time.NewTicker(quietAfter)
	defer quiet.Stop()
	for {
		select {
		case e, open := <-events.C:
			if !open || events.Lost() > 0 || !send(eventText(&e)) {
				return
			}
		case <-quiet.C:
			if !send(": nothing new\n\n") {
				return
			}
		case <-r.Context().Done():
			return
		case <-c.quit:
			return
		}
	}
}

func eventText(e *event.Event) string {
	text, err := json.Marshal(eventOf(e))
	if err != nil {
		text = []byte("{}")
	}
	return fmt.Sprintf("event: %s\ndata: %s\n\n", e.Kind, text)
}

func eventOf(e *event.Event) api.Event {
	reply := api.Event{Time: e.Time, Kind: e.Kind.String(), Loop: e.Loop, Device: e.Device, Note: e.Note}
	reply.Changes = api.ChangesOf(e.Changes)
	if e.Loop != "" {
		reply.End, reply.Program, reply.PID = e.End.String(), e.Holder.Program, e.Holder.PID
	}
	return reply
}
