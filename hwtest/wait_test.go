package hwtest_test

import (
	"testing"
	"time"

	"github.com/loopbridge/loopbridge/hwtest/lab"
)

const pollEvery = 20 * time.Millisecond

// waits polls until something has happened, or a process has ended that should see to it
// (nil: none), and reports whether it has happened.
//
// There is no telling how long that takes, so nothing is concluded from it but that who waits
// for more than a minute waits in vain. In the machine that is a number of instructions: its
// clock jumps ahead while somebody there waits for a file of the host, which is slow or busy,
// so for that minute its processor is kept awake. Most things happen before.
func waits(happened func() bool, ended <-chan struct{}) bool {
	poll := func(times int) bool {
		for range times {
			if happened() {
				return true
			}
			select {
			case <-ended:
				return happened()
			case <-time.After(pollEvery):
			}
		}
		return false
	}
	if poll(250) {
		return true
	}
	defer lab.Awake()()
	return poll(3000)
}

// askClock looks at the machine's clock: it is that of instructions, and a watch knows when the
// host had to be waited for.
func askClock(t *testing.T) {
	const nap = 100 * time.Millisecond
	for range 3 { // the first time it loads what it needs
		w := lab.StartWatch()
		time.Sleep(nap)
		switch long, sound := w.Read(); {
		case !sound:
			continue
		case long < nap || long > nap+nap/10: // 2.5 million instructions for one who wakes up
			t.Errorf("who sleeps for %v sleeps for %v", nap, long)
		}
		if err := lab.Ask("mark clock"); err != nil {
			t.Error(err)
		}
		if _, sound := w.Read(); sound {
			t.Error("the host has answered, and the watch has not noticed")
		}
		return
	}
	t.Error("the host is asked all the time, and nobody knows what")
}
