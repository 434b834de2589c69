package daemon

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
	"github.com/loopbridge/loopbridge/loop/event"
	"github.com/loopbridge/loopbridge/loop/pcm"
)

// newLog writes text to a terminal, and JSON elsewhere but to the journal of systemd. Logging never blocks, and
// lines of a kind that comes too often are left out. Close the queue at the end. least is the level of what is logged.
func newLog(w io.Writer, toJournal bool, least *threshold) (zerolog.Logger, *logQueue) {
	switch {
	case toJournal:
		w = newJournalWriter(w)
	case console.IsTerminal(w):
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000", NoColor: os.Getenv("NO_COLOR") != ""}
	}
	queue := newLogQueue(w)
	unlimited := zerolog.New(queue).Hook(least, stamp())
	return limited(unlimited), queue
}

// threshold drops lines below a level, which can be changed. Any goroutine may call its methods.
type threshold struct{ least atomic.Int32 }

func newThreshold(level zerolog.Level) *threshold {
	t := &threshold{}
	t.set(level)
	return t
}

func (t *threshold) set(level zerolog.Level) { t.least.Store(int32(level)) }

// Run implements zerolog.Hook.
func (t *threshold) Run(e *zerolog.Event, level zerolog.Level, _ string) {
	if level < zerolog.Level(t.least.Load()) {
		e.Discard()
	}
}

// limited returns a logger that leaves out lines of a kind that comes too often.
func limited(log zerolog.Logger) zerolog.Logger {
	return log.Hook(&logLimit{log: log, kinds: map[string]*logKind{}})
}

// stamp gives lines the time.
func stamp() zerolog.Hook {
	return zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, _ string) {
		e.Str(zerolog.TimestampFieldName, time.Now().Format("2006-01-02T15:04:05.000Z07:00"))
	})
}

// eventRoom is how many events may wait to be logged.
const eventRoom = 4096

// logEvents logs each event until the subscription ends.
func logEvents(log zerolog.Logger, s *event.Subscription) {
	var lost uint64
	for ev := range s.C {
		logEvent(log, ev)
		if n := s.Lost(); n > lost {
			lost = n
			log.Warn().Uint64("events", lost).Msg("too many events at once, so many are not in this log since the start")
		}
	}
}

func logEvent(log zerolog.Logger, ev event.Event) {
	if ev.Kind == event.Reloaded {
		return // it is logged with what has changed
	}
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
	case event.Network:
		line, message = log.Warn(), ev.Note
	case event.EOF:
		line, message = log.Debug(), "has been played to an eof mark"
	case event.ClientGone:
		line, message = log.Debug(), "free for the next client"
	}
	if name, isAlarm := strings.CutPrefix(ev.Device, alarmPrefix); isAlarm {
		if ev.Kind == event.AlarmRaised {
			line = log.Warn()
		}
		line.Str("alarm", name).Str("change", ev.Kind.String()).Msg(ev.Note)
		return
	}
	if strings.HasPrefix(ev.Device, "recorder/") && ev.Kind == event.Set {
		return // what it does then is told
	}
	if name, isRecorder := strings.CutPrefix(ev.Device, "recorder/"); isRecorder {
		message = ev.Note
		line.Str("recorder", name)
	} else if name, isRoute := strings.CutPrefix(ev.Device, "route/"); isRoute {
		if ev.Kind == event.Route {
			message = ev.Note
		}
		line.Str("route", name)
	} else if ev.Device != "" {
		if ev.Kind != event.Set && ev.Kind != event.Gone && ev.Kind != event.Back && ev.Kind != event.Network { // the message says it already
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
