package backend_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopbridge/loopbridge/backend"
)

// TestAttempt: a call that returns in time is waited for, and nothing follows it.
func TestAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		call := func() {
			time.Sleep(time.Second)
			n++
		}
		if !backend.Attempt(2*time.Second, call, func() { t.Error("it was not late") }) || n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

// TestAttemptIsGivenUp: one that hangs is left behind, and late follows it when it returns.
func TestAttemptIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release, followed := make(chan struct{}), make(chan struct{})
		began := time.Now()
		if backend.Attempt(2*time.Second, func() { <-release }, func() { close(followed) }) {
			t.Error("it has not returned")
		}
		if passed := time.Since(began); passed != 2*time.Second { // virtual time
			t.Errorf("given up after %v", passed)
		}
		synctest.Wait()
		select {
		case <-followed:
			t.Error("it has not returned yet")
		default:
		}
		close(release)
		<-followed
	})
}
