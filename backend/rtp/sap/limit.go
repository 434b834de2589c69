package sap

import "time"

const (
	maxRate  = 50  // datagrams a second that are looked at
	maxBurst = 600 // and at once: a network of many streams that was just joined
)

// limit lets so many datagrams through in a second. It is not safe for several goroutines.
type limit struct {
	tokens float64
	at     time.Time
}

// allow reports whether one more may be looked at.
func (l *limit) allow(now time.Time) bool {
	if l.at.IsZero() {
		l.tokens = maxBurst
	} else {
		l.tokens = min(l.tokens+now.Sub(l.at).Seconds()*maxRate, maxBurst)
	}
	l.at = now
	if l.tokens < 1 {
		return false
	}
	l.tokens--
	return true
}
