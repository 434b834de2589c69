package daemon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"
	"github.com/rs/zerolog"

	"github.com/loopbridge/loopbridge/cmd/loopbridge/internal/console"
)

// journalWriter takes lines of JSON to the journal of systemd: as text that people read, with its priority, and
// with each field as LOOPBRIDGE_NAME, to be searched. Where the journal's own socket cannot be reached, the text goes
// to standard error with the priority in front, as sd-daemon(3) has it.
type journalWriter struct {
	send     func(message string, p journal.Priority, fields map[string]string) error
	fallback io.Writer
	text     zerolog.ConsoleWriter
	buffer   bytes.Buffer // of text
}

func newJournalWriter(fallback io.Writer) *journalWriter {
	w := &journalWriter{send: journal.Send, fallback: fallback}
	w.text = zerolog.ConsoleWriter{Out: &w.buffer, NoColor: true, PartsOrder: []string{zerolog.MessageFieldName}}
	return w
}

// Write implements io.Writer for whole lines. One goroutine at a time may call it.
func (w *journalWriter) Write(line []byte) (int, error) {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return 0, err
	}
	level, _ := fields[zerolog.LevelFieldName].(string)
	delete(fields, zerolog.TimestampFieldName) // the journal has its own
	priority := priorityOf(level)
	w.buffer.Reset()
	if _, err := w.text.Write(line); err != nil {
		return 0, err
	}
	text := console.Printable(strings.TrimSpace(w.buffer.String()))
	vars := map[string]string{"SYSLOG_IDENTIFIER": "loopbridge"}
	for name, value := range fields {
		if name = journalName(name); name != "" && name != "LEVEL" && name != "MESSAGE" {
			vars["LOOPBRIDGE_"+name] = valueText(value)
		}
	}
	if w.send(text, priority, vars) == nil {
		return len(line), nil
	}
	if _, err := fmt.Fprintf(w.fallback, "<%d>%s\n", priority, text); err != nil {
		return 0, err
	}
	return len(line), nil
}

func valueText(v any) string {
	if s, isText := v.(string); isText {
		return s
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// journalName returns the name of a field as the journal takes it.
func journalName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z' || '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name)
}

func priorityOf(level string) journal.Priority {
	switch level {
	case zerolog.LevelTraceValue, zerolog.LevelDebugValue:
		return journal.PriDebug
	case zerolog.LevelWarnValue:
		return journal.PriWarning
	case zerolog.LevelErrorValue:
		return journal.PriErr
	case zerolog.LevelFatalValue, zerolog.LevelPanicValue:
		return journal.PriCrit
	}
	return journal.PriInfo
}
