package portaudio

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWorker(t *testing.T) {
	w := newWorker()
	n := 0
	for range 3 {
		if !w.do(time.Minute, func() { n++ }, func() { t.Error("nothing was late") }) {
			t.Error("abandoned")
		}
	}
	if w.close(); n != 3 {
		t.Errorf("%d calls", n)
	}
}

// TestWorkerLeft: a call that hangs is left behind, and what is to follow it does when it
// is back.
func TestWorkerLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorker()
		var late atomic.Bool
		if w.do(time.Second, func() { time.Sleep(time.Hour) }, func() { late.Store(true) }) {
			t.Error("it is not back")
		}
		w.leave()
		if late.Load() {
			t.Error("it is not yet late")
		}
		<-w.ended
		if !late.Load() {
			t.Error("nothing followed")
		}
	})
}
