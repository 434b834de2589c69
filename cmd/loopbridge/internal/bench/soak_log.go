package bench

import (
	"bytes"
	"encoding/json"
	"sync"
)

// logWatch counts the errors in a daemon's log. The rest is for nobody.
type logWatch struct {
	mu     sync.Mutex
	half   []byte // of a line
	errors int
	texts  []string // the first of them
}

// notReplaced is what the daemon says when it refuses an upgrade, as it should.
const notReplaced = "the program was not replaced; all goes on"

// Write implements io.Writer.
func (l *logWatch) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.half = append(l.half, p...)
	for {
		line, rest, whole := bytes.Cut(l.half, []byte{'\n'})
		if !whole {
			return len(p), nil
		}
		l.judge(line)
		l.half = rest
	}
}

// judge counts a line of level error, and one that is not of the log at all, such as a panic.
func (l *logWatch) judge(line []byte) {
	var fields struct{ Level, Message string }
	err := json.Unmarshal(line, &fields)
	if err == nil && (fields.Level == "debug" || fields.Level == "info" || fields.Level == "warn" || fields.Message == notReplaced) {
		return
	}
	l.errors++
	if len(l.texts) < mostFailures {
		l.texts = append(l.texts, string(line))
	}
}

// seen returns how many errors there were, and the first.
func (l *logWatch) seen() (int, []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.errors, l.texts
}
