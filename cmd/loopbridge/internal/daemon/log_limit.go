package daemon

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// logLimit leaves out lines of a kind that comes too often, and logs how many: a program that opens and
// closes all the time, or a library that spins, must not fill the disk. The message is the kind. A kind may
// log burst lines in a window and, when that was too many, trickle lines in each that follows, until one
// passes in which nothing is left out. While nothing is, no timer runs. Any goroutine may log.
type logLimit struct {
	log zerolog.Logger // without the limit

	mu     sync.Mutex
	kinds  map[string]*logKind
	forgot time.Time // when kinds were forgotten
}

const (
	logBurst   = 500
	logTrickle = 10
	logWindow  = 10 * time.Second
	// mostKinds bounds the kinds that are told apart, as some messages have numbers in them. The others
	// share one limit.
	mostKinds = 200
)

// logKind is what was logged of a kind in its window.
type logKind struct {
	began time.Time
	lines int
	most  int
	left  int // out, in this window
	level zerolog.Level
}

// Run implements zerolog.Hook.
func (l *logLimit) Run(e *zerolog.Event, level zerolog.Level, message string) {
	if !e.Enabled() {
		return // its level is not logged
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	message, k := l.findLocked(message)
	if now := time.Now(); k.left == 0 && now.Sub(k.began) >= logWindow {
		*k = logKind{began: now, most: logBurst}
	}
	if k.lines++; k.lines <= k.most {
		return
	}
	e.Discard()
	k.level = level
	if k.left++; k.left == 1 {
		time.AfterFunc(logWindow-time.Since(k.began), func() { l.report(message, k) })
	}
}

// findLocked returns a kind and its name, "" for those that are not told apart.
func (l *logLimit) findLocked(message string) (name string, k *logKind) {
	if k := l.kinds[message]; k != nil {
		return message, k
	}
	if len(l.kinds) >= mostKinds {
		l.forgetLocked()
		if len(l.kinds) >= mostKinds {
			message = ""
		}
	}
	if k = l.kinds[message]; k == nil {
		k = &logKind{most: logBurst, began: time.Now()}
		l.kinds[message] = k
	}
	return message, k
}

// forgetLocked forgets the kinds of which nothing is left to say, once in a window.
func (l *logLimit) forgetLocked() {
	now := time.Now()
	if now.Sub(l.forgot) < logWindow {
		return
	}
	l.forgot = now
	for name, k := range l.kinds {
		if k.left == 0 && now.Sub(k.began) >= logWindow {
			delete(l.kinds, name)
		}
	}
}

// report logs at the end of a window how many lines were left out of it.
func (l *logLimit) report(message string, k *logKind) {
	l.mu.Lock()
	left, level := k.left, k.level
	*k = logKind{began: time.Now(), most: logTrickle}
	l.mu.Unlock()
	l.log.WithLevel(level).Int("lines", left).Str("kind", message).Msg("too many lines of a kind, these were left out")
}
