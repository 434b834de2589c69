package null

import (
	"github.com/loopbridge/loopbridge/audio"
	"github.com/loopbridge/loopbridge/backend/sleep"
)

// timer is CLOCK_MONOTONIC.
type timer struct{ *sleep.Timer }

func newTimer() (timer, error) {
	t, err := sleep.NewTimer()
	if err != nil {
		return timer{}, audio.ErrIO.With("null device: %v; is the limit of open files reached?", err)
	}
	return timer{t}, nil
}

func (t timer) Sleep(until int64) (woken bool, err error) {
	if woken, err = t.Timer.Sleep(until); err != nil {
		return false, audio.ErrIO.With("null device: %v", err)
	}
	return woken, nil
}

func (t timer) Close() error {
	if err := t.Timer.Close(); err != nil {
		return audio.ErrIO.With("null device: close: %v", err)
	}
	return nil
}
