package daemon

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// newLog writes text to a terminal and JSON elsewhere.
func newLog(w io.Writer, level zerolog.Level) zerolog.Logger {
	if console.IsTerminal(w) {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000", NoColor: os.Getenv("NO_COLOR") != ""}
	}
	stamp := zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, _ string) {
		e.Str(zerolog.TimestampFieldName, time.Now().Format("2006-01-02T15:04:05.000Z07:00"))
	})
	return zerolog.New(zerolog.SyncWriter(w)).Level(level).Hook(stamp)
}

// eventRoom is how many events may wait to be logged.
const eventRoom = 4096

// logEvents logs each event until the subscription ends.
func logEvents(log zerolog.Logger, s *event.Subscription) {
	var lost uint64
	for ev := range s.C {
		logEvent(log, ev)
		if n := s.Lost(); n > lost {
			log.Warn().Uint64("events", n-lost).Msg("too many events at once, some are not in this log")
			lost = n
		}
	}
}

func logEvent(log zerolog.Logger, ev event.Event) {
	line, message := log.Info(), ev.Kind.String()
	switch ev.Kind {
	case event.Opened:
		message = "opened"
	case event.Closed:
		message = "closed"
	case event.Waiting:
		message = "waits for its turn"
	case event.FormatSet:
		message = "has set the format"
	case event.Underrun:
		line, message = log.Warn(), "underrun: wrote too late, silence was inserted"
	case event.Overrun:
		line, message = log.Warn(), "overrun: read too late, frames were dropped"
	case event.Gone:
		line, message = log.Error(), ev.Note
	case event.Back:
		message = ev.Note
	case event.EOF:
		line, message = log.Debug(), "has been played to an eof mark"
	case event.ClientGone:
		line, message = log.Debug(), "free for the next client"
	}
	if name, isRoute := strings.CutPrefix(ev.Device, "route/"); isRoute {
		if ev.Kind == event.Route {
			message = ev.Note
		}
		line.Str("route", name)
	} else if ev.Device != "" {
		if ev.Kind != event.Set && ev.Kind != event.Gone && ev.Kind != event.Back { // the message says it already
			line = log.Debug()
		}
		line.Str("device", ev.Device)
	} else {
		line.Str("loop", ev.Loop).Stringer("end", ev.End)
	}
	if ev.Holder != (pcm.Holder{}) {
		line.Str("program", ev.Holder.Program).Int("pid", ev.Holder.PID)
	}
	if len(ev.Changes) > 0 {
		line.Stringers("changes", changesOf(ev))
	}
	line.Msg(message)
}

func changesOf(ev event.Event) (all []fmt.Stringer) {
	for _, change := range ev.Changes {
		all = append(all, change)
	}
	return all
}
