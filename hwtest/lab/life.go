package lab

import "time"

// life of a machine ends when it gives no sign for too long.
type life struct {
	silence time.Duration
	timer   *time.Timer
}

func newLife(silence time.Duration, kill func()) *life {
	return &life{silence, time.AfterFunc(silence, kill)}
}

func (l *life) sign() { l.timer.Reset(l.silence) }
func (l *life) end()  { l.timer.Stop() }
