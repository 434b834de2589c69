package sched

import (
	"testing"
	"time"
)

// TestCollectorLooksInTime: the heap is looked at before it can have grown to the threshold, as
// long as it does not grow faster than before, and ever less often when it does not grow.
func TestCollectorLooksInTime(t *testing.T) {
	c := collector{live: 3 << 20, before: 3 << 20}
	if got := c.threshold(); got != 11<<20 {
		t.Errorf("a small heap may become %d bytes", got)
	}
	pause, now := soonLook, c.live
	for range 20 { // nothing happens
		pause = c.pause(pause, now)
	}
	if pause != lateLook {
		t.Errorf("an idle process looks again after %v", pause)
	}
	const rate = 1 << 20 // bytes a second
	pause = soonLook
	for now < c.threshold() {
		now += uint64(float64(rate) * pause.Seconds())
		if now > c.threshold()+rate/10 {
			t.Fatalf("%d bytes, want %d at most", now, c.threshold())
		}
		pause = c.pause(pause, now)
	}
	if pause != soonLook {
		t.Errorf("near the threshold the next look is after %v", pause)
	}
	c.live = 100 << 20
	if got := c.threshold(); got != 200<<20 {
		t.Errorf("a large heap may become %d bytes", got)
	}
	if got := c.pause(time.Second, 0); got > 2*time.Second || got < soonLook { // it was collected by others
		t.Errorf("a heap that shrinks is looked at after %v", got)
	}
}
