package lab

import (
	"testing"
	"testing/synctest"
	"time"
)

// However long a machine takes, it is killed only when it says nothing.
func TestLifeOfAMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		killed := make(chan time.Duration, 1)
		began := time.Now()
		l := newLife(time.Minute, func() { killed <- time.Since(began) })
		for range 100 {
			time.Sleep(59 * time.Second)
			l.sign()
		}
		if got, want := <-killed, 5900*time.Second+time.Minute; got != want {
			t.Errorf("killed after %v, want %v", got, want)
		}
		l = newLife(time.Minute, func() { t.Error("killed after its end") })
		l.end()
		time.Sleep(time.Hour)
	})
}
